"""A hundred tasks: Fashion-MNIST with its pixels in a hundred orders."""

from common.cell import Cell
from learning import FASHION, continual

TASKS, DENSITY = 100, 0.02
LEARNING = {"exclusive": "ExSSNeT", "masks": "SupSup", "finetune": "fine-tuning"}


def name(learning: str) -> str:
    return f"permuted/{learning}"


def cells() -> list[Cell]:
    return [
        continual(
            name(learning),
            'tasks.kind="permutations"',
            "train.keep_best=false",
            "validation.every_epochs=0",
            "evaluate.max_test_images=300",
            "checkpoint.every_epochs=40",
            recipe="exssnet/lenet",
            data=FASHION,
            labels="400-per-class",
            tasks=TASKS,
            density=1 if learning == "finetune" else DENSITY,
            epochs=2,
            learning=learning,
            seed=0,
        )
        for learning in LEARNING
    ]
