"""MixMask: does filling the holes with another image help? (docs/methods/siamese.md)"""

from common.cell import Cell
from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results, of_seeds
from common.stored_run import Json
from common.tables import (
    NOTHING,
    differences,
    mean_and_interval,
    mean_and_spread,
    minutes,
    one_of,
    standing,
    table,
)
from family import END, KNN, LINEAR, PIXELS, UNTRAINED, accuracies, accuracy, losses, pretraining

RECIPE, EPOCHS = "mixmask/small-32", 20
SEEDS = (0, 1, 2)
BASE = "base"
ARMS = {BASE: "MoCo", "unmix": "Un-Mix", "mixmask": "MixMask", "zero": "MixMask, holes of zeros"}
SETTINGS = {
    BASE: ("siamese.mixing=none",),
    "unmix": ("siamese.mixing=unmix",),
    "mixmask": ("siamese.mixing=mixmask",),
    "zero": ("siamese.mixing=mixmask", "mask.fill=zero"),
}
SHOWN_EPOCHS = (0, 1, 2, 5, 10, 15, EPOCHS)
PROTOCOLS = {KNN: "k-NN", LINEAR: "Linear probe"}


def cells() -> list[Cell]:
    """Seed by seed, so that arms can be compared early."""
    return [
        pretraining(f"mixmask/{arm}/seed-{seed}", RECIPE, *SETTINGS[arm], seed=seed)
        for seed in SEEDS
        for arm in ARMS
    ]


def arm(results: Results, name: str) -> dict[int, Json]:
    return of_seeds(results, f"mixmask/{name}", SEEDS)


def label_of(epoch: int) -> str:
    return {0: UNTRAINED, EPOCHS: END}.get(epoch, f"epoch {epoch}")


def epochs_table(results: Results, protocol: str) -> str:
    rows = []
    for epoch in SHOWN_EPOCHS:
        found = [accuracy(arm(results, one), protocol, label_of(epoch)) for one in ARMS]
        rows.append(
            [str(epoch), *(mean_and_spread(one.values(), planned=len(SEEDS)) for one in found)]
        )
    return table(["epoch", *ARMS.values()], rows)


def differences_table(results: Results, protocol: str) -> str:
    others = [one for one in ARMS if one != BASE]
    rows = []
    for epoch in SHOWN_EPOCHS[1:]:
        label = label_of(epoch)
        base = accuracy(arm(results, BASE), protocol, label)
        found = [differences(accuracy(arm(results, one), protocol, label), base) for one in others]
        rows.append([str(epoch), *(mean_and_interval(one, planned=len(SEEDS)) for one in found)])
    return table(["epoch", *(ARMS[one] for one in others)], rows)


def fills_line(results: Results) -> str:
    image, zero = arm(results, "mixmask"), arm(results, "zero")
    texts = [
        f"{name} {mean_and_interval(differences(accuracy(image, key), accuracy(zero, key)))}"
        for key, name in PROTOCOLS.items()
    ]
    return f"Holes of another image less holes of zeros, at the end: {', '.join(texts)}."


def runs_table(results: Results) -> str:
    rows = []
    for name, title in ARMS.items():
        found = arm(results, name)
        counts = [one_of(found, key) for key in ("steps", "images")]
        loss = mean_and_spread(losses(found.values()), digits=3)
        rows.append([title, str(len(found) or NOTHING), *counts, loss, minutes(found.values())])
    return table(["arm", "n", "steps", "images seen", "loss", "minutes of a run"], rows)


def pixels_line(results: Results) -> str:
    found = arm(results, BASE)
    texts = [
        f"{name} {mean_and_spread(accuracy(found, key, PIXELS).values())}"
        for key, name in PROTOCOLS.items()
    ]
    return f"Raw pixels: {', '.join(texts)}."


def tables(results: Results) -> list[str]:
    parts = [standing(results, cells()), runs_table(results)]
    for key, name in PROTOCOLS.items():
        parts += [
            f"**{name}.** Top-1 on 2,000 test images, percent, by epoch.",
            epochs_table(results, key),
            f"Less that of {ARMS[BASE]} of the same seed, with 95 % intervals:",
            differences_table(results, key),
        ]
    return [*parts, fills_line(results), pixels_line(results)]


def by_epoch(found: dict[int, Json]) -> dict[float, list[float]]:
    epochs = {label_of(epoch): epoch for epoch in range(EPOCHS + 1)}
    points: dict[float, list[float]] = {}
    for one in found.values():
        for label, top1 in accuracies(one, KNN).items():
            if label in epochs:
                points.setdefault(epochs[label], []).append(top1)
    return points


def chart(results: Results) -> Chart:
    return Chart(
        title="MixMask: k-NN by epoch",
        across="epochs of 10,000 images",
        up="k-NN on 2,000 test images, top-1, %",
        marks={epoch: str(epoch) for epoch in range(0, EPOCHS + 1, 5)},
        series=[
            Series(
                {"zero": "holes of zeros"}.get(name, title), colour, by_epoch(arm(results, name))
            )
            for (name, title), colour in zip(ARMS.items(), COLOURS, strict=False)
        ],
        step=5,
    )


BLOCK = Block("mixmask", tables, chart, "k-NN by epoch, four arms")
