"""The folder that a page's blocks run in: as a checkout after its set-up, with a few drawn pictures
under the names that the documents use."""

import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

FOLDERS = ["images", "my-images", "labelled", "PHOTOS", "A", "B"]

# Puts trainings down to seconds: everything else of a command stays what the document says.
WRAPPER = """#!{python}
import os, sys
words = sys.argv[1:]
if words[:1] == ["pretrain"] and "--help" not in words:
    for option in ("--steps", "--epochs"):
        if option in words:
            at = words.index(option)
            length = words[at + 1]
            del words[at : at + 2]
            if length == "0":
                words += [option, "0"]
    if "0" not in words[-1:]:
        words += ["--steps", "2"]
    for setting in {settings!r}:
        words += ["--set", setting]
program = {program!r}
os.execv(program, [program, *words])
"""
SMALL = [
    "model.image_size=32", "model.patch_size=8", "model.width=64", "model.depth=1", "model.heads=1",
    "decoder.width=32", "decoder.depth=1", "decoder.heads=2", "teacher.depth=1",
    "train.batch_size=4", "train.accumulate=1", "evaluate.at_stage_ends=false",
]  # fmt: skip


def png(number: int, label: int, side: int = 40) -> bytes:
    """A drawn picture: stripes of a direction and a shade by class, under some noise."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            stripe = ((x if label else y) + number) % 8 < 4
            noise = (number * 7919 + y * 613 + x * 97) ** 2 // 8 % 60
            rows += bytes((90 * stripe + noise, 60 + 60 * label + noise, 30 + noise))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def draw_photos(folder: Path) -> None:
    for part, count in (("train", 8), ("test", 4)):
        for label, name in enumerate(("cat", "dog")):
            place = folder / part / name
            place.mkdir(parents=True)
            for number in range(count):
                place.joinpath(f"{number}.png").write_bytes(png(number + 10 * len(part), label))


def write_captions(images: Path, file: Path) -> None:
    rows = [f"{path.relative_to(images)},a {path.parent.name} at number {path.stem}"
            for path in sorted(images.rglob("*.png"))]  # fmt: skip
    file.write_text("\n".join(["image,caption", *rows]) + "\n")


def draw_cifar(folder: Path) -> None:
    """Of CIFAR-10's binary version: a label and 3,072 bytes an image."""
    folder.mkdir()
    for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
        records = bytearray()
        for number in range(20):
            values = ((number * 31 + i * i * 7 + len(name)) % 251 for i in range(3072))
            records += bytes((number % 10, *values))
        folder.joinpath(f"{name}.bin").write_bytes(records)


def write_script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def pass_on(path: Path, target: Path, at: Path | None = None) -> None:
    move = f"cd {at}\n" if at else ""
    write_script(path, f'#!/bin/sh\n{move}exec {target} "$@"\n')


class Scratch:
    """Things made once, and copied for each page."""

    def __init__(self, program: Path, root: Path, folder: Path):
        self.program, self.root, self.folder = program, root, folder
        self.like = folder / "like"  # what a page's folder is a copy of
        self.like.mkdir(parents=True)
        draw_photos(self.like / "images")
        write_captions(self.like / "images", self.like / "captions.csv")
        for name in FOLDERS[1:]:
            shutil.copytree(self.like / "images", self.like / name)
        draw_cifar(self.like / "cifar-10-batches-bin")
        self.write_programs()
        self.make_runs()

    def write_programs(self) -> None:
        text = WRAPPER.format(python=sys.executable, program=str(self.program), settings=SMALL)
        write_script(self.like / "bin/dbot", text)
        (self.like / "build/release").mkdir(parents=True)
        (self.like / "build/release/dbot").symlink_to("../../bin/dbot")
        faults = self.program.parent / "test_faults"
        pass_on(self.like / "build/release/test_faults", faults, self.root)
        # The program is given: nothing is left to set up.
        write_script(self.like / "setup.sh", "#!/bin/sh\n")
        pass_on(self.like / "quickstart.sh", self.root / "quickstart.sh")
        for script in (*self.root.glob("scripts/*.sh"), *self.root.glob("benchmarks/loader/*.py")):
            if os.access(script, os.X_OK):
                pass_on(self.like / script.relative_to(self.root), script)

    def make_runs(self) -> None:
        """A run, and its encoder as MAE's scripts would keep it."""
        for words in (
            ["pretrain", "dbot/quick", "--data", "labelled", "--out", "made-run"],
            ["export", "made-run", "--format", "mae", "--out", "checkpoint-799.pth"],
        ):
            done = self.run([self.like / "bin/dbot", *words], self.like)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(words)} failed: {done.stdout[-500:]}")
        (self.like / "runs").mkdir()
        (self.like / "runs/quickstart-20260101-120000").symlink_to("../made-run")

    def page_folder(self, page: str) -> Path:
        folder = self.folder / "pages" / page.replace("/", "-")
        if not folder.exists():
            shutil.copytree(self.like, folder, symlinks=True)
            (folder / "home").mkdir()
        return folder

    def run(self, words: list, at: Path, timeout: int | None = None) -> subprocess.CompletedProcess:
        places = {"HOME": str(at / "home"), "PATH": f"{at / 'bin'}:{os.environ['PATH']}"}
        return subprocess.run(
            list(map(str, words)),
            cwd=at,
            env={**os.environ, **places},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
        )
