"""What rounds of steps say: ratios, a table, and whether they reach the limits."""

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median
from typing import Any

from machine import Machine
from programs import DBOT, OFFICIAL, Case, Row

Round = dict[str, float]  # seconds of one step of every program that ran side by side, by row name


def pairs(rounds: Sequence[Round], first: str, second: str) -> list[tuple[float, float]]:
    return [(each[first], each[second]) for each in rounds if first in each and second in each]


def speed_up(rounds: Sequence[Round], of: str, over: str) -> float | None:
    """Median over rounds of how many times faster `of` was; None where they never met."""
    ratios = [slow / fast for slow, fast in pairs(rounds, over, of)]
    return median(ratios) if ratios else None


def best_speed_up(rounds: Sequence[Round], of: str, over: str) -> float | None:
    """The same of the fastest step of each."""
    met = pairs(rounds, over, of)
    return min(slow for slow, _ in met) / min(fast for _, fast in met) if met else None


def row_figures(
    case: Case, row: Row, rounds: Sequence[Round], memory: dict[str, int]
) -> dict[str, Any] | None:
    """None for a row that made no step."""
    seconds = [each[row.name] for each in rounds if row.name in each]
    if not seconds:
        return None
    return {
        "name": row.name,
        "python": row.is_python,
        "seconds": median(seconds),
        "images_per_second": case.batch / median(seconds),
        "over_official": speed_up(rounds, row.name, OFFICIAL),
        "over_official_best_rounds": best_speed_up(rounds, row.name, OFFICIAL),
        "dbot_over_it": speed_up(rounds, DBOT, row.name),
        "peak_memory_bytes": memory.get(row.name),
        "steps": len(seconds),
        "command": row.command,
    }


def number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def table(case: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        f"### {case['case']}",
        "",
        "| program | seconds a step | images/s | speed-up over official | same, best rounds "
        "| dbot's speed-up over it | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in case["rows"]:
        memory = row["peak_memory_bytes"]
        cells = [
            row["name"],
            number(row["seconds"], 3),
            number(row["images_per_second"], 1),
            number(row["over_official"]),
            number(row["over_official_best_rounds"]),
            number(row["dbot_over_it"]),
            number(memory and memory / 2**20, 0),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def heading(machine: Machine, threads: int, rounds: int) -> str:
    return (
        f"{machine.cpu} (class {machine.cpu_class}, bf16 by {machine.bf16}), {machine.cores} "
        f"cores, {threads} threads, {machine.memory_bytes / 2**30:.0f} GiB, {machine.system}; "
        f"medians of {rounds} rounds, one step of every program in each.\n"
    )


class BadBaseline(Exception):
    """The file of limits cannot be used; the text says why."""


def read_limits(file: Path) -> list[dict[str, Any]]:
    try:
        limits = json.loads(file.read_text())["limits"]
        if not all(
            {"case", "cpu", "over_official", "over_best_python"} <= set(limit) for limit in limits
        ):
            raise BadBaseline(f"{file}: a limit lacks case, cpu, over_official or over_best_python")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadBaseline(f"{file} is no file of limits: {error}") from error
    return limits


def shortfalls(
    case: dict[str, Any], cpu_class: str, limits: Sequence[dict[str, Any]]
) -> Iterator[str] | None:
    """A line for every limit that dbot does not reach; None where the case has no limit."""
    for limit in limits:
        if fnmatchcase(case["case"], limit["case"]) and cpu_class in limit["cpu"]:
            return shortfalls_of(case, limit)
    return None


def shortfalls_of(case: dict[str, Any], limit: dict[str, Any]) -> Iterator[str]:
    rows = {row["name"]: row for row in case["rows"]}
    for name in (OFFICIAL, DBOT):
        if name not in rows or name in case["failures"]:
            yield f"{case['case']}: not measured, {name} failed"
            return
    official, native = rows[OFFICIAL], rows[DBOT]
    measured = [row for row in rows.values() if row["python"] and row["dbot_over_it"] is not None]
    best = min(measured, key=lambda row: row["dbot_over_it"])
    for key, peer in (("over_official", official), ("over_best_python", best)):
        ratio, least = peer["dbot_over_it"], limit[key]
        if ratio < least:
            yield (
                f"{case['case']}: dbot's speed-up over {peer['name']} is {ratio:.2f}, "
                f"expected at least {least} ({key})"
            )
    memory, most = native["peak_memory_bytes"], limit.get("memory_of_official")
    if most is not None and memory > most * official["peak_memory_bytes"]:
        share = memory / official["peak_memory_bytes"]
        yield (
            f"{case['case']}: dbot's peak memory is {share:.2f} times official's, "
            f"expected at most {most} (memory_of_official)"
        )
