"""Micro and macro F1 by policy, differences of the same seed, and what carries over."""

from collections.abc import Iterable

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
    standing,
    table,
)
from policies import BOUNDS, LEARNED, NEAR, PLAIN, SEEDS, SETS, Arm, TextSet, arms, cells, name

FIXED, ONE, TUNED = "fixed", "one", "tuned"
OF_PLAIN = {  # thresholds of the classifier that is trained without any policy
    FIXED: "0.5",
    ONE: "one tuned",
    TUNED: "tuned for each label",
}
MEASURES = {"micro_f1": "micro F1", "macro_f1": "macro F1"}
MORE = {"subset_accuracy": "subset", "map": "mAP"}
LEARNING, AFRESH = "learning", "afresh"  # whose classifier
DIGITS = 3
TRANSFER = (
    "Another start: learned thresholds on the classifier of the last episodes, and on the one "
    "trained afresh, each less 0.5 of the same classifier."
)


def learned_thresholds(of: TextSet) -> dict[str, Arm]:
    return {key: one for key, one in arms(of).items() if one.thresholds != FIXED}


def rows_of_set(of: TextSet) -> list[tuple[str, str, str]]:
    """What it is called, the arm, the policy of thresholds."""
    plain = [(title, PLAIN, policy) for policy, title in OF_PLAIN.items()]
    return [*plain, *((one.title, key, LEARNED) for key, one in arms(of).items())]


def arm(results: Results, of: TextSet, key: str) -> dict[int, Json]:
    return of_seeds(results, name(of, key), SEEDS)


def by_seed(
    found: dict[int, Json], policy: str, measure: str, of: str = AFRESH
) -> dict[int, float]:
    return {seed: one["figures"][of][policy][measure] for seed, one in found.items()}


def spread(values: Iterable[float]) -> str:
    return mean_and_spread(values, digits=DIGITS)


def interval(values: Iterable[float]) -> str:
    return mean_and_interval(values, digits=DIGITS)


def measures_table(results: Results, of: TextSet) -> str:
    rows = []
    for title, key, policy in rows_of_set(of):
        found = arm(results, of, key)
        shown = [spread(by_seed(found, policy, one).values()) for one in (*MEASURES, *MORE)]
        took = minutes(found.values()) if policy == LEARNED else ""
        rows.append([title, str(len(found) or NOTHING), *shown, took])
    heads = ["thresholds and weights", "n", *MEASURES.values(), *MORE.values()]
    return table([*heads, "minutes of a run"], rows)


def differences_table(results: Results, of: TextSet) -> str:
    """Learned thresholds beside 0.5 and beside those that are tuned."""
    plain = arm(results, of, PLAIN)
    rows = []
    for title, key, policy in rows_of_set(of)[1:]:
        found = arm(results, of, key)
        texts = []
        for other in (FIXED, ONE, TUNED):
            for measure in MEASURES:
                same = key == PLAIN and policy == other
                pairs = differences(by_seed(found, policy, measure), by_seed(plain, other, measure))
                texts.append(NOTHING if same else interval(pairs))
        rows.append([title, *texts])
    heads = [
        f"{measure} less {OF_PLAIN[other]}"
        for other in (FIXED, ONE, TUNED)
        for measure in MEASURES.values()
    ]
    return table(["thresholds and weights", *heads], rows)


def gains(found: dict[int, Json], measure: str, of: str) -> dict[int, float]:
    """What is learned above 0.5 of the same classifier."""
    learned, fixed = (by_seed(found, policy, measure, of) for policy in (LEARNED, FIXED))
    return {seed: learned[seed] - fixed[seed] for seed in learned}


def transfer_table(results: Results, of: TextSet) -> str:
    rows = []
    for key, one in learned_thresholds(of).items():
        found = arm(results, of, key)
        texts = []
        for measure in MEASURES:
            own, other = (gains(found, measure, whose) for whose in (LEARNING, AFRESH))
            texts += [interval(own.values()), interval(other.values())]
            texts.append(interval(differences(other, own)))
        rows.append([one.title, *texts])
    heads = [
        f"{measure}: {whose}"
        for measure in MEASURES.values()
        for whose in ("the last it learned on", "another start", "difference")
    ]
    return table(["gain of learned thresholds on 0.5", *heads], rows)


def thresholds_table(results: Results, of: TextSet) -> str:
    rows = []
    for key, one in learned_thresholds(of).items():
        found = [each["figures"]["thresholds"] for each in arm(results, of, key).values()]
        shown = [
            mean_and_spread((each[part] for each in found), digits=2)
            for part in ("least", "median", "greatest")
        ]
        bounds = mean_and_spread((each["at_bounds"] for each in found), digits=1)
        rows.append([one.title, *shown, bounds])
    low, high = BOUNDS
    return table(
        ["thresholds", "least", "median", "greatest", f"labels within {NEAR} of {low} or {high}"],
        rows,
    )


def tables(results: Results) -> list[str]:
    parts = [standing(results, cells())]
    for of in SETS:
        if not any(arm(results, of, key) for key in arms(of)):
            continue
        parts += [
            f"**{of.title}.** The classifier trained afresh, on the test texts.",
            measures_table(results, of),
            "Differences of the same seed, with 95 % intervals:",
            differences_table(results, of),
            TRANSFER,
            transfer_table(results, of),
            thresholds_table(results, of),
        ]
    return parts


def chart(results: Results) -> Chart:
    shown = rows_of_set(SETS[-1])  # arms of all sets
    short = {FIXED: "0.5", ONE: "one", TUNED: "tuned"}
    symbols = {PLAIN: "p ∇", "both": "p, w", "both-direct": "p, w ∇"}  # ∇: by gradients
    names = [short.get(policy, symbols.get(key, key)) for _, key, policy in shown]

    def points(of: TextSet, measure: str) -> dict[float, list[float]]:
        found = {
            place: [100 * one for one in by_seed(arm(results, of, key), policy, measure).values()]
            for place, (_, key, policy) in enumerate(shown)
        }
        return {float(place): values for place, values in found.items() if values}

    series = [(of, measure) for of in SETS for measure in MEASURES]
    return Chart(
        title="Micro and macro F1 by policy",
        across="thresholds (p) and weights (w); ∇: by gradients, else by policy gradient",
        up="F1 on the test texts, %",
        marks={float(place): one for place, one in enumerate(names)},
        series=[
            Series(
                f"{of.title.split('-')[0].split(',')[0]}, {MEASURES[measure].split()[0]}",
                colour,
                points(of, measure),
            )
            for (of, measure), colour in zip(series, COLOURS, strict=False)
        ],
        joined=False,
    )


BLOCK = Block(
    "multi-label", tables, chart, "Micro and macro F1 by policy of thresholds and weights"
)
