"""How cells are made that are one command of dbot, and what their results say."""

import shlex
import time
from collections.abc import Callable

from common import stored_run
from common.cell import Cell
from common.programs import Place, dbot, last_json, processor
from common.stored_run import Json

Maker = Callable[[Place, Cell], Json]


def with_threads(place: Place, words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words, "--threads", str(place.threads))


def made_run(place: Place, cell: Cell) -> Json:
    """A run that is finished already is only read."""
    run = place.work / cell.folder
    words = with_threads(place, cell.words)
    if not stored_run.is_finished(run):
        run.parent.mkdir(parents=True, exist_ok=True)
        dbot(place, cell, words)
    return {"command": shlex.join(("dbot", *words)), **stored_run.results(run)}


def made_evaluation(place: Place, cell: Cell, figures_of: Callable[[Json], Json]) -> Json:
    """Of the network that the cell needs first. Evaluations keep nothing when they are stopped: a
    killed one begins anew."""
    words = with_threads(place, cell.words)
    began = time.monotonic()
    found = last_json(dbot(place, cell, words))
    seconds = time.monotonic() - began
    return {
        "command": shlex.join(("dbot", *words)),
        "figures": figures_of(found),
        "steps": None,
        "images": None,
        "seconds": seconds,
        "processor": processor(),
        "threads": place.threads,
        # Both choose alike on one machine (auto).
        "precision": stored_run.facts(place.work / cell.needs[0])["compute"]["precision"],
    }
