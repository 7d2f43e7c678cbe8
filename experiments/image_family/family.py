"""What the three parts share: their runs, and what is read of a run's result."""

from collections.abc import Iterable

from common.cell import Cell, settings
from common.stored_run import Json
from images import SMALL

# What dbot calls the moments of its evaluations.
PIXELS, UNTRAINED, END = "raw pixels", "untrained network", "stage 1"
KNN, LINEAR = "knn", "linear"


def pretraining(
    name: str,
    recipe: str,
    *values: str,
    seed: int = 0,
    data: str = SMALL,
    words: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Cell:
    """A run whose folder has the cell's name."""
    start = ("pretrain", recipe, "--data", data, "--out", name, "--seed", str(seed), *words)
    chosen = settings(*values, "report.pictures=false")
    return Cell(name, "run", (*start, *chosen, "--resume"), seed, folder=name, needs=needs)


def accuracies(found: Json, protocol: str) -> dict[str, float]:
    """Top-1 of the frozen features, in percent, by what was evaluated."""
    return {
        evaluation["label"]: row["top1"]
        for evaluation in found["figures"]["evaluations"]
        for row in evaluation["results"]
        if row["protocol"] == protocol
    }


def accuracy(found: dict[int, Json], protocol: str, label: str = END) -> dict[int, float]:
    """The same of one moment by seed."""
    of_all = {seed: accuracies(one, protocol) for seed, one in found.items()}
    return {seed: one[label] for seed, one in of_all.items() if label in one}


def losses(found: Iterable[Json]) -> list[float]:
    """Mean of the last 50 steps."""
    return [one["figures"]["loss"] for one in found]
