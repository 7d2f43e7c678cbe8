"""The recipes for people, half an hour each on two cores: do they win, what is each plan worth at
equal images, what do few labels gain, and what is it to start from weights?"""

from dataclasses import dataclass, replace

from common.cell import Cell, settings
from common.fine_tuning import fine_tuning_words
from sets import CIFAR, FLICKR, TINY, ImageSet

SEEDS = (0, 1, 2)
LABELS = ("1%", "10%")  # that fine-tuning has


@dataclass(frozen=True)
class Plan:
    """What the stages of a run predict. All plans of a set see equally many images."""

    name: str
    recipe: str  # without its size
    settings: tuple[str, ...] = ()
    seeds: tuple[int, ...] = SEEDS


PIXELS = Plan("pixels", "mae/small")
PIXELS_THEN_FEATURES = Plan("pixels, features", "dbot/small")
FEATURES = Plan("features, features", "dbot/small", ('stages.targets=["teacher","teacher"]',))
PLANS = (PIXELS_THEN_FEATURES, PIXELS, FEATURES)


@dataclass(frozen=True)
class LongRuns:
    of: ImageSet
    size: int  # of the recipe
    plans: tuple[Plan, ...]

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
        name = self.folder(plan, seed)
        words = ("pretrain", f"{plan.recipe}-{self.size}", "--data", self.of.folder, "--out", name)
        words += ("--seed", str(seed), *settings(*plan.settings), "--resume")
        return Cell(name, "run", words, seed, folder=name)

    def fine_tuning(self, arm: str, labels: str, seed: int) -> Cell:
        """Both arms have the same network, recipe, steps, labels and draws."""
        model = self.folder(PIXELS_THEN_FEATURES, seed)
        folder = f"{self.few_labels_row(arm, labels)}/seed-{seed}"
        words = fine_tuning_words(
            model, self.of.folder, folder, labels=labels, seed=seed, from_scratch=arm == "scratch"
        )
        return Cell(folder, "run", words, seed, folder=folder, needs=(model,))


CIFAR_RUNS = LongRuns(CIFAR[50_000], 32, PLANS)
TINY_RUNS = LongRuns(TINY, 64, (PIXELS_THEN_FEATURES,))
# Patches of 4 pixels, as those of CIFAR-10: weights of other patches are no start.
TINY_AT_32 = LongRuns(TINY, 32, (replace(PIXELS_THEN_FEATURES, seeds=(0,)),))
SETS = (CIFAR_RUNS, TINY_RUNS)
ARMS = ("pretrained", "scratch")


@dataclass(frozen=True)
class Start:
    """A run that begins with the backbone of another set, beside one of equal length from scratch."""

    of: ImageSet
    recipe: str
    images: int
    weights: str  # the run folder
    settings: tuple[str, ...] = ()

    def row(self, arm: str) -> str:
        return f"starts/{self.of.name}/{arm}"

    def cell(self, arm: str, seed: int) -> Cell:
        name = f"{self.row(arm)}/seed-{seed}"
        words = ("pretrain", self.recipe, "--data", self.of.folder, "--out", name)
        words += ("--seed", str(seed), *settings(f"schedule.images_seen={self.images}"))
        words += settings(*self.settings)
        if arm == "weights":
            start = ('student.init="file"', f'student.path="{self.weights}/model.safetensors"')
            words += settings(*start)
        return Cell(name, "run", (*words, "--resume"), seed, folder=name, needs=(self.weights,))


STARTS = (
    Start(CIFAR[50_000], "dbot/small-32", 400_000, TINY_AT_32.folder(PIXELS_THEN_FEATURES, 0)),
    Start(
        FLICKR,
        "dbot/small-64",
        100_000,
        TINY_RUNS.folder(PIXELS_THEN_FEATURES, 0),
        (f'evaluate.data="{TINY.folder}"',),
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
