#!/usr/bin/env python3
"""How far the loss curves of two runs lie apart.

    benchmarks/loss_band.py RUN RUN [--window 25] [--band 0.02]

Reads each run's metrics.jsonl, averages the loss over a window of steps, and prints the largest and
the mean relative distance of the averages. Exit code 1 when the largest is beyond the band.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def losses(run: Path) -> dict[int, float]:
    """The loss of each optimizer step; of a step that was repeated after a resume, the last."""
    found: dict[int, float] = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        if isinstance(record.get("loss"), (int, float)) and isinstance(record.get("step"), int):
            found[record["step"]] = float(record["loss"])
    return found


def averages(values: list[float], window: int) -> list[float]:
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return [(sums[i + window] - sums[i]) / window for i in range(len(values) - window + 1)]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs=2, type=Path, metavar="RUN")
    parser.add_argument("--window", type=int, default=25, help="steps that are averaged")
    parser.add_argument("--band", type=float, default=0.02, help="largest relative distance allowed")
    arguments = parser.parse_args()
    try:
        first, second = (losses(run) for run in arguments.runs)
    except (OSError, ValueError) as problem:
        parser.error(str(problem))
    steps = sorted(first.keys() & second.keys())
    if arguments.window < 1 or len(steps) < arguments.window:
        parser.error(f"the runs share {len(steps)} steps, expected at least {arguments.window}")
    pairs = zip(
        averages([first[step] for step in steps], arguments.window),
        averages([second[step] for step in steps], arguments.window),
    )
    distances = [abs(a - b) / abs(a) for a, b in pairs]
    largest = max(distances)
    print(
        f"{len(steps)} steps, means over {arguments.window}: distance at most {100 * largest:.2f} %, "
        f"on average {100 * sum(distances) / len(distances):.2f} %; band {100 * arguments.band:g} %"
    )
    return 0 if largest <= arguments.band else 1


if __name__ == "__main__":
    sys.exit(main())
