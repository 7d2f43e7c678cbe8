"""What docs/results.md says of i-MAE."""

from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results
from common.tables import NOTHING, mean_and_spread, minutes, one_of, standing, table
from family import KNN, PIXELS, UNTRAINED, accuracies, accuracy, losses
from imae import LAMS, PAIRS, TEACHER, Arm, arms, cells

BRANCHES = {"subordinate": "the subordinate image", "dominant": "the dominant image"}


def by_lam(
    results: Results, arm: Arm, measure: str, branch: str, key: str
) -> dict[float, list[float]]:
    """The values of all seeds."""
    values: dict[float, list[float]] = {}
    for one in arm.found(results, measure).values():
        for row in one["figures"]["rows"]:
            value = (row[branch] or {}).get(key)
            if value is not None:
                values.setdefault(row["lam"], []).append(value)
    return values


def row(words: list[str], values: dict[float, list[float]]) -> list[str]:
    n = max((len(one) for one in values.values()), default=0)
    return [
        *words,
        str(n or NOTHING),
        *(mean_and_spread(values.get(lam, []), digits=3) for lam in LAMS),
    ]


def lam_table(rows: list[list[str]]) -> str:
    words = ["arm", "trained on pairs of", "measured on pairs of"]
    return table([*words, "n", *(f"λ {lam}" for lam in LAMS)], rows, left=len(words))


def separability_table(results: Results, branch: str) -> str:
    rows = [
        row(
            [arm.name, arm.trained_on, title],
            by_lam(results, arm, f"separability/pairs-{pairs}", branch, "nmse"),
        )
        for pairs, title in PAIRS.items()
        for arm in arms()
    ]
    return lam_table(rows)


def mixtures_table(results: Results, branch: str) -> str:
    """Of answers that need no network, any model's measurement has the error."""
    rows = []
    for pairs, title in PAIRS.items():
        measure = f"mixtures/pairs-{pairs}"
        for arm in arms():
            values = by_lam(results, arm, measure, branch, "error")
            rows.append(row([arm.name, arm.trained_on, title], values))
        for name, key in (
            ("answer: the mixture itself", "mixture"),
            ("answer: the mean colour", "mean"),
        ):
            values = by_lam(results, arms()[0], measure, branch, key)
            rows.append(row([name, NOTHING, title], values))
    return lam_table(rows)


def knn_table(results: Results) -> str:
    rows = []
    teacher = {0: results[TEACHER]} if TEACHER in results else {}
    for one in teacher.values():
        before = accuracies(one, KNN)
        for name, label in (("raw pixels", PIXELS), ("untrained network", UNTRAINED)):
            rows.append([name, NOTHING, "1", f"{before[label]:.2f}", *[NOTHING] * 4])
    start, *trained = arms()
    encoders = [(start, teacher), *((arm, arm.found(results)) for arm in trained)]
    for arm, found in encoders:
        knn = mean_and_spread(accuracy(found, KNN).values())
        loss = mean_and_spread(losses(found.values()), digits=3)
        counts = [one_of(found, key) for key in ("steps", "images")]
        n = str(len(found) or NOTHING)
        rows.append([arm.name, arm.trained_on, n, knn, loss, *counts, minutes(found.values())])
    columns = ["encoder", "trained on pairs of", "n", "k-NN", "training loss", "steps"]
    return table([*columns, "images seen", "minutes of a run"], rows, left=2)


def tables(results: Results) -> list[str]:
    parts = [
        standing(results, cells()),
        "**Encoders.** Top-1 of k-NN on the test images, percent.",
        knn_table(results),
    ]
    for branch, name in BRANCHES.items():
        parts += [
            f"**Latents of {name}**: nmse of a linear map from the mixture's; 1 is the mean.",
            separability_table(results, branch),
        ]
    for branch, name in BRANCHES.items():
        parts += [
            f"**Pixels of {name}**: mean square error on hidden patches, in normalised pixels.",
            mixtures_table(results, branch),
        ]
    return parts


def chart(results: Results) -> Chart:
    measure, branch = "separability/pairs-0", "subordinate"
    names = {"start": "teacher", "plain": "without", "distilled": "with"}
    pairs = {"": "", "0": ", other", "1": ", same"}

    def name_of(arm: Arm) -> str:
        name, _, rate = arm.start.partition("/intra-")
        return names[name] + pairs[rate]

    return Chart(
        title="i-MAE: latents of the subordinate image, found linearly",
        across="λ, the weight of the subordinate image",
        up="nmse on 2,000 test images",
        marks={lam: str(lam) for lam in LAMS},
        series=[
            Series(
                name_of(arm),
                colour,
                by_lam(results, arm, measure, branch, "nmse"),
            )
            for arm, colour in zip(arms(), COLOURS, strict=False)
        ],
        step=0.1,
    )


BLOCK = Block("imae", tables, chart, "Left-over error of the subordinate image's latents by λ")
