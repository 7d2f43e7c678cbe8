#!/usr/bin/env python3
"""The verdict that needs no labels, beside what labels say of the same runs (docs/results.md).

    experiments/small_data/verdicts.py measure --data cifar10 --below runs/small_data/search RUN RUN…
    experiments/small_data/verdicts.py table       writes the table of docs/results.md

RUN is a finished run folder whose training evaluated it with labels; nothing in it is changed. A copy
without the evaluations is judged by `dbot report`. Where the run is of a program that did not compare
its network with the one it began with, both are looked at now: the first by a run of 0 steps of the
same recipe. Results go to results/verdicts/, one JSON file a run.
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import stored_run
from common.experiment import ROOT, write_block
from common.results import write_result
from common.stored_run import Json
from common.tables import NOTHING, table

RESULTS = Path(__file__).resolve().parent / "results/verdicts"
IMAGES = 256  # that networks of older programs are compared on, as pictures are drawn
FIRST = ("knn", "mean")  # protocol and features that the table counts as what labels say
PROTOCOLS = (FIRST, ("linear", "mean"), ("knn", "grid:3"), ("linear", "grid:3"))


@dataclass(frozen=True)
class Tools:
    dbot: Path
    data: Path
    threads: int

    def call(self, *words: str | Path, folder: Path | None = None) -> Json:
        """The JSON object that a command prints, typed in a folder."""
        done = subprocess.run(
            [self.dbot, *words, "--json"],
            check=True,
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        found: Json = json.loads(done.stdout.splitlines()[-1])
        return found

    @property
    def with_threads(self) -> tuple[str, str]:
        return ("--threads", str(self.threads))

    @property
    def held_out(self) -> Path:
        return next(self.data / part for part in ("test", "val") if (self.data / part).is_dir())


def sets_of(run: Path) -> list[Json]:
    """What was drawn of a run, by step."""
    files = (run / "pictures").glob("*/pictures.json")
    return sorted((json.loads(file.read_text()) for file in files), key=lambda one: one["step"])


def is_compared(run: Path) -> bool:
    sets = sets_of(run)
    return len(sets) > 1 and all(sets[i]["health"].get("compared") for i in (0, -1))


def draw(tools: Tools, model: Path, moment: Json, run: Path) -> None:
    """Adds to the run's pictures what a stored network is like at one of its moments."""
    out = run / "pictures" / moment["label"].replace(" ", "-")
    shutil.rmtree(out, ignore_errors=True)
    tools.call(
        *("reconstruct", "--model", model, "--data", tools.held_out, "--out", out),
        *("--images", str(IMAGES), *tools.with_threads),
    )
    file = out / "pictures.json"
    drawn = json.loads(file.read_text())
    file.write_text(json.dumps({**drawn, **moment}))


def compare_now(tools: Tools, run: Path, copy: Path) -> None:
    start = copy.parent / "start"
    tools.call(
        *("pretrain", run / "recipe.toml", "--data", tools.data, "--steps", "0", "--out", start),
        *("--set", "evaluate.at_stage_ends=false", "--set", "report.pictures=false"),
        *tools.with_threads,
        folder=run.parent,  # a teacher's path can be relative to it
    )
    for model, moment, kind in (
        (start, sets_of(run)[0], "start"),
        (run, sets_of(run)[-1], "stage"),
    ):
        named = {key: moment[key] for key in ("label", "step", "stage")}
        draw(tools, model, {**named, "moment": kind}, copy)


def without_labels(tools: Tools, run: Path, folder: Path) -> Path:
    """A copy of the run as if its data had no labels."""
    copy = folder / run.name
    copy.mkdir()
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"type":"evaluation"' not in line]
    (copy / "metrics.jsonl").write_text("".join(kept))
    for name in ("run.json", "recipe.toml"):
        shutil.copy(run / name, copy)
    shutil.copytree(run / "pictures", copy / "pictures")
    if not is_compared(run):
        compare_now(tools, run, copy)
    return copy


def accuracies(run: Path) -> list[Json]:
    """Of each protocol: raw pixels, what the run began with, and its end."""
    lines = stored_run.of_type(stored_run.records(run), "evaluation")
    found = []
    for protocol, features in PROTOCOLS:

        def top1(
            evaluation: Json, wanted: tuple[str, ...], protocol: str = protocol
        ) -> float | None:
            rows = evaluation["results"]
            return next(
                (r["top1"] for r in rows if r["protocol"] == protocol and r["features"] in wanted),
                None,
            )

        networks = [one for one in lines if top1(one, (features,)) is not None]
        if len(networks) < 2:
            continue
        pixels = [value for one in lines if (value := top1(one, ("pixels",))) is not None]
        found.append(
            {
                "protocol": protocol,
                "features": features,
                "pixels": pixels[0] if pixels else None,
                "start": top1(networks[0], (features,)),
                "end": top1(networks[-1], (features,)),
                "test_samples": networks[-1]["results"][0]["test_samples"],
            }
        )
    return found


