"""The recipes for people, half an hour each on two cores: do they win, what is each plan worth at
equal images, what do few labels gain, and what is it to start from weights?"""

from dataclasses import dataclass

from common.cell import Cell, settings
from sets import CIFAR, FLICKR, TINY, ImageSet

SEEDS = (0, 1, 2)
EPOCHS = {"1%": 100, "10%": 20}  # of fine-tuning, by labels; the same in both arms
CHECKPOINTS = 10  # of a fine-tuning: how often a killed one can go on from


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

    def folder(self, plan: Plan, seed: int) -> str:
        return f"long/{self.name}/{plan.name.replace(', ', '-')}/seed-{seed}"

    def pretraining(self, plan: Plan, seed: int) -> Cell:
        name = self.folder(plan, seed)
        words = ("pretrain", f"{plan.recipe}-{self.size}", "--data", self.of.folder, "--out", name)
        words += ("--seed", str(seed), *settings(*plan.settings), "--resume")
        return Cell(name, "run", words, seed, folder=name)

    def fine_tuning(self, arm: str, labels: str, seed: int) -> Cell:
        """Both arms have the same network, recipe, steps, labels and draws."""
        model = self.folder(PIXELS_THEN_FEATURES, seed)
        share = labels.replace("%", "-percent")
        folder = f"few-labels/{self.name}/{arm}/{share}/seed-{seed}"
        epochs = EPOCHS[labels]
        every = max(1, epochs // CHECKPOINTS)
        words = ["evaluate", "finetune", "--model", model, "--data", self.of.folder]
        words += ["--recipe", "finetune/small", "--seed", str(seed), "--epochs", str(epochs)]
        words += ["--labels", labels, *(("--from-scratch",) if arm == "scratch" else ())]
        words += settings("evaluate.every_epochs=0", f"checkpoint.every_epochs={every}")
        words += ["--out", folder, "--resume", "--json"]
        return Cell(folder, "run", tuple(words), seed, folder=folder, needs=(model,))


CIFAR_RUNS = LongRuns(CIFAR[50_000], 32, PLANS)
TINY_RUNS = LongRuns(TINY, 64, (PIXELS_THEN_FEATURES,))
# Patches of 4 pixels, as those of CIFAR-10: weights of other patches are no start.
TINY_AT_32 = LongRuns(TINY, 32, (Plan("pixels, features", "dbot/small", seeds=(0,)),))
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

    def folder(self, arm: str, seed: int) -> str:
        return f"starts/{self.of.name}/{arm}/seed-{seed}"

    def cell(self, arm: str, seed: int) -> Cell:
        name, weights = self.folder(arm, seed), self.weights
        words = ("pretrain", self.recipe, "--data", self.of.folder, "--out", name)
        words += ("--seed", str(seed), *settings(f"schedule.images_seen={self.images}"))
        words += settings(*self.settings)
        if arm == "weights":
            start = ('student.init="file"', f'student.path="{weights}/model.safetensors"')
            words += settings(*start)
        return Cell(name, "run", (*words, "--resume"), seed, folder=name, needs=(weights,))


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
        runs.fine_tuning(arm, labels, seed) for seed in SEEDS for labels in EPOCHS for arm in ARMS
    ]


def cells() -> list[Cell]:
    """In an order in which each finds what it needs."""
    found = [cell for runs in SETS for cell in (*pretrainings(runs), *fine_tunings(runs))]
    found += pretrainings(TINY_AT_32)
    return found + [
        start.cell(arm, seed) for start in STARTS for seed in SEEDS for arm in START_ARMS
    ]
