"""Starts the programs that an experiment is made with."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from common.cell import DATA, OF_DATA, TRAINING_DATA, Cell
from common.stored_run import Json

STOPPED = 75  # dbot's exit code: stopped on request, goes on by --resume
LAST_LINES = 5  # of a log, when a program fails


class CellError(Exception):
    """A cell cannot be made; the text says why."""


class Stopped(Exception):
    """The experiment is to end; what is under way can go on later."""


@dataclass(frozen=True)
class Place:
    """Where the experiment is made, and with what."""

    dbot: Path
    python: Path  # with what the experiment's own programs import
    data: Path
    work: Path  # run folders, logs, locks
    threads: int
    commit: str  # of the program


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return "unknown"


def call(place: Place, cell: Cell, words: list[str]) -> str:
    """Runs a program in the work folder; gives its stdout. Its stderr is the log of the cell."""
    log = place.work / "logs" / f"{cell.flat_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    threads = {"OMP_NUM_THREADS": str(place.threads), "MKL_NUM_THREADS": str(place.threads)}
    with log.open("a") as stderr:
        process = subprocess.Popen(
            words,
            cwd=place.work,
            env={**os.environ, **threads},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,  # Ctrl-C comes once, by terminate: a second one loses work
        )
        try:
            stdout, _ = process.communicate()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode == STOPPED:
        raise Stopped
    if process.returncode != 0:
        last = " / ".join(log.read_text().splitlines()[-LAST_LINES:])
        raise CellError(f"exit code {process.returncode}: {last}")
    return stdout


def with_data(place: Place, word: str) -> str:
    if word.startswith(OF_DATA):
        return str(place.data / word.removeprefix(OF_DATA))
    known = {DATA: str(place.data), TRAINING_DATA: str(place.data / "train")}
    return known.get(word, word)


def dbot(place: Place, cell: Cell, words: tuple[str, ...]) -> str:
    return call(place, cell, [str(place.dbot), *(with_data(place, word) for word in words)])


def version(place: Place) -> str:
    return subprocess.run(
        [place.dbot, "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()


def last_json(stdout: str) -> Json:
    found: Json = json.loads(stdout.splitlines()[-1])
    return found
