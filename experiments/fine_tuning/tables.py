"""The tables of docs/results.md, from the kept results."""

from collections.abc import Iterable

from cells import EPOCHS, SEEDS, TIMM_LABELS, all_cells
from common import tables as common_tables
from common.results import Results
from common.results import of_seeds as found_of_seeds
from common.stored_run import Json
from common.tables import NOTHING, differences, minutes, one_of, standing, table


def of_seeds(results: Results, start: str) -> dict[int, Json]:
    return found_of_seeds(results, start, SEEDS)


def mean_and_spread(values: Iterable[float], sign: str = "") -> str:
    return common_tables.mean_and_spread(values, sign, planned=len(SEEDS))


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


def samples(found: dict[int, Json]) -> str:
    known = sorted({one["figures"]["train_samples"] for one in found.values()})
    return " / ".join(f"{value:,}" for value in known) or NOTHING


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


def tables(results: Results) -> list[str]:
    return [
        standing(results, all_cells()),
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
