"""A training of seconds, and its weights when nothing disturbs it."""

import struct
from pathlib import Path

from workplace import Workplace, await_that, expect, expect_equal

# How many processes train one run.
PROCESSES = 2

SIDE = 8
RECIPE = """# A run of seconds.
[model]
image_size = 8
patch_size = 2
width = 32
depth = 2
heads = 2
[decoder]
width = 32
depth = 1
heads = 2
[schedule]
epochs = 60
warmup_epochs = 0.2
[train]
batch_size = 8
accumulate = 2
lanes = 2
drop_path = 0.1
precision = "fp32"
threads = 1
[data]
workers = 1
[checkpoint]
every_steps = 20
[evaluate]
at_stage_ends = false
[report]
pictures = false
"""


class Training:
    def __init__(self, place: Workplace):
        self.place = place
        self.processes = PROCESSES
        self._undisturbed: Path | None = None
        folder = place.path("training")
        folder.mkdir()
        self._recipe, self._data = folder / "recipe.toml", folder / "images"
        self._recipe.write_text(RECIPE)
        write_images(self._data)

    def words(self, out: Path) -> list[object]:
        """The program's command line for a run in `out`: it begins, or goes on."""
        paths = [self._recipe, "--data", self._data, "--out", out]
        return [self.place.program, "pretrain", *paths, "--resume"]

    def undisturbed(self) -> Path:
        """The folder of a run of one process that nobody disturbs; trained once."""
        if self._undisturbed is None:
            out = self.place.path("undisturbed")
            answer = self.place.run(*self.words(out))
            expect_equal(f"exit code of {answer.end()}", answer.code, 0)
            self._undisturbed = out
        return self._undisturbed

    def await_checkpoint(self, out: Path) -> None:
        await_that((out / "checkpoints/latest").exists, f"a checkpoint in {out}")

    def expect_same_bits(self, out: Path) -> None:
        """Weights, and all tensors of the last checkpoint, of a run that was disturbed."""
        expected = tensors_of(self.undisturbed())
        found = tensors_of(out)
        expect(len(expected) >= 3, f"only {sorted(expected)} in an undisturbed run")
        expect_equal(f"files of {out.name}", sorted(found), sorted(expected))
        differing = sorted(name for name in expected if found[name] != expected[name])
        expect(not differing, f"{out.name} has other bits than an undisturbed run: {differing}")


def tensors_of(run: Path) -> dict[str, bytes]:
    files = [run / "model.safetensors", *(run / "checkpoints/latest").glob("*.safetensors")]
    return {str(file.relative_to(run)): file.read_bytes() for file in files}


def write_images(folder: Path) -> None:
    """64 grey images as an IDX file."""
    folder.mkdir()
    pixels = bytearray()
    for number in range(64):
        for place in range(SIDE * SIDE):
            row, column = divmod(place, SIDE)
            line = column == number % SIDE if number % 2 == 0 else row == number % SIDE
            pixels.append((220 if line else 20) + (number * 31 + row * 17 + column * 7) % 30)
    head = struct.pack(">IIII", 0x803, 64, SIDE, SIDE)
    (folder / "train-images-idx3-ubyte").write_bytes(head + pixels)
