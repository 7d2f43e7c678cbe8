#!/usr/bin/env python3
"""Compares dbot's loading with torchvision's, pass by pass in turn.

    benchmarks/peers/setup.sh                               once: the Python environment
    benchmarks/loader/compare.py FOLDER [--workers 2] [--rounds 7] [--images 2000]

FOLDER holds JPEG photos, nested or not; fewer than --images are repeated. Prints a Markdown table and
the exit code is 1 where a ratio is below --least-pillow or --least-tensor.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "benchmarks/peers"))

from programs import Program, ProgramFailed, Row  # noqa: E402

DBOT = "dbot"
PEERS = {"pillow": "torchvision, Pillow", "tensor": "torchvision, tensors"}


def repeated(folder: Path, images: int, into: Path) -> Path:
    """A folder of `images` symbolic links to the photos, so that all programs see the same ones."""
    files = sorted(folder.rglob("*.jpg"))
    if not files:
        raise SystemExit(f"[loader] {folder} holds no .jpg")
    photos = into / "photos"  # torchvision wants class folders
    photos.mkdir()
    for i in range(images):
        (photos / f"{i:06}.jpg").symlink_to(files[i % len(files)].resolve())
    return into


def rows_of(arguments: argparse.Namespace, folder: Path) -> list[Row]:
    common = ["--workers", str(arguments.workers), "--batch", str(arguments.batch)]
    # All but the first batch of an epoch, as torchvision's passes.
    timed = (arguments.images // arguments.batch - 1) * arguments.batch
    native = [str(arguments.dbot), "data", "bench", str(folder), "--serve", *common]
    native += ["--images", str(timed)]
    python = arguments.peers / "venv/bin/python"
    script = Path(__file__).with_name("peer.py")
    rows = [Row(DBOT, native)]
    for path, name in PEERS.items():
        rows.append(Row(name, [str(python), str(script), str(folder), "--path", path, *common]))
    return rows


def measure(rows: list[Row], rounds: int) -> dict[str, list[float]]:
    """Seconds an image of every round, by the row's name."""
    programs = [Program(row, 1) for row in rows]
    seconds: dict[str, list[float]] = {row.name: [] for row in rows}
    try:
        for program in programs:
            program.wait_until_ready()
        for turn in range(rounds + 1):
            shift = turn % len(programs)
            for program in programs[shift:] + programs[:shift]:
                taken = program.step()
                if turn > 0:  # the first round does not count
                    seconds[program.row.name].append(taken)
            print(f"[loader] round {turn} of {rounds}", file=sys.stderr, flush=True)
    finally:
        for program in programs:
            program.stop()
    return seconds


def table(seconds: dict[str, list[float]]) -> str:
    lines = [
        "| program | images/s | dbot's speed-up over it | same, lowest and highest round |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, values in seconds.items():
        ratios = [theirs / ours for theirs, ours in zip(values, seconds[DBOT])]
        lines.append(
            f"| {name} | {1 / median(values):.0f} | {median(ratios):.2f} "
            f"| {min(ratios):.2f} to {max(ratios):.2f} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dbot", type=Path, default=REPOSITORY / "build/release/dbot")
    parser.add_argument("--peers", type=Path, default=REPOSITORY / "build/peers")
    parser.add_argument("--least-pillow", type=float, default=0)
    parser.add_argument("--least-tensor", type=float, default=0)
    arguments = parser.parse_args()
    if not os.access(arguments.dbot, os.X_OK):
        raise SystemExit(f"[loader] no program at {arguments.dbot}; run ./setup.sh or give --dbot")
    with tempfile.TemporaryDirectory() as folder:
        links = repeated(arguments.folder, arguments.images, Path(folder))
        try:
            seconds = measure(rows_of(arguments, links), arguments.rounds)
        except ProgramFailed as failure:
            raise SystemExit(f"[loader] a program failed: {failure}") from None
    print(table(seconds))
    short = 0
    for path, least in (("pillow", arguments.least_pillow), ("tensor", arguments.least_tensor)):
        ratios = [a / b for a, b in zip(seconds[PEERS[path]], seconds[DBOT])]
        if median(ratios) < least:
            print(f"[loader] {PEERS[path]}: {median(ratios):.2f}, expected {least}", file=sys.stderr)
            short = 1
    return short


if __name__ == "__main__":
    sys.exit(main())
