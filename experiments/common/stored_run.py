"""What a run folder of dbot says of itself (docs/run-folder.md)."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

Json = dict[str, Any]

LAST_STEPS = 50  # whose mean loss stands for the run, as in dbot's own summary


def records(run: Path) -> list[Json]:
    """Lines of metrics.jsonl; none where there is no run. The last can be torn."""
    file = run / "metrics.jsonl"
    found: list[Json] = []
    for line in file.read_text().splitlines() if file.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def of_type(lines: list[Json], kind: str) -> list[Json]:
    return [line for line in lines if line["type"] == kind]


def is_finished(run: Path) -> bool:
    return bool(of_type(records(run), "end"))


def facts(run: Path) -> Json:
    """Of run.json: machine, precision, threads, data."""
    found: Json = json.loads((run / "run.json").read_text())
    return found


def results(run: Path) -> Json:
    """Of a finished run: what it found and what it took. Seconds are those of training steps alone,
    of every process that trained it; a classifier's figures are those of its last test."""
    lines = records(run)
    steps, evaluations = of_type(lines, "step"), of_type(lines, "evaluation")
    (end,) = of_type(lines, "end")
    figures: Json = {}
    losses = [step["loss"] for step in steps[-LAST_STEPS:] if step["loss"] is not None]
    if losses:
        figures["loss"] = fmean(losses)
    last = evaluations[-1]["results"] if evaluations else []
    if last and last[0]["protocol"] == "classifier":
        figures |= {key: last[0][key] for key in ("top1", "top5", "train_samples", "test_samples")}
    elif evaluations:
        figures["evaluations"] = [
            {"label": one["label"], "results": one["results"]} for one in evaluations
        ]
    said = facts(run)
    return {
        "figures": figures,
        "steps": end["step"],
        "images": end["images_seen"],
        "seconds": sum(step["seconds"] for step in steps),
        "evaluation_seconds": sum(one["seconds"] for one in evaluations),
        "processor": said["machine"]["processor"],
        "threads": said["compute"]["threads"],
        "precision": said["compute"]["precision"],
    }
