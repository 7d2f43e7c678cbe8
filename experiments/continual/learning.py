"""What all parts share: a run of `dbot evaluate continual`, and what its result says."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from common.cell import Cell, settings
from common.makers import made_run
from common.programs import Place
from common.stored_run import Json

CIFAR, FASHION = "data/cifar10", "data/fashion-mnist"
OF_A_CLASS = "800-per-class"
CHAIN = "exssnet/small-32"  # three convolutions
LEARNING = {"masks": "SupSup", "exclusive": "ExSSNeT", "overlapping": "SSNeT"}
EPOCHS = 4  # of a task's mask and of its weights; of what has one phase, twice as many


def epochs_of(learning: str, epochs: float = EPOCHS) -> tuple[str, str]:
    """The same passes over a task's images for all ways of learning."""
    mask = 2 * epochs if learning == "masks" else epochs
    weights = 2 * epochs if learning in ("finetune", "ewc") else epochs
    return (f"tasks.mask_epochs={mask:g}", f"tasks.weight_epochs={weights:g}")


def continual(
    name: str,
    *values: str,
    learning: str,
    seed: int,
    recipe: str = CHAIN,
    data: str = CIFAR,
    labels: str = OF_A_CLASS,
    tasks: int = 5,
    density: float = 0.05,
    transfer: str = "none",
    model: str = "",
    kind: str = "tasks",
    epochs: float = EPOCHS,
) -> Cell:
    """A run whose folder has the cell's name. `model` is a run folder whose network is in front."""
    words = (
        *("evaluate", "continual", recipe, "--data", data, "--labels", labels),
        *(("--model", model) if model else ()),
        *("--tasks", str(tasks), "--density", f"{density:g}"),
        *("--learning", learning, "--transfer", transfer, "--seed", str(seed)),
        *settings(*epochs_of(learning, epochs), *values),
        *("--out", name, "--resume", "--json"),
    )
    return Cell(name, kind, words, seed, folder=name, needs=(model,) if model else ())


def rounded(values: list[float | None]) -> list[float | None]:
    return [value if value is None else round(value, 4) for value in values]


def figures_of(run: Path) -> Json:
    """Of tasks.json: accuracies of each task at its own end and at that of the run, in percent."""
    found = json.loads((run / "tasks.json").read_text())
    matrix = found["accuracy"]
    return {
        **{key: rounded([found[key]])[0] for key in ("average_accuracy", "average_forgetting")},
        "own_end": rounded([row[task] for task, row in enumerate(matrix)]),
        "end": rounded(matrix[-1]),
        "forgetting": rounded(found["forgetting"]),
        "untrained": rounded(found["untrained"]),
        **{key: found[key] for key in ("used", "free", "all") if found.get(key)},
    }


def made_tasks(place: Place, cell: Cell) -> Json:
    return {**made_run(place, cell), "figures": figures_of(place.work / cell.folder)}


def figure(found: Mapping[int, Json], key: str) -> dict[int, float]:
    """By seed."""
    return {seed: one["figures"][key] for seed, one in found.items()}


def of_each(found: Mapping[int, Json], value: Callable[[Json], float]) -> dict[int, float]:
    return {seed: value(one["figures"]) for seed, one in found.items()}
