#!/usr/bin/env python3
"""What pre-training is worth on CIFAR-10: makes the experiment of docs/results.md cell by cell.

    experiments/fine_tuning/run.py --data cifar10 --work runs/fine_tuning --threads 2
    experiments/fine_tuning/run.py --list
    experiments/fine_tuning/run.py --data … --work … --only 'finetune/*/10%/*'
    experiments/fine_tuning/run.py plot        draws docs/images/fine-tuning.svg
    experiments/fine_tuning/run.py table       writes the tables of docs/results.md

The data folder has CIFAR-10 as images: train/CLASS/*.jpg and test/CLASS/*.jpg. Each cell keeps its
figures in results/; one that is there is not made again. Stopped or killed, the same command goes
on: a training from its last checkpoint, an evaluation from its beginning.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType

import stored_run
from cells import Cell, all_cells
from execute import HERE, ROOT, CellError, Place, Stopped, made
from plot import draw
from tables import PICTURE, write_tables

RESULTS = HERE / "results"
PAGE = ROOT / "docs/results.md"


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def chosen(patterns: list[str]) -> list[Cell]:
    cells = all_cells()
    return [cell for cell in cells if any(fnmatchcase(cell.name, one) for one in patterns)]


def state(cell: Cell, results: Path, work: Path | None) -> str:
    if (results / cell.file).exists():
        return "done"
    if work and cell.folder and (work / cell.folder).exists():
        return "finished" if stored_run.is_finished(work / cell.folder) else "begun"
    return "open"


def head_commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def write_result(file: Path, result: object) -> None:
    """Whole or not at all: the file says that the cell is done."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".partial")
    aside.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    os.replace(aside, file)


def make(place: Place, cells: list[Cell], results: Path) -> int:
    """How many cells could not be made."""
    failed = 0
    for number, cell in enumerate(cells, 1):
        file = results / cell.file
        if file.exists():
            continue
        say(f"{number}/{len(cells)} {cell.name}")
        began = time.monotonic()
        try:
            result = made(place, cell)
        except CellError as error:
            say(f"{cell.name} failed: {error}")
            failed += 1
            continue
        write_result(file, result)
        figures = result["figures"]
        shown = {key: figures[key] for key in ("top1", "loss") if key in figures}
        say(f"{cell.name}: {shown}, {time.monotonic() - began:.0f} s")
    return failed


def end_by_signal(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def arguments_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["cells", "table", "plot"], default="cells")
    parser.add_argument("--data", type=Path, help="CIFAR-10: train/CLASS/*.jpg, test/CLASS/*.jpg")
    parser.add_argument("--work", type=Path, help="folder of the runs")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", action="append", metavar="PATTERN", help="such as 'probe/*'")
    parser.add_argument("--list", action="store_true", help="name the cells and how they stand")
    parser.add_argument("--dbot", type=Path, default=ROOT / "bin/dbot")
    parser.add_argument("--python", type=Path, default=ROOT / ".deps/interchange/bin/python")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of kept figures")
    parser.add_argument("--commit", default="", help="of the program (default: the checkout's)")
    arguments = parser.parse_args()
    makes = arguments.what == "cells" and not arguments.list
    if makes and (arguments.data is None or arguments.work is None):
        parser.error("--data and --work are needed to make cells")
    return arguments


def main() -> int:
    arguments = arguments_of()
    if arguments.what == "table":
        write_tables(arguments.results, PAGE)
        return 0
    if arguments.what == "plot":
        (PAGE.parent / PICTURE).write_text(draw(arguments.results))
        return 0
    cells = chosen(arguments.only or ["*"])
    if arguments.list:
        for cell in cells:
            print(f"{state(cell, arguments.results, arguments.work):9} {cell.name}")
        return 0
    signal.signal(signal.SIGTERM, end_by_signal)
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    # A link to a program stays a link: an environment is known by the place of its `python`.
    place = Place(
        dbot=arguments.dbot.absolute(),
        python=arguments.python.absolute(),
        data=arguments.data.resolve(),
        work=work,
        threads=arguments.threads,
        commit=arguments.commit or head_commit(),
    )
    try:
        failed = make(place, cells, arguments.results)
    except (Stopped, KeyboardInterrupt):
        say("stopped; the same command goes on")
        return 75
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
