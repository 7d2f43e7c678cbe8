"""Several instances of an experiment in one work folder: who makes what."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from common import stored_run
from common.cell import Cell
from common.programs import Place


def is_taken(lock: IO[str]) -> bool:
    """Takes the lock, if nobody has it, until the file is closed. The system frees it when its
    process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def is_being_written(run: Path) -> bool:
    """By a dbot, perhaps one whose experiment was killed."""
    file = run / ".lock"
    if not file.exists():
        return False
    with file.open() as lock:
        return is_taken(lock)


def missing(place: Place, cell: Cell) -> list[str]:
    """Run folders that it needs and that are not finished."""
    runs = {name: place.work / name for name in cell.needs}
    return [
        name
        for name, run in runs.items()
        if not stored_run.is_finished(run) or is_being_written(run)
    ]


@contextmanager
def claim(place: Place, cell: Cell) -> Iterator[bool]:
    """Whether the cell is this process's to make, until the block ends."""
    file = place.work / "locks" / cell.flat_name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        mine = not is_taken(lock)
        yield mine and not (cell.folder and is_being_written(place.work / cell.folder))


@contextmanager
def waited_for(place: Place, name: str) -> Iterator[None]:
    """Other instances wait until the block ends."""
    file = place.work / "locks" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
