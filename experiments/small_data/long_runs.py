"""Three seeds of each plan: do they win, what is each worth at equal images, what do few labels gain,
and what is it to start from weights? Network and rate are the best of the search for their price."""

from dataclasses import dataclass, replace

from common.cell import Cell, settings
from common.fine_tuning import fine_tuning_words
from search import (
    CIFAR_50K,
    FLICKR_1K,
    PIXELS_THEN_FEATURES,
    TINY_15K,
    TWO_OF_FEATURES,
    Change,
    Search,
    with_more,
)
from sets import TINY, ImageSet

SEEDS = (0, 1, 2)
LABELS = ("1%", "10%")  # that fine-tuning has
RATE = "optimizer.base_lr=4e-3"


@dataclass(frozen=True)
class Plan:
    """What the stages of a run predict. All plans of a set see equally many images."""

    name: str
    change: Change  # of the base of the search
    seeds: tuple[int, ...] = SEEDS


PIXELS = Plan("pixels", Change("rate", "0.004", (RATE,)))
BOTH = Plan("pixels, features", with_more(PIXELS_THEN_FEATURES, "rate", "0.004", RATE))
FEATURES = Plan("features, features", with_more(TWO_OF_FEATURES, "rate", "0.004", RATE))
PLANS = (BOTH, PIXELS, FEATURES)


@dataclass(frozen=True)
class LongRuns:
    search: Search  # the images, and what all runs on them share
    images: int  # seen by a run
    plans: tuple[Plan, ...]
    size: int  # of an image, in pixels

    @property
    def of(self) -> ImageSet:
        return self.search.of

    @property
    def name(self) -> str:
        return f"{self.of.name}-at-{self.size}"

    def row(self, plan: Plan) -> str:
        return f"long/{self.name}/{plan.name.replace(', ', '-')}"

    def folder(self, plan: Plan, seed: int) -> str:
        return f"{self.row(plan)}/seed-{seed}"

    def few_labels_row(self, arm: str, labels: str) -> str:
        return f"few-labels/{self.name}/{arm}/{labels.replace('%', '-percent')}"

    def pretraining(self, plan: Plan, seed: int) -> Cell:
        change = replace(plan.change, images=self.images)
        return self.search.cell(self.folder(plan, seed), change, seed)

    def fine_tuning(self, arm: str, labels: str, seed: int) -> Cell:
        """Both arms have the same network, recipe, steps, labels and draws."""
        model = self.folder(BOTH, seed)
        folder = f"{self.few_labels_row(arm, labels)}/seed-{seed}"
        words = fine_tuning_words(
            model, self.of.folder, folder, labels=labels, seed=seed, from_scratch=arm == "scratch"
        )
        return Cell(folder, "run", words, seed, folder=folder, needs=(model,))


CIFAR_RUNS = LongRuns(CIFAR_50K, 800_000, PLANS, 32)
TINY_RUNS = LongRuns(TINY_15K, 800_000, (BOTH,), 64)
# Patches of 4 pixels, as those of CIFAR-10: weights of other patches are no start.
FIRST = replace(BOTH, seeds=(0,))
TINY_AT_32 = LongRuns(replace(TINY_15K, settings=()), 400_000, (FIRST,), 32)
SETS = (CIFAR_RUNS, TINY_RUNS)
ARMS = ("pretrained", "scratch")


@dataclass(frozen=True)
class Start:
    """A run that begins with the backbone of another set, beside one of equal length from scratch."""

    search: Search
    images: int
    weights: str  # the run folder

    @property
    def of(self) -> ImageSet:
        return self.search.of

    def row(self, arm: str) -> str:
        return f"starts/{self.of.name}/{arm}"

    def cell(self, arm: str, seed: int) -> Cell:
        name = f"{self.row(arm)}/seed-{seed}"
        cell = self.search.cell(name, replace(BOTH.change, images=self.images), seed)
        if arm == "weights":
            start = ('student.init="file"', f'student.path="{self.weights}/model.safetensors"')
            cell = replace(cell, words=(*cell.words, *settings(*start)))
        return replace(cell, needs=(self.weights,))


STARTS = (
    Start(CIFAR_50K, 400_000, TINY_AT_32.folder(FIRST, 0)),
    Start(
        replace(
            FLICKR_1K,
            settings=(*TINY_15K.settings, f"evaluate.data={TINY.folder}"),
        ),
        100_000,
        TINY_RUNS.folder(BOTH, 0),
    ),
)
START_ARMS = ("weights", "scratch")


def pretrainings(runs: LongRuns) -> list[Cell]:
    return [
        runs.pretraining(plan, seed) for seed in SEEDS for plan in runs.plans if seed in plan.seeds
    ]


def fine_tunings(runs: LongRuns) -> list[Cell]:
    return [
        runs.fine_tuning(arm, labels, seed) for seed in SEEDS for labels in LABELS for arm in ARMS
    ]


def cells() -> list[Cell]:
    """In an order in which each finds what it needs."""
    found = [cell for runs in SETS for cell in (*pretrainings(runs), *fine_tunings(runs))]
    found += pretrainings(TINY_AT_32)
    return found + [
        start.cell(arm, seed) for start in STARTS for seed in SEEDS for arm in START_ARMS
    ]
