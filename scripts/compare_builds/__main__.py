"""Runs two builds of the program on the same inputs and reports every difference but times.

    python3 scripts/compare_builds BEFORE AFTER [--data DIR] [--keep DIR] [--parts PART,...]

BEFORE and AFTER are programs (build/release/dbot) or the folders of builds, whose `golden` is
compared too. Compared are exit codes, the results of every command, messages, all files that are
written, and runs that BEFORE was stopped in and both go on with. DIR of --data is a folder of
images with train/ and test/ and classes in them, to be used in place of drawn ones; --keep is a
new folder, in which everything stays to be looked at. All parts take about five minutes of one
core a build; --parts chooses some of them, and those whose files they read.

Exit code: 0 equal, 1 with differences, which stdout lists; 2 wrong usage. What may differ stands in
unstable.py. Differences of kind "message" are in what is told to people on stderr.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import commands
import refusals
import resuming
import trainings
from comparison import Difference, compare_answers, compare_folders, compare_lines
from inputs import REPOSITORY, make_inputs
from program import Answer, Build, BuildMissing, run

# What can be asked for alone, in the order in which it is done, and whose files it reads.
PARTS = {
    "words": (commands.words_alone, []),
    "train": (trainings.trainings, []),
    "variants": (trainings.variants, []),
    "data": (commands.data_commands, []),
    "sources": (trainings.sources, ["data"]),
    "uses": (commands.uses_of_a_run, ["train"]),
    "weights": (commands.weights, ["train"]),
    "bench": (commands.benches, []),
    "refusals": (refusals.wrong_usages, ["train", "data"]),
    "resume": (resuming.continuations, []),
    "golden": (list, []),
}


def progress(text: str) -> None:
    print(f"[compare] {text}", file=sys.stderr, flush=True)


def answers_of(build: Build, parts: list[str], place: Path) -> dict[str, Answer]:
    """Works at a path that is the same for each build, and gives the folder the build's name in
    the end: so no path differs."""
    folder = place / "work"
    folder.mkdir(exist_ok=True)
    answers = {}
    for part in parts:
        if part == "refusals":
            refusals.damage(folder)
        if part == "resume":
            resuming.copy_stopped_runs(folder)
        for step in PARTS[part][0]():
            assert step.name not in answers, f"two steps are called {step.name}"
            started = time.monotonic()
            answer = answers[step.name] = run(build.dbot, step.words, folder)
            seconds = time.monotonic() - started
            progress(f"{build.name}: {step.name}: exit code {answer.code}, {seconds:.1f} s")
    folder.rename(place / build.name)
    write_answers(answers, place / f"{build.name}.answers")
    return answers


def write_answers(answers: dict[str, Answer], folder: Path) -> None:
    folder.mkdir()
    for name, answer in answers.items():
        text = f"exit code {answer.code}\n--- stdout\n{answer.out}\n--- stderr\n{answer.err}"
        (folder / name.replace("/", "-")[:120]).write_text(text)


def golden_lines(build: Build) -> list[str]:
    if build.golden is None:
        return ["there is no program golden"]
    progress(f"{build.name}: golden")
    files = str(REPOSITORY / "tests/golden")
    answer = run(build.golden, [], REPOSITORY, DBOT_GOLDEN_DIR=files)
    return [f"exit code {answer.code}", *answer.out.splitlines(), *answer.err.splitlines()]


def compare(before: Build, after: Build, parts: list[str], place: Path) -> list[Difference]:
    if "resume" in parts:
        (place / "work").mkdir()
        for name in resuming.run_names():
            progress(f"before: stopping {name} half-way")
            resuming.stop_half_way(before, name, place / "work")
    first = answers_of(before, parts, place)
    second = answers_of(after, parts, place)
    progress("comparing")
    found = [x for name in first for x in compare_answers(name, first[name], second[name])]
    found += compare_folders(place / before.name, place / after.name)
    if "golden" in parts:
        lines = compare_lines(golden_lines(before), golden_lines(after))
        found += [Difference("golden", "golden", line) for line in lines]
    return found


def report(found: list[Difference]) -> int:
    for difference in found:
        print(f"{difference.kind:<10} {difference.where}: {difference.what}")
    counts = Counter(difference.kind for difference in found)
    total = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    print(f"{len(found)} differences: {total}" if found else "no difference")
    return 1 if found else 0


def chosen_parts(text: str, parser: argparse.ArgumentParser) -> list[str]:
    chosen = set(text.split(",")) if text else set(PARTS)
    if unknown := chosen - set(PARTS):
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    needed = {other for part in chosen for other in PARTS[part][1]}
    return [part for part in PARTS if part in chosen | needed]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--parts", default="", help=", ".join(PARTS))
    arguments = parser.parse_args()
    if arguments.data and not (arguments.data / "train").is_dir():
        parser.error(f"{arguments.data} has no train/")
    if arguments.keep and arguments.keep.exists():
        parser.error(f"{arguments.keep} is there already")
    parts = chosen_parts(arguments.parts, parser)
    try:
        before = Build.find("before", arguments.before)
        after = Build.find("after", arguments.after)
    except BuildMissing as missing:
        parser.error(str(missing))
    with tempfile.TemporaryDirectory(prefix="compare-builds-") as folder:
        place = (arguments.keep or Path(folder)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        make_inputs(place / "inputs", arguments.data)
        try:
            return report(compare(before, after, parts, place))
        except (resuming.NotStopped, subprocess.TimeoutExpired) as failure:
            print(f"[compare] {failure}")
            return 1


if __name__ == "__main__":
    sys.exit(main())
