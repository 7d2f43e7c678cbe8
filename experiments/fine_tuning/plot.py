"""Accuracy by number of labels, both arms."""

import math

from cells import EPOCHS, SEEDS
from common.chart import COLOURS, Chart, Series
from common.results import Results, of_seeds
from tables import top1

TRAINING_IMAGES = 50_000
SHARES = {"1%": 0.01, "10%": 0.1, "all": 1.0}
ARMS = {"pretrained": "pre-trained", "scratch": "from scratch"}


def across(labels: str) -> float:
    """Numbers of labels are logarithmic."""
    return math.log10(SHARES[labels] * TRAINING_IMAGES)


def points(results: Results, arm: str) -> dict[float, list[float]]:
    """Top-1 of each seed by number of labels."""
    found = {
        across(labels): list(top1(of_seeds(results, f"finetune/{arm}/{labels}", SEEDS)).values())
        for labels in EPOCHS
    }
    return {labels: values for labels, values in found.items() if values}


def chart(results: Results) -> Chart:
    return Chart(
        title="Top-1 accuracy on CIFAR-10 by number of labels",
        across="labelled training images",
        up="top-1 on the test images, %",
        marks={across(one): f"{SHARES[one] * TRAINING_IMAGES:,.0f} ({one})" for one in SHARES},
        series=[
            Series(name, colour, points(results, arm))
            for (arm, name), colour in zip(ARMS.items(), COLOURS, strict=False)
        ],
    )
