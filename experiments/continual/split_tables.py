"""Split-CIFAR-10 and what goes with it: densities, controls, ten tasks, repeats, features."""

from math import log10

import features
import repeats
from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results, of_seeds
from common.stored_run import Json
from common.tables import (
    NOTHING,
    differences,
    mean_and_interval,
    mean_and_spread,
    standing,
    table,
)
from learning import LEARNING, figure, of_each
from split import (
    BASELINES,
    CONTROL_DENSITY,
    DENSITIES,
    FAST,
    FAST_DENSITY,
    FAST_RATE,
    SEEDS,
    SHARED_NORM,
    TEN_DENSITIES,
    cells,
    split_name,
    ten_name,
)
from task_tables import tasks_table

ALL = (*cells(), *repeats.cells(), *features.cells())


def averages(results: Results, learning: str, density: float) -> dict[int, float]:
    found = of_seeds(results, split_name(learning, density), SEEDS)
    return figure(found, "average_accuracy")


def densities_table(results: Results) -> str:
    rows = [
        (title, f"{density:g}", split_name(learning, density))
        for density in DENSITIES
        for learning, title in LEARNING.items()
    ]
    return tasks_table(results, rows, SEEDS)


def pairs_table(results: Results) -> str:
    rows = []
    for density in DENSITIES:
        masks, exclusive, overlapping = (averages(results, one, density) for one in LEARNING)
        pairs = (differences(exclusive, masks), differences(overlapping, exclusive))
        texts = (mean_and_interval(one, planned=len(SEEDS)) for one in pairs)
        rows.append([f"{density:g}", *texts])
    return table(["density", "ExSSNeT less SupSup", "SSNeT less ExSSNeT"], rows)


def fast_line(results: Results) -> str:
    fast = averages(results, FAST, FAST_DENSITY)
    if not fast:
        return ""
    texts = [
        f"less {title} {mean_and_interval(differences(fast, averages(results, one, FAST_DENSITY)))}"
        for one, title in LEARNING.items()
    ]
    return (
        f"ExSSNeT with weights at a rate of {FAST_RATE:g} instead of 0.001, density "
        f"{FAST_DENSITY:g}: {mean_and_spread(fast.values())}, {', '.join(texts)}."
    )


def controls_table(results: Results) -> str:
    own = split_name("exclusive", CONTROL_DENSITY)
    density = f"{CONTROL_DENSITY:g}"
    return tasks_table(
        results,
        [
            ("ExSSNeT, BatchNorm by task", density, own),
            ("ExSSNeT, one BatchNorm for all", density, f"split/{SHARED_NORM}"),
            *((title, "all weights", f"split/{name}") for name, title in BASELINES.items()),
        ],
        SEEDS,
    )


def ten_table(results: Results) -> str:
    return tasks_table(
        results,
        [
            ("ExSSNeT", f"{TEN_DENSITIES[-1]:g}", ten_name("exclusive", TEN_DENSITIES[-1])),
            *(
                ("SSNeT", f"{density:g}", ten_name("overlapping", density))
                for density in TEN_DENSITIES
            ),
            ("fine-tuning", "all weights", ten_name("finetune")),
        ],
        SEEDS,
    )


def repeat(results: Results, transfer: str) -> dict[int, Json]:
    return of_seeds(results, f"repeats/{transfer}", repeats.SEEDS)


def after_one(found: dict[int, Json]) -> dict[int, float]:
    return of_each(found, lambda one: one["by_epoch"][0])


def at_end(found: dict[int, Json]) -> dict[int, float]:
    return of_each(found, lambda one: one["end"][-1])


def repeats_table(results: Results) -> str:
    rows = []
    for transfer, title in repeats.TRANSFER.items():
        found = repeat(results, transfer)
        shares = [
            mean_and_spread(of_each(found, lambda one, at=at: one["mask_shared"][at]).values())
            for at in range(len(repeats.TASKS) - 1)
        ]
        measured = [mean_and_spread(one.values()) for one in (after_one(found), at_end(found))]
        rows.append([f"begins with {title}", str(len(found) or NOTHING), *measured, *shares])
    gains = [
        mean_and_interval(differences(of(repeat(results, "knn_best")), of(repeat(results, "none"))))
        for of in (after_one, at_end)
    ]
    rows.append(["difference", "", *gains, *("" for _ in repeats.TASKS[:-1])])
    shared = [
        f"mask shared with {' and '.join(classes)}" + (", the same" if at == repeats.FOUND else "")
        for at, classes in enumerate(repeats.TASKS[:-1])
    ]
    return table(["the task that comes again", "n", "after one epoch", "at the end", *shared], rows)


def features_table(results: Results) -> str:
    seeds, density = features.SEEDS, f"{features.DENSITY:g}"
    titles = {
        "masked head on features of dBOT": features.head_name("dbot"),
        "masked head on an untrained network": features.head_name("untrained"),
        "masked convolutions from scratch": split_name("exclusive", features.DENSITY),
    }
    return tasks_table(results, [(key, density, one) for key, one in titles.items()], seeds)


def features_line(results: Results) -> str:
    found = of_seeds(results, features.head_name("dbot"), features.SEEDS)
    scratch = averages(results, "exclusive", features.DENSITY)
    gain = differences(figure(found, "average_accuracy"), scratch)
    return f"Features of dBOT less convolutions from scratch: {mean_and_interval(gain)}."


def tables(results: Results) -> list[str]:
    return [
        standing(results, ALL),
        "**Five tasks**, by density. Percent of the test images of a task's two classes.",
        densities_table(results),
        "Average accuracy, differences of the same seed with 95 % intervals:",
        pairs_table(results),
        fast_line(results),
        "**Controls and baselines**, the same five tasks.",
        controls_table(results),
        "**Ten tasks**, every class twice, beside another one each time.",
        ten_table(results),
        "**A task that comes again** with other images, fourth of four, density 0.05.",
        repeats_table(results),
        "**A masked head on a frozen backbone**, the same five tasks.",
        features_table(results),
        features_line(results),
    ]


def chart(results: Results) -> Chart:
    def points(learning: str) -> dict[float, list[float]]:
        found = {one: list(averages(results, learning, one).values()) for one in DENSITIES}
        return {log10(density): values for density, values in found.items() if values}

    return Chart(
        title="Split-CIFAR-10: average accuracy by density",
        across="share of the weights that a task uses",
        up="average accuracy of five tasks, %",
        marks={log10(density): f"{density:g}" for density in DENSITIES},
        series=[
            Series(title, colour, points(learning))
            for (learning, title), colour in zip(LEARNING.items(), COLOURS, strict=False)
        ],
        step=2,
    )


BLOCK = Block("continual", tables, chart, "Average accuracy by density, three ways of learning")
