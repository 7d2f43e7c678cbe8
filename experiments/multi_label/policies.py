"""Policies of texts with several labels: a run for each way to learn them, set and seed."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from common.cell import Cell, settings
from common.makers import made_run
from common.programs import Place
from common.stored_run import Json

SEEDS = (0, 1, 2, 3, 4)
MEASURES = ("micro_f1", "macro_f1", "subset_accuracy", "map")
LEARNED = "learned"
BOUNDS, NEAR = (0.05, 0.95), 0.02  # of learned thresholds; what counts as there


@dataclass(frozen=True)
class TextSet:
    name: str  # of its folder under --data, and of the cells
    title: str
    recipe: str
    # Of learning and of the training behind it: the first is a multiple of the second, so that
    # learning ends with a classifier that is as old as the last one.
    epochs: tuple[int, int]


SETS = (
    TextSet("reuters21578", "Reuters-21578, 90 topics", "meta/reuters", (54, 27)),
    TextSet("goemotions", "GoEmotions, 28 emotions", "meta/goemotions", (10, 10)),
)


@dataclass(frozen=True)
class Arm:
    title: str
    weights: str = "fixed"  # policy.weights
    thresholds: str = "fixed"  # policy.thresholds
    reward: str = "soft_f1"  # policy.reward
    longer: dict[str, int] = field(default_factory=dict)  # epochs of learning, in these sets alone
    seeds: tuple[int, ...] = SEEDS


PLAIN = "p-direct"  # whose classifier is trained without any policy
ARMS = {
    PLAIN: Arm("p only, by the gradient of the reward", thresholds="direct"),
    "p": Arm("p only, policy gradient", thresholds="policy_gradient"),
    "w": Arm("w only, policy gradient", weights="policy_gradient"),
    "both": Arm("both, policy gradient", weights="policy_gradient", thresholds="policy_gradient"),
    "both-direct": Arm("both, by gradients", weights="look_ahead", thresholds="direct"),
    "ratio": Arm("p only, by the gradient of the ratio", thresholds="direct", reward="ratio"),
    "p-long": Arm(
        "p only, policy gradient, 297 episodes",
        thresholds="policy_gradient",
        longer={"reuters21578": 297},
        seeds=(0, 1, 2),
    ),
}


def arms(of: TextSet) -> dict[str, Arm]:
    return {key: one for key, one in ARMS.items() if not one.longer or of.name in one.longer}


def name(of: TextSet, arm: str) -> str:
    return f"{of.name}/{arm}"


def cell(of: TextSet, key: str, seed: int) -> Cell:
    arm, whole = ARMS[key], f"{name(of, key)}/seed-{seed}"
    learning, afresh = arm.longer.get(of.name, of.epochs[0]), of.epochs[1]
    values = settings(
        f'policy.weights="{arm.weights}"',
        f'policy.thresholds="{arm.thresholds}"',
        f'policy.reward="{arm.reward}"',
        f"stages.epochs=[{learning},{afresh}]",
        "report.pictures=false",
    )
    start = ("pretrain", of.recipe, "--data", f"data/{of.name}", "--out", whole)
    words = (*start, "--seed", str(seed), *values, "--resume", "--json")
    return Cell(whole, "policy", words, seed, folder=whole)


def cells() -> list[Cell]:
    """Seed by seed, so that arms can be compared early."""
    return [
        cell(of, key, seed)
        for of in SETS
        for seed in SEEDS
        for key, arm in arms(of).items()
        if seed in arm.seeds
    ]


def measured(evaluation: Json) -> Json:
    """By policy."""
    return {
        row["features"]: {key: round(row["figures"][key], 5) for key in MEASURES}
        for row in evaluation["results"]
    }


def threshold_figures(run: Path) -> Json:
    """Of those that were learned."""
    kept = json.loads((run / "thresholds.json").read_text())["thresholds"]
    values = [one["threshold"] for one in kept]
    at_bounds = sum(any(abs(value - bound) < NEAR for bound in BOUNDS) for value in values)
    return {
        "least": round(min(values), 4),
        "median": round(median(values), 4),
        "greatest": round(max(values), 4),
        "at_bounds": at_bounds,
        "labels": len(values),
    }


def made_policy(place: Place, cell: Cell) -> Json:
    """The classifier of the last episodes, and the one that was trained afresh."""
    result = made_run(place, cell)
    by_label = {one["label"]: one for one in result["figures"]["evaluations"]}
    figures = {
        "learning": measured(by_label["stage 1"]),
        "afresh": measured(by_label["stage 2"]),
        "thresholds": threshold_figures(place.work / cell.folder),
    }
    return {**result, "figures": figures}
