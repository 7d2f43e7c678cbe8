"""Runs that the first build began and was stopped in; both go on with a copy of them."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

from program import MOST_SECONDS, STOPPED, Build, environment
from steps import IMAGES, SMALL, Step, methods, settings

STOPPED_RUNS = "../stopped"


class NotStopped(Exception):
    """A run could not be stopped half-way; the text says why."""


def run_names() -> list[str]:
    return list(methods())


def words_of(name: str, out: str) -> list[str]:
    recipe, more = methods()[name]
    length = ["--steps", "60", *settings(checkpoint_every_steps=2, evaluate_at_stage_ends="false")]
    return ["pretrain", recipe, "--data", IMAGES, "--out", out, *SMALL, *more, *length]


def stop_half_way(build: Build, name: str, folder: Path) -> None:
    """Leaves a stopped run; `folder` is where a build works."""
    out = f"{STOPPED_RUNS}/{name}"
    latest = folder / out / "checkpoints/latest"
    process = subprocess.Popen(
        [str(build.dbot), *words_of(name, out)],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + MOST_SECONDS
    try:
        while process.poll() is None and not latest.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=MOST_SECONDS)
    finally:
        process.kill()
    if process.returncode != STOPPED:
        lines = err.decode(errors="replace").splitlines()
        raise NotStopped(f"{name}: exit code {process.returncode}: {' / '.join(lines[-3:])}")


def copy_stopped_runs(folder: Path) -> None:
    for name in run_names():
        shutil.copytree(folder / STOPPED_RUNS / name, folder / f"resumed-{name}", symlinks=True)


def continuations() -> list[Step]:
    """For a folder with copies of the stopped runs."""
    return [
        Step(f"resume {name}", [*words_of(name, f"resumed-{name}"), "--resume", "--json"])
        for name in run_names()
    ]
