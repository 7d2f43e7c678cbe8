"""What the long runs found: each plan by stage, what few labels gain, what weights are worth."""

from collections.abc import Sequence

from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results, of_seeds
from common.stored_run import Json
from common.tables import (
    NOTHING,
    differences,
    mean_and_interval,
    mean_and_spread,
    minutes_and_spread,
    standing,
    table,
)
from long_runs import (
    ARMS,
    CIFAR_RUNS,
    LABELS,
    SEEDS,
    SETS,
    START_ARMS,
    STARTS,
    LongRuns,
    Plan,
    Start,
    cells,
)
from search_tables import HEADS, LINEAR, MEAN, PIXELS, UNTRAINED, found, labelled, last, top1

Rows = list[list[str]]


def runs_of(runs: LongRuns, plan: Plan, results: Results) -> list[Json]:
    return list(of_seeds(results, runs.row(plan), plan.seeds).values())


def stages_of(run: Json) -> list[Json]:
    """What was measured at the end of each stage."""
    evaluations: list[Json] = run["figures"]["evaluations"]
    return [one for one in evaluations if one["label"] not in (PIXELS, UNTRAINED)]


def plan_rows(runs: LongRuns, plan: Plan, results: Results) -> Rows:
    made = runs_of(runs, plan, results)
    targets = plan.name.split(", ")
    rows = []
    for number, target in enumerate(targets):
        ends = [stages_of(run)[number] for run in made if len(stages_of(run)) == len(targets)]
        seen = sorted({run["images"] * (number + 1) // len(targets) for run in made})
        images = " / ".join(f"{count:,}" for count in seen) or NOTHING
        is_last = number + 1 == len(targets)
        minutes = minutes_and_spread(made, digits=0)
        rows.append(
            [
                plan.name,
                f"{number + 1}: {target}",
                *found(ends),
                images,
                minutes if is_last else NOTHING,
            ]
        )
    return rows


def of_set(runs: LongRuns, results: Results) -> str:
    everything = [run for plan in runs.plans for run in runs_of(runs, plan, results)]
    rows = [
        [
            label,
            "",
            *found(one for run in everything for one in labelled(run, label)),
            NOTHING,
            NOTHING,
        ]
        for label in (PIXELS, UNTRAINED)
    ]
    for plan in runs.plans:
        rows += plan_rows(runs, plan, results)
    return table(["plan", "after stage", *HEADS, "images seen", "minutes"], rows, left=2)


def classified(runs: LongRuns, arm: str, labels: str, results: Results) -> dict[int, float]:
    made = of_seeds(results, runs.few_labels_row(arm, labels), SEEDS)
    return {seed: one["figures"]["top1"] for seed, one in made.items()}


def few_labels(results: Results) -> str:
    rows = []
    for runs in SETS:
        for labels in LABELS:
            tuned, scratch = (classified(runs, arm, labels, results) for arm in ARMS)
            rows.append(
                [
                    runs.of.name,
                    labels,
                    mean_and_spread(scratch.values()),
                    mean_and_spread(tuned.values()),
                    mean_and_interval(differences(tuned, scratch)),
                ]
            )
    return table(["images", "labels", "from scratch", "pre-trained", "difference"], rows, left=2)


def start_rows(start: Start, results: Results) -> Rows:
    rows = []
    for arm in START_ARMS:
        made = list(of_seeds(results, start.row(arm), SEEDS).values())
        images = f"{start.images:,}"
        minutes = minutes_and_spread(made, digits=0)
        rows.append([start.of.name, arm, *found(map(last, made)), images, minutes])
    return rows


def tables(results: Results) -> Sequence[str]:
    parts = [standing(results, cells())]
    if not any(cell.name in results for cell in cells()):
        return parts
    for runs in SETS:
        parts += [
            f"**{runs.of.name}.** Top-1, percent, mean ± deviation of the seeds.",
            of_set(runs, results),
        ]
    parts += [
        "**Few labels.** Top-1 of the whole network fine-tuned; differences seed by seed with their interval of 95 %.",
        few_labels(results),
        "**Start from weights**: those of Tiny ImageNet's first run, or none, for equally many images.",
        table(
            ["images", "start", *HEADS, "images seen", "minutes"],
            [row for start in STARTS for row in start_rows(start, results)],
            left=2,
        ),
    ]
    return parts


def by_stage(runs: LongRuns, plan: Plan, results: Results) -> dict[float, list[float]]:
    """Millions of images seen to the probe of the mean; the untrained network saw none."""
    points: dict[float, list[float]] = {}
    for run in runs_of(runs, plan, results):
        ends = stages_of(run)
        for one in labelled(run, UNTRAINED)[:1]:
            points.setdefault(0.0, []).extend(top1(one, LINEAR, MEAN))
        for number, one in enumerate(ends, 1):
            seen = run["images"] * number / len(ends) / 1e6
            points.setdefault(round(seen, 1), []).extend(top1(one, LINEAR, MEAN))
    return points


def chart(results: Results) -> Chart:
    return Chart(
        title="Three seeds on 50,000 images of CIFAR-10",
        across="images seen, millions",
        up="linear probe of the mean, top-1, %",
        marks={count: f"{count:g}" for count in (0.0, 0.2, 0.4, 0.6, 0.8)},
        series=[
            Series(plan.name, colour, by_stage(CIFAR_RUNS, plan, results))
            for plan, colour in zip(CIFAR_RUNS.plans, COLOURS, strict=False)
        ],
    )


BLOCK = Block("long-runs", tables, chart, "Linear probe by images seen, a line for each plan")
