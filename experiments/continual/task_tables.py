"""Rows of tables of tasks."""

from collections.abc import Iterable, Mapping
from statistics import fmean

from common.results import Results, of_seeds
from common.stored_run import Json
from common.tables import NOTHING, mean_and_spread, minutes, table
from learning import figure, of_each

HEADS = (
    "learned as",
    "density",
    "n",
    "average accuracy",
    "earlier tasks when learned",
    "earlier tasks at the end",
    "forgetting",
    "free share of the last",
    "minutes of a run",
)


def earlier(figures: Json, moment: str) -> float:
    """Of all tasks but the last; `moment`: own_end or end."""
    return fmean(figures[moment][:-1])


def free_shares(figures: Json) -> list[float]:
    """By task: what no earlier one uses of its mask. None where all tasks use all weights."""
    if figures.get("used", figures.get("all")) == figures.get("all"):
        return []
    return [free / used for free, used in zip(figures["free"], figures["used"], strict=True)]


def row(title: str, density: str, found: Mapping[int, Json], planned: int) -> list[str]:
    free = [share for one in found.values() for share in free_shares(one["figures"])[-1:]]
    return [
        title,
        density,
        str(len(found) or NOTHING),
        mean_and_spread(figure(found, "average_accuracy").values(), planned=planned),
        *(
            mean_and_spread(of_each(found, lambda one, at=at: earlier(one, at)).values())
            for at in ("own_end", "end")
        ),
        mean_and_spread(figure(found, "average_forgetting").values()),
        mean_and_spread(free, digits=3),
        minutes(found.values()),
    ]


def tasks_table(
    results: Results, rows: Iterable[tuple[str, str, str]], seeds: tuple[int, ...]
) -> str:
    """`rows`: what it is called, its density, how its cells begin."""
    found = [(title, density, of_seeds(results, start, seeds)) for title, density, start in rows]
    return table(HEADS, [row(*one, planned=len(seeds)) for one in found], left=2)
