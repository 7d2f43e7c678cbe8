"""The cells of the experiments on videos, and what is read of their results."""

import csv
from pathlib import Path

from common.cell import Cell, settings
from common.makers import made_run
from common.programs import Place
from common.stored_run import Json
from folds import ALL, SETS, VideoSet

RECIPE, STEPS = "mae_st/small-64", 300
SEEDS = (0, 1, 2)
MASKS = ("random", "tube", "frame")
SCRATCH, PRE_TRAINED = "scratch", "pre-trained"
STARTS = (SCRATCH, PRE_TRAINED)
QUIET = ("report.pictures=false",)


def mask_name(kind: str, seed: int) -> str:
    return f"masks/{kind}/seed-{seed}"


def fold_name(one: VideoSet, what: str, fold: int, seed: int) -> str:
    return f"{one.name}/{what}/fold-{fold}/seed-{seed}"


def pretraining(kind: str, seed: int) -> Cell:
    """Of all videos, without their labels. Its folder has the cell's name."""
    name = mask_name(kind, seed)
    words = ("pretrain", RECIPE, "--data", ALL, "--out", name, "--seed", str(seed))
    chosen = settings(f"mask.kind={kind}", "evaluate.at_stage_ends=false", *QUIET)
    return Cell(name, "run", (*words, "--steps", str(STEPS), *chosen, "--resume"), seed, name)


def frozen(one: VideoSet, start: str, fold: int, seed: int) -> Cell:
    """A run of no steps: it judges raw pixels and the network that it begins with."""
    name, model = fold_name(one, f"frozen-{start}", fold, seed), mask_name("random", seed)
    words = ("pretrain", RECIPE, "--data", one.folder(fold), "--out", name, "--seed", str(seed))
    # A few videos have few neighbours.
    judged = ("evaluate.linear=false", "evaluate.neighbours=5", "evaluate.features=mean")
    begun = ("start.init=file", f"start.path={model}") if start == PRE_TRAINED else ()
    chosen = settings(*judged, *begun, *QUIET)
    needs = (model,) if begun else ()
    return Cell(name, "run", (*words, "--steps", "0", *chosen, "--resume"), seed, name, needs)


def tuning(one: VideoSet, start: str, fold: int, seed: int) -> Cell:
    name, model = fold_name(one, start, fold, seed), mask_name("random", seed)
    words = ("evaluate", "finetune", "--model", model, "--data", one.folder(fold), "--out", name)
    chosen = settings(
        *("clips.repeats=1", "evaluate.every_epochs=0"),
        *(f"schedule.epochs={one.epochs}", f"schedule.warmup_epochs={one.epochs / 10:g}"),
    )
    scratch = ("--from-scratch",) if start == SCRATCH else ()
    return Cell(
        *(name, "tuning", (*words, "--seed", str(seed), *scratch, *chosen, "--resume")),
        *(seed, name, (model,)),
    )


def cells() -> list[Cell]:
    """A seed after the other, so that each can be looked at as soon as it is there."""
    pretrained = [pretraining(kind, seed) for seed in SEEDS for kind in MASKS]
    judged = [
        make(one, start, fold, seed)
        for seed in SEEDS
        for make in (frozen, tuning)
        for one in SETS
        for fold in range(one.folds)
        for start in STARTS
    ]
    return pretrained + judged


def answers(run: Path) -> dict[str, bool]:
    """Of each test video, by its class and file: whether the classifier is right."""
    with (run / "predictions.csv").open(newline="") as file:
        return {
            "/".join(Path(row["name"]).parts[-2:]): row["label"] == row["predicted"]
            for row in csv.DictReader(file)
        }


def made_tuning(place: Place, cell: Cell) -> Json:
    result = made_run(place, cell)
    result["figures"]["right"] = answers(place.work / cell.folder)
    return result
