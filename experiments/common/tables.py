"""What the tables of docs/results.md are made of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev

from common.cell import Cell
from common.results import Results
from common.stored_run import Json

NOTHING = "–"  # a cell that has not been made

# Student's t, two-sided, 95 %, by degrees of freedom.
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def with_count(text: str, count: int, planned: int) -> str:
    return f"{text} ({count} of {planned})" if planned and count != planned else text


def mean_and_spread(
    values: Iterable[float], sign: str = "", digits: int = 2, planned: int = 0
) -> str:
    """Mean ± standard deviation (divisor n − 1); how many there are, if not all that are planned."""
    known = list(values)
    if not known:
        return NOTHING
    text = f"{fmean(known):{sign}.{digits}f}"
    if len(known) > 1:
        text += f" ± {stdev(known):.{digits}f}"
    return with_count(text, len(known), planned)


def mean_and_interval(values: Iterable[float], digits: int = 2, planned: int = 0) -> str:
    """Mean of differences and the interval that has the true one with 95 %, by Student's t."""
    known = list(values)
    if not known:
        return NOTHING
    mean = fmean(known)
    text = f"{mean:+.{digits}f}"
    if 1 < len(known) <= len(T_95) + 1:
        half = T_95[len(known) - 2] * stdev(known) / sqrt(len(known))
        text += f" [{mean - half:+.{digits}f}, {mean + half:+.{digits}f}]"
    return with_count(text, len(known), planned)


def differences(first: Mapping[int, float], second: Mapping[int, float]) -> list[float]:
    """Seed by seed: both had the same draws."""
    return [first[seed] - second[seed] for seed in first if seed in second]


def one_of(found: Mapping[int, Json], key: str) -> str:
    """A number that is the same for all seeds."""
    known = sorted({one[key] for one in found.values() if one[key] is not None})
    return " / ".join(f"{value:,}" for value in known) or NOTHING


def minutes(found: Iterable[Json]) -> str:
    known = [one["seconds"] / 60 for one in found]
    return f"{fmean(known):.1f}" if known else NOTHING


def minutes_and_spread(found: Iterable[Json], digits: int = 1) -> str:
    return mean_and_spread((one["seconds"] / 60 for one in found), digits=digits)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """In Markdown. The first columns, so many, are of words."""
    rule = [*("---" for _ in heads[:left]), *("---:" for _ in heads[left:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def made_on(results: Results) -> str:
    """Machine and program of all results; empty where there are none."""
    keys = ("processor", "threads", "program", "commit")
    machines = sorted({tuple(str(one[key]) for key in keys) for one in results.values()})
    texts = [f"{cpu}, threads: {n}; {name}, commit {commit}" for cpu, n, name, commit in machines]
    return f"Made on: {' · '.join(texts)}." if texts else ""


def standing(results: Results, cells: Collection[Cell]) -> str:
    """How many of the cells are there, and what made them."""
    there = {cell.name: results[cell.name] for cell in cells if cell.name in results}
    return f"{len(there)} of {len(cells)} cells are there. {made_on(there)}".strip()
