"""The command line of an experiment, and the walk over its cells."""

import argparse
import os
import signal
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from types import FrameType

from common import stored_run
from common.cell import Cell
from common.claims import claim, missing
from common.experiment import ROOT, Experiment, draw, write_tables
from common.programs import STOPPED, CellError, Place, Stopped, version
from common.results import read_results, write_result

SHOWN = ("top1", "average_accuracy", "loss")  # of a result, where it has them

SHARED = """\
Several instances may share one work folder, such as one thread each with patterns of their own. What
another instance is making, and what needs a run that is not finished, is left for a later pass: the
same command, or one without patterns, once they have ended.

The exit code is 0 if all chosen cells are there, 1 if some failed, and 75 if some were left, or if
it was stopped: the same command goes on.
"""


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def chosen(experiment: Experiment, patterns: list[str]) -> list[Cell]:
    cells = experiment.cells
    return [cell for cell in cells if any(fnmatchcase(cell.name, one) for one in patterns)]


def state(cell: Cell, results: Path, work: Path | None) -> str:
    if (results / cell.file).exists():
        return "done"
    if work and cell.folder and (work / cell.folder).exists():
        return "finished" if stored_run.is_finished(work / cell.folder) else "begun"
    return "open"


def head_commit() -> str:
    words = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def make_cell(experiment: Experiment, place: Place, cell: Cell, file: Path) -> str:
    """What came of it: "done", "failed" or "left". Throws Stopped."""
    if waiting := missing(place, cell):
        say(f"{cell.name} is left: it needs {', '.join(waiting)}, not finished")
        return "left"
    with claim(place, cell) as mine:
        if not mine:
            say(f"{cell.name} is left: another instance makes it")
            return "left"
        if file.exists():  # that instance has just made it
            return "done"
        began = time.monotonic()
        try:
            found = experiment.makers[cell.kind](place, cell)
        except CellError as error:
            say(f"{cell.name} failed: {error}")
            return "failed"
        made_by = {"program": version(place), "commit": place.commit}
        write_result(file, {"cell": cell.name, "seed": cell.seed, **found, **made_by})
    figures = found["figures"]
    shown = {key: figures[key] for key in SHOWN if key in figures}
    say(f"{cell.name}: {shown}, {time.monotonic() - began:.0f} s")
    return "done"


def make(experiment: Experiment, place: Place, cells: list[Cell], results: Path) -> int:
    """Gives the exit code."""
    experiment.prepare(place)
    outcomes = []
    for number, cell in enumerate(cells, 1):
        file = results / cell.file
        if file.exists():
            continue
        say(f"{number}/{len(cells)} {cell.name}")
        outcomes.append(make_cell(experiment, place, cell, file))
    failed, left = outcomes.count("failed"), outcomes.count("left")
    if failed or left:
        say(f"{failed} failed, {left} left for a later pass")
    return 1 if failed else STOPPED if left else 0


def end_by_signal(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def arguments_of(experiment: Experiment) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"{experiment.description}\n{SHARED}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=["cells", "table", "plot"], default="cells")
    parser.add_argument("--data", type=Path, help=experiment.data)
    parser.add_argument("--work", type=Path, help="folder of the runs")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", action="append", metavar="PATTERN", help="cells, by name: 'a/*'")
    parser.add_argument("--list", action="store_true", help="name the cells and how they stand")
    parser.add_argument("--dbot", type=Path, default=ROOT / "bin/dbot")
    parser.add_argument(
        "--python",
        type=Path,
        default=ROOT / ".deps/interchange/bin/python",
        help="with what the experiment's own programs import",
    )
    parser.add_argument(
        "--results", type=Path, default=experiment.results, help="folder of kept figures"
    )
    parser.add_argument("--commit", default="", help="of the program (default: the checkout's)")
    arguments = parser.parse_args()
    makes = arguments.what == "cells" and not arguments.list
    if makes and (arguments.data is None or arguments.work is None):
        parser.error("--data and --work are needed to make cells")
    return arguments


def place_of(arguments: argparse.Namespace) -> Place:
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    # A link to a program stays a link: an environment is known by the place of its `python`.
    return Place(
        dbot=arguments.dbot.absolute(),
        python=arguments.python.absolute(),
        data=arguments.data.resolve(),
        work=work,
        threads=arguments.threads,
        commit=arguments.commit or head_commit(),
    )


def run(experiment: Experiment) -> int:
    arguments = arguments_of(experiment)
    if arguments.what == "table":
        write_tables(experiment, read_results(experiment.cells, arguments.results))
        return 0
    if arguments.what == "plot":
        draw(experiment, read_results(experiment.cells, arguments.results))
        return 0
    cells = chosen(experiment, arguments.only or ["*"])
    if arguments.list:
        for cell in cells:
            print(f"{state(cell, arguments.results, arguments.work):9} {cell.name}")
        return 0
    signal.signal(signal.SIGTERM, end_by_signal)
    try:
        return make(experiment, place_of(arguments), cells, arguments.results)
    except CellError as error:
        say(f"nothing is made: {error}")
        return 1
    except (Stopped, KeyboardInterrupt):
        say("stopped; the same command goes on")
        return STOPPED