def measure(tools: Tools, run: Path, name: str) -> Json:
    with tempfile.TemporaryDirectory() as folder:
        copy = without_labels(tools, run, Path(folder))
        said = tools.call("report", copy)["runs"][0]
        sets = sets_of(copy)
    steps = stored_run.of_type(stored_run.records(run), "end")[-1]["step"]
    return {
        "run": name,
        "data": stored_run.facts(run)["data"]["path"].rstrip("/").rsplit("/", 1)[-1],
        "steps": steps,
        "verdict": said["verdict"],
        "measure": said["measure"],
        "sentence": said["sentence"],
        "start": sets[0]["health"]["compared"],
        "end": sets[-1]["health"]["compared"],
        "labels": accuracies(run),
    }


def noise(row: Json) -> float:
    """Points that two accuracies on these images may differ by chance, as in the report."""
    share = row["end"] / 100
    return max(0.5, 200 * math.sqrt(share * (1 - share) / row["test_samples"]))


def said_by_labels(result: Json) -> str:
    row = next(one for one in result["labels"] if (one["protocol"], one["features"]) == FIRST)
    gain = row["end"] - row["start"]
    return "better" if gain > noise(row) else "worse" if gain < -noise(row) else "the same"


def is_wrong(result: Json) -> bool:
    """A yes to what is not better, a no to what is, or anything but a no to what is worse. Of so few
    steps that the report says "too early" there is no verdict."""
    if result["verdict"] == "too_early":
        return False
    labels = said_by_labels(result)
    allowed = {"better": ("yes", "partly"), "the same": ("partly", "no"), "worse": ("no",)}
    return result["verdict"] not in allowed[labels]


def change(result: Json, key: str, digits: int = 2) -> str:
    before, after = result["start"].get(key), result["end"].get(key)
    if before is None or after is None:
        return NOTHING
    return f"{before:.{digits}f} → {after:.{digits}f}"


def inside(result: Json) -> str:
    now = result["end"]
    if not now.get("target_inside"):
        return NOTHING
    return f"{now['prediction_inside'] / now['target_inside']:.2f}"


def gain(result: Json, protocol: str, features: str) -> str:
    for row in result["labels"]:
        if (row["protocol"], row["features"]) == (protocol, features):
            return f"{row['start']:.1f} → {row['end']:.1f}"
    return NOTHING


def row_of(result: Json) -> list[str]:
    way = result["end"].get("way_to_zero")
    verdict = result["verdict"]
    return [
        f"{result['run']} ({result['data']}, {result['steps']:,} steps)",
        f"**{verdict}: wrong**" if is_wrong(result) else verdict,
        result["measure"],
        said_by_labels(result),
        change(result, "own_crop_nearest"),
        change(result, "effective_rank", 1),
        change(result, "rank_me", 1),
        NOTHING if way is None else f"{way:.2f}",
        inside(result),
        *(gain(result, *one) for one in PROTOCOLS),
    ]


def write_table() -> None:
    files = sorted(RESULTS.glob("*.json"))
    results = [json.loads(file.read_text()) for file in files]
    heads = ["run", "verdict", "decided by", "labels say", "own crop nearest", "effective rank"]
    heads += ["RankMe", "way to zero", "inside"]
    heads += [f"{protocol}, {features}" for protocol, features in PROTOCOLS]
    wrong = sum(is_wrong(one) for one in results)
    standing = f"{len(results)} runs, {wrong} wrong verdicts."
    command = f"{Path(__file__).resolve().relative_to(ROOT)} table"
    write_block("verdicts", command, [standing, table(heads, map(row_of, results), left=4)])


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["measure", "table"])
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    parser.add_argument("--data", type=Path, help="what they were trained on, with test/ or val/")
    parser.add_argument("--below", type=Path, help="a run is named by its path below this folder")
    parser.add_argument("--dbot", type=Path, default=ROOT / "bin/dbot")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_intermixed_args(words)
    if arguments.what == "table":
        write_table()
        return 0
    if not arguments.runs or arguments.data is None:
        parser.error("measure needs --data and runs")
    tools = Tools(arguments.dbot.absolute(), arguments.data.resolve(), arguments.threads)
    for run in arguments.runs:
        folder = run.resolve()
        below = arguments.below.resolve() if arguments.below else folder.parent
        name = str(folder.relative_to(below))
        result = measure(tools, folder, name)
        write_result(RESULTS / f"{name.replace('/', '-')}.json", result)
        print(f"{name}: {result['verdict']}, labels: {said_by_labels(result)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
