"""Makes cells: starts the programs, and puts together what a cell's result says."""

import json
import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import stored_run
from cells import DATA, TRAINING_DATA, Cell
from stored_run import Json

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
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
    python: Path  # with torch, torchvision and timm
    data: Path
    work: Path  # run folders, logs, exported weights
    threads: int
    commit: str  # of the program


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return "unknown"


def call(place: Place, name: str, words: list[str]) -> str:
    """Runs a program in the work folder; gives its stdout. Its stderr is the log of the cell."""
    log = place.work / "logs" / f"{name.replace('/', '-')}.log"
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


def dbot(place: Place, name: str, words: tuple[str, ...]) -> str:
    known = {DATA: str(place.data), TRAINING_DATA: str(place.data / "train")}
    return call(place, name, [str(place.dbot), *(known.get(word, word) for word in words)])


def last_json(stdout: str) -> Json:
    found: Json = json.loads(stdout.splitlines()[-1])
    return found


def with_threads(place: Place, words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words, "--threads", str(place.threads))


def missing(place: Place, cell: Cell) -> list[str]:
    """Run folders that it needs and that are not finished."""
    return [run for run in cell.needs if not stored_run.is_finished(place.work / run)]


def made(place: Place, cell: Cell) -> Json:
    """Makes the cell and gives its result. Throws CellError, Stopped."""
    if waiting := missing(place, cell):
        raise CellError(f"needs {', '.join(waiting)}, not finished")
    makers = {"run": made_run, "probe": made_probe, "timm": made_timm}
    result = {"cell": cell.name, "seed": cell.seed, **makers[cell.kind](place, cell)}
    return result | {"program": program(place), "commit": place.commit}


def program(place: Place) -> str:
    return subprocess.run(
        [place.dbot, "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()


def made_run(place: Place, cell: Cell) -> Json:
    """A run that is finished already is only read."""
    run = place.work / cell.folder
    words = with_threads(place, cell.words)
    if not stored_run.is_finished(run):
        run.parent.mkdir(parents=True, exist_ok=True)
        dbot(place, cell.name, words)
    return {"command": shlex.join(("dbot", *words)), **stored_run.results(run)}


def made_probe(place: Place, cell: Cell) -> Json:
    """Evaluations keep nothing when they are stopped: a killed one begins anew."""
    words = with_threads(place, cell.words)
    began = time.monotonic()
    found = last_json(dbot(place, cell.name, words))
    seconds = time.monotonic() - began
    (model,) = cell.needs
    rows = [
        {key: row[key] for key in ("protocol", "features", "top1", "top5")}
        for row in found["results"]
    ]
    samples = {key: found["results"][0][key] for key in ("train_samples", "test_samples")}
    return {
        "command": shlex.join(("dbot", *words)),
        "figures": {"top1": found["top1"], "top5": found["top5"], **samples, "results": rows},
        "steps": None,
        "images": None,
        "seconds": seconds,
        "processor": processor(),
        "threads": place.threads,
        # Both choose alike on one machine (auto).
        "precision": stored_run.facts(place.work / model)["compute"]["precision"],
    }


def exported(place: Place, cell: Cell, run: str, name: str) -> str:
    file = f"exports/{name}.safetensors"
    (place.work / file).parent.mkdir(parents=True, exist_ok=True)
    dbot(place, cell.name, ("export", run, "--format", "timm", "--out", file, "--force"))
    return file


def made_timm(place: Place, cell: Cell) -> Json:
    _, like, first = cell.needs
    words = [f"--like={like}", f"--data={place.data}"]
    words += [f"--backbone={exported(place, cell, 'dbot', 'backbone')}"]
    words += [f"--classifier={exported(place, cell, first, 'classifier')}", f"--run={first}"]
    words += [f"--seed={cell.seed}", f"--threads={place.threads}"]
    script = HERE / "timm_finetune.py"
    found = last_json(call(place, cell.name, [str(place.python), str(script), *words]))
    shown = [word.replace(str(place.data), DATA) for word in words]
    return {
        "command": shlex.join(("python", str(script.relative_to(ROOT)), *shown)),
        **found,
        "processor": processor(),
        "threads": place.threads,
    }
