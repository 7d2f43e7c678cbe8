"""What came of it: losses by mask, pooled accuracies, differences with intervals."""

import random
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results
from common.stored_run import Json
from common.tables import NOTHING, mean_and_spread, minutes, standing, table
from folds import SETS, VideoSet
from video import MASKS, PRE_TRAINED, SCRATCH, SEEDS, STARTS, cells, fold_name, mask_name

PIXELS = "raw pixels"  # as dbot calls that moment of its evaluations; the other is of the network
DRAWS = 10_000  # of the bootstrap
SHORT = ("pixels", "untrained", "pre-trained", "tuned, scratch", "tuned")  # as `readers` has them

Group = list[float]  # of one unit that is drawn: the differences of its clips


def by_mask(results: Results) -> str:
    rows = []
    for kind in MASKS:
        found = [results[mask_name(kind, seed)] for seed in SEEDS if mask_name(kind, seed) in results]
        losses = (one["figures"]["loss"] for one in found)
        rows.append([kind, str(len(found) or NOTHING), mean_and_spread(losses, digits=4), minutes(found)])
    return table(["mask", "n", "loss, mean of the last 50 steps", "minutes of a run"], rows)


def frozen_of_fold(found: Json, pixels: bool) -> tuple[float, int]:
    """Clips that are told right, and how many there are."""
    for evaluation in found["figures"]["evaluations"]:
        if (evaluation["label"] == PIXELS) == pixels:
            (row,) = evaluation["results"]
            return row["top1"] / 100 * row["test_samples"], row["test_samples"]
    raise KeyError(PIXELS if pixels else "network")


def folds_of(results: Results, one: VideoSet, what: str, seed: int) -> list[Json]:
    """Of one seed; none unless all are there."""
    names = [fold_name(one, what, fold, seed) for fold in range(one.folds)]
    return [results[name] for name in names] if all(name in results for name in names) else []


def frozen(results: Results, one: VideoSet, what: str, seed: int, pixels: bool) -> list[Group]:
    """Right answers in percent of each fold, as often as it has clips."""
    groups = []
    for found in folds_of(results, one, what, seed):
        right, count = frozen_of_fold(found, pixels)
        groups.append([100 * right / count] * count)
    return groups


def tuned(results: Results, one: VideoSet, start: str, seed: int) -> list[Group]:
    """The same of each clip by itself, in the order of their names."""
    clips: dict[str, float] = {}
    for found in folds_of(results, one, start, seed):
        clips |= {name: 100.0 * right for name, right in found["figures"]["right"].items()}
    return [[clips[name]] for name in sorted(clips)]


def pooled(groups: Iterable[Group]) -> float:
    return fmean(value for group in groups for value in group)


def interval(groups: Sequence[Group]) -> tuple[float, float]:
    """That has the mean of the clips' differences with 95 %: groups are drawn with replacement."""
    draw = random.Random(0)
    means = sorted(pooled(draw.choices(groups, k=len(groups))) for _ in range(DRAWS))
    return means[round(0.025 * DRAWS)], means[round(0.975 * DRAWS) - 1]


Read = Callable[[VideoSet, int], list[Group]]


def over_seeds(one: VideoSet, read: Read) -> list[Group]:
    """Of each group the mean of the seeds that are there: they share its clips."""
    seeds = [groups for seed in SEEDS if (groups := read(one, seed))]
    return [
        [fmean(values) for values in zip(*groups, strict=True)]
        for groups in zip(*seeds, strict=True)
    ]


def difference(sets: Iterable[VideoSet], first: Read, second: Read) -> str:
    groups: list[Group] = []
    for one in sets:
        pairs = zip(over_seeds(one, first), over_seeds(one, second), strict=True)
        groups += [[a - b for a, b in zip(*pair, strict=True)] for pair in pairs]
    if not groups:
        return NOTHING
    low, high = interval(groups)
    return f"{pooled(groups):+.1f} [{low:+.1f}, {high:+.1f}]"


def accuracy(one: VideoSet, read: Read) -> str:
    seeds = [pooled(groups) for seed in SEEDS if (groups := read(one, seed))]
    return mean_and_spread(seeds, digits=1)


def readers(results: Results) -> dict[str, Read]:
    def of_frozen(start: str, pixels: bool = False) -> Read:
        return lambda one, seed: frozen(results, one, f"frozen-{start}", seed, pixels)

    kinds: dict[str, Read] = {
        "k-NN, raw pixels": of_frozen(SCRATCH, pixels=True),
        "k-NN, untrained": of_frozen(SCRATCH),
        "k-NN, pre-trained": of_frozen(PRE_TRAINED),
    }
    for start in STARTS:
        name = "from scratch" if start == SCRATCH else "from the pre-trained network"
        kinds[f"fine-tuned {name}"] = lambda one, seed, start=start: tuned(results, one, start, seed)
    return kinds


def accuracies(results: Results) -> str:
    rows = [
        [name, *(accuracy(one, read) for one in SETS)] for name, read in readers(results).items()
    ]
    return table(["", *(one.title for one in SETS)], rows)


def differences(results: Results) -> str:
    kinds = readers(results)
    pairs = (
        ("k-NN, pre-trained", "k-NN, raw pixels"),
        ("k-NN, pre-trained", "k-NN, untrained"),
        ("fine-tuned from the pre-trained network", "fine-tuned from scratch"),
    )
    rows = [
        [
            f"{first} − {second}",
            *(difference([one], kinds[first], kinds[second]) for one in SETS),
            difference(SETS, kinds[first], kinds[second]),
        ]
        for first, second in pairs
    ]
    return table(["points", *(one.title for one in SETS), "all 196 clips"], rows)


def tables(results: Results) -> list[str]:
    return [
        standing(results, cells()),
        by_mask(results),
        "Top-1 of the clips of all folds, percent, mean ± deviation of seeds:",
        accuracies(results),
        "Differences with intervals of 95 % by a bootstrap, of the mean of the seeds: of folds for k-NN, whose "
        "answers are kept by fold, and of clips for fine-tuning.",
        differences(results),
    ]


def chart(results: Results) -> Chart:
    series = []
    for one, colour in zip(SETS, COLOURS, strict=False):
        points: dict[float, list[float]] = {}
        for place, read in enumerate(readers(results).values()):
            points[place] = [pooled(groups) for seed in SEEDS if (groups := read(one, seed))]
        series.append(Series(one.title, colour, {at: seen for at, seen in points.items() if seen}))
    return Chart(
        title="MAE-ST on small videos: clips told right",
        across="features, or start of the fine-tuning",
        up="top-1 of all folds, %",
        marks=dict(enumerate(SHORT)),
        series=series,
        joined=False,
    )


BLOCK = Block("video", tables, chart, "Clips told right by features and start, a colour for each set")
