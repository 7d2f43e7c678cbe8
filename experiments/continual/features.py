"""A masked head on the features of our own frozen backbone, beside networks from scratch."""

from common.cell import Cell, settings
from learning import CIFAR, continual

SEEDS = (0, 1, 2)
DENSITY = 0.05
BACKBONE, UNTRAINED = "features/backbone", "features/untrained"
MODELS = {"dbot": BACKBONE, "untrained": UNTRAINED}


def pretraining(name: str, *words: str) -> Cell:
    """dBOT on all training images, without labels."""
    values = settings(
        "model.image_size=32", "evaluate.at_stage_ends=false", "report.pictures=false"
    )
    start = ("pretrain", "dbot/quick", "--data", CIFAR, "--out", name, "--seed", "0")
    return Cell(name, "run", (*start, *words, *values, "--resume", "--json"), folder=name)


def head_name(model: str) -> str:
    return f"features/{model}"


def cells() -> list[Cell]:
    heads = [
        continual(
            f"{head_name(name)}/seed-{seed}",
            "train.keep_best=false",
            "validation.every_epochs=0",
            recipe="exssnet/features",
            model=model,
            density=DENSITY,
            learning="exclusive",
            seed=seed,
        )
        for name, model in MODELS.items()
        for seed in SEEDS
    ]
    return [pretraining(BACKBONE), pretraining(UNTRAINED, "--steps", "0"), *heads]
