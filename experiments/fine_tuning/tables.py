"""The tables of docs/results.md, from the kept results."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, stdev

from cells import EPOCHS, SEEDS, TIMM_LABELS, all_cells
from stored_run import Json

BEGIN = "<!-- fine-tuning: begin, written by experiments/fine_tuning/run.py table -->"
END = "<!-- fine-tuning: end -->"
PICTURE = "images/fine-tuning.svg"  # beside the page
NOTHING = "–"  # a cell that has not been made

Results = dict[str, Json]  # by name of the cell


def read_results(folder: Path) -> Results:
    files = {cell.name: folder / cell.file for cell in all_cells()}
    return {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}


def of_seeds(results: Results, start: str) -> dict[int, Json]:
    """The results of a row by seed: those that are there."""
    names = {seed: f"{start}/seed-{seed}" for seed in SEEDS}
    return {seed: results[name] for seed, name in names.items() if name in results}


def top1(found: dict[int, Json], features: str = "") -> dict[int, float]:
    """The best of an evaluation, or that of one kind of feature."""
    if not features:
        return {seed: one["figures"]["top1"] for seed, one in found.items()}
    return {
        seed: row["top1"]
        for seed, one in found.items()
        for row in one["figures"]["results"]
        if row["features"] == features
    }


def mean_and_spread(values: Iterable[float], sign: str = "") -> str:
    """Mean ± standard deviation (divisor n − 1); how many there are, if not all seeds."""
    known = list(values)
    if not known:
        return NOTHING
    text = f"{fmean(known):{sign}.2f}"
    if len(known) > 1:
        text += f" ± {stdev(known):.2f}"
    return text if len(known) == len(SEEDS) else f"{text} ({len(known)} of {len(SEEDS)})"


def differences(first: dict[int, float], second: dict[int, float]) -> list[float]:
    """Seed by seed: both were trained on the same labels."""
    return [first[seed] - second[seed] for seed in first if seed in second]


def one_of(found: dict[int, Json], key: str) -> str:
    """A number that is the same for all seeds."""
    known = sorted({one[key] for one in found.values() if one[key] is not None})
    return " / ".join(f"{value:,}" for value in known) or NOTHING


def samples(found: dict[int, Json]) -> str:
    known = sorted({one["figures"]["train_samples"] for one in found.values()})
    return " / ".join(f"{value:,}" for value in known) or NOTHING


def minutes(found: Iterable[Json]) -> str:
    known = [one["seconds"] / 60 for one in found]
    return f"{fmean(known):.1f}" if known else NOTHING


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in heads[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def finetuning_table(results: Results) -> str:
    rows = []
    for labels in EPOCHS:
        pretrained = of_seeds(results, f"finetune/pretrained/{labels}")
        scratch = of_seeds(results, f"finetune/scratch/{labels}")
        either = scratch | pretrained  # both arms take the same
        gains = differences(top1(pretrained), top1(scratch))
        rows.append(
            [
                labels,
                samples(either),
                one_of(either, "steps"),
                one_of(either, "images"),
                mean_and_spread(top1(scratch).values()),
                mean_and_spread(top1(pretrained).values()),
                mean_and_spread(gains, "+"),
                f"{minutes(scratch.values())}, {minutes(pretrained.values())}",
            ]
        )
    heads = ["labels", "images", "steps", "images seen", "from scratch", "pre-trained"]
    return table([*heads, "difference", "minutes of a run"], rows)


def programs_table(results: Results) -> str:
    arms = {
        "dBOT, then dbot": f"finetune/pretrained/{TIMM_LABELS}",
        "dBOT, then timm": f"timm/{TIMM_LABELS}",
        "MAE, then dbot": f"finetune/pretrained-mae/{TIMM_LABELS}",
        "nothing, then dbot": f"finetune/scratch/{TIMM_LABELS}",
    }
    rows = []
    for name, start in arms.items():
        found = of_seeds(results, start)
        accuracy = mean_and_spread(top1(found).values())
        precision = " / ".join(sorted({one["precision"] for one in found.values()})) or NOTHING
        steps, images = one_of(found, "steps"), one_of(found, "images")
        rows.append([name, accuracy, precision, steps, images, minutes(found.values())])
    heads = ["pre-training, then fine-tuning", "top-1", "precision", "steps", "images seen"]
    return table([*heads, "minutes of a run"], rows)


def probes_table(results: Results) -> str:
    rows = []
    columns = (("fast", "mean"), ("fast", "grid:3"), ("mae", "mean"))
    for model in ("untrained", "mae", "dbot"):
        accuracies = [
            mean_and_spread(top1(of_seeds(results, f"probe/{protocol}/{model}"), kind).values())
            for protocol, kind in columns
        ]
        rows.append([{"mae": "MAE", "dbot": "dBOT"}.get(model, model), *accuracies])
    return table(["network", "fast, mean", "fast, grid:3", "MAE's protocol, mean"], rows)


def pretraining_table(results: Results) -> str:
    rows = []
    for name, target in (("mae", "MAE: pixels"), ("dbot", "dBOT: features of that MAE")):
        found = {0: results[f"pretrain/{name}"]} if f"pretrain/{name}" in results else {}
        losses = [one["figures"]["loss"] for one in found.values()]
        loss = f"{losses[0]:.4f}" if losses else NOTHING
        steps, images = one_of(found, "steps"), one_of(found, "images")
        rows.append([target, steps, images, loss, minutes(found.values())])
    return table(["pre-training", "steps", "images seen", "loss", "minutes"], rows)


def comparison_line(results: Results) -> str:
    """The exported classifier in timm beside dbot's own predictions."""
    found = list(of_seeds(results, f"timm/{TIMM_LABELS}").values())
    if not found:
        return ""
    said = found[0]["figures"]["classifier_of_dbot"]
    return (
        f"dbot's classifier, exported to timm, on {said['images']} test images: the same class on "
        f"{said['same_class']}; the largest difference of that class' probability is "
        f"{said['largest_probability_difference']:.1g}, of its logarithm "
        f"{said['largest_log_probability_difference']:.1g} "
        f"(dbot in {said['precision_of_dbot']}, timm in fp32)."
    )


def made_on(results: Results) -> str:
    """Machine and program of all results; empty where there are none."""
    keys = ("processor", "threads", "program", "commit")
    machines = sorted({tuple(str(one[key]) for key in keys) for one in results.values()})
    texts = [f"{cpu}, threads: {n}; {name}, commit {commit}" for cpu, n, name, commit in machines]
    return f"Made on: {' · '.join(texts)}." if texts else ""


def tables(results: Results) -> str:
    parts = [
        f"{len(results)} of {len(all_cells())} cells are there. {made_on(results)}".strip(),
        "**Fine-tuning.** Top-1 on the test images, percent.",
        finetuning_table(results),
        f"**With {TIMM_LABELS} of the labels**, by what comes before and by what fine-tunes.",
        programs_table(results),
        comparison_line(results),
        "**Frozen features.** Top-1 of a linear probe with all labels, percent.",
        probes_table(results),
        "**Pre-training.**",
        pretraining_table(results),
    ]
    return "\n\n".join(part for part in parts if part)


def write_tables(folder: Path, page: Path) -> None:
    """Between the two markers of the page, with the picture if it has been drawn."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the lines between which the tables stand")
    parts = [before + BEGIN, tables(read_results(folder)), END + after]
    if (page.parent / PICTURE).exists():
        parts.insert(2, f"![Top-1 by number of labels, both arms]({PICTURE})")
    page.write_text("\n\n".join(parts))
