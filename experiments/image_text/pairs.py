#!/usr/bin/env python3
"""M3AE on a thousand photographs: do captions and images help each other on pairs never seen?

    experiments/image_text/pairs.py --data flickr8k-1000 --work runs/pairs [--dbot bin/dbot] [--threads 1] [--seeds 0,1,2]
    experiments/image_text/pairs.py table       prints the table of docs/results.md

The data folder has images/*.jpg and captions.txt (image,caption). The first 800 images by name are
trained on, the others are held out. A run that is there goes on or is kept; results/seed-N.json
holds what its validations said.
"""

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

TRAINED = 800
RESULTS = Path(__file__).resolve().parent / "results"
FIGURES = ("text_loss", "text_loss_other_image", "image_loss", "image_loss_no_caption", "text_accuracy")
# Two-sided 95 % of Student's t by degrees of freedom.
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}


def make_split(data: Path, folder: Path) -> None:
    names = sorted(path.name for path in (data / "images").iterdir())
    for part, chosen in (("train", names[:TRAINED]), ("val", names[TRAINED:])):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name in chosen:
            link = folder / part / name
            if not link.exists():
                link.symlink_to((data / "images" / name).resolve())


def train(arguments: argparse.Namespace, seed: int) -> None:
    data, work = Path(arguments.data).resolve(), Path(arguments.work).resolve()
    make_split(data, work / "images")
    run = work / f"seed-{seed}"
    words = [
        *(arguments.dbot, "pretrain", "m3ae/small-64", "--data", work / "images", "--out", run),
        *("--resume", "--threads", arguments.threads),
        *("--set", f"text.captions={data / 'captions.txt'}", "--set", f"train.seed={seed}"),
        *("--set", "validation.every_epochs=10", "--set", "report.pictures=false"),
    ]
    subprocess.run([str(word) for word in words], check=True)
    keep(run, seed)


def keep(run: Path, seed: int) -> None:
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    facts = json.loads((run / "run.json").read_text())
    validations = [
        {"epoch": round(one["epoch"]), **{name: one["figures"][name] for name in FIGURES}}
        for one in records
        if one["type"] == "validation"
    ]
    kept = {
        "seed": seed,
        "dbot": facts["dbot"],
        "processor": facts["machine"]["processor"],
        "validations": validations,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"seed-{seed}.json").write_text(json.dumps(kept, indent=1) + "\n")


def mean_and_interval(values: list[float]) -> str:
    mean = sum(values) / len(values)
    if len(values) - 1 not in STUDENT:
        return f"{mean:+.4f}"
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    half = STUDENT[len(values) - 1] * spread / math.sqrt(len(values))
    return f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]"


def mean(rows: tuple[dict, ...], name: str) -> float:
    return sum(row[name] for row in rows) / len(rows)


def more(rows: tuple[dict, ...], name: str, than: str) -> str:
    return mean_and_interval([row[name] - row[than] for row in rows])


def table() -> str:
    runs = [json.loads(file.read_text())["validations"] for file in sorted(RESULTS.glob("seed-*.json"))]
    lines = [
        "| epoch | text loss | of words, right | more with another image | image loss | more without a caption |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows in zip(*runs):
        cells = (
            *(str(rows[0]["epoch"]), f"{mean(rows, 'text_loss'):.3f}", f"{100 * mean(rows, 'text_accuracy'):.1f} %"),
            *(more(rows, "text_loss_other_image", "text_loss"), f"{mean(rows, 'image_loss'):.4f}"),
            more(rows, "image_loss_no_caption", "image_loss"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=("train", "table"), default="train")
    parser.add_argument("--data")
    parser.add_argument("--work")
    parser.add_argument("--dbot", default="bin/dbot")
    parser.add_argument("--threads", default="0")
    parser.add_argument("--seeds", default="0,1,2")
    arguments = parser.parse_args()
    if arguments.action == "table":
        print(table())
        return 0
    if not arguments.data or not arguments.work:
        parser.error("--data and --work are needed to train")
    for seed in arguments.seeds.split(","):
        train(arguments, int(seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
