"""The search: for each set one run that all others differ from in one thing."""

from dataclasses import dataclass

from common.cell import Cell, settings
from sets import CIFAR, FLICKR, TINY, ImageSet

RECIPE = "base.toml"  # in the work folder
WARM_UP = 0.05  # of a stage's images
BASE_SEEDS = (0, 1, 2)  # how far apart runs are that differ in nothing

FEATURES = (
    *("objective.target=teacher", "objective.normalisation=token"),
    *("objective.loss=smooth_l1", "objective.beta=2.0", "teacher.final_norm=false"),
)


def stages(*targets: str) -> tuple[str, ...]:
    listed = ",".join(f'"{target}"' for target in targets)
    return (
        f"stages.count={len(targets)}",
        f"stages.targets=[{listed}]",
        "teacher.final_norm=false",
    )


def network(width: int, depth: int) -> tuple[str, ...]:
    return (f"model.width={width}", f"model.depth={depth}", f"model.heads={width // 32}")


def decoder(width: int, depth: int) -> tuple[str, ...]:
    return (f"decoder.width={width}", f"decoder.depth={depth}", f"decoder.heads={width // 32}")


@dataclass(frozen=True)
class Change:
    """One thing that is not as in the base."""

    what: str  # the factor
    value: str
    settings: tuple[str, ...] = ()
    images: int = 0  # seen in the whole run; 0: as many as the base
    stages: int = 1
    batch: int = 128

    @property
    def name(self) -> str:
        return f"{self.what}/{self.value}".replace(" ", "-").replace(",", "")


@dataclass(frozen=True)
class Search:
    of: ImageSet
    images: int  # that a run sees
    changes: tuple[Change, ...]
    settings: tuple[str, ...] = ()  # of all its runs
    count: int = 0  # of training images
    seeds: tuple[int, ...] = BASE_SEEDS  # of the base

    def base_name(self, seed: int) -> str:
        return f"search/{self.of.name}/base/seed-{seed}"

    def name(self, change: Change) -> str:
        return f"search/{self.of.name}/{change.name}"

    def cell(self, name: str, change: Change, seed: int = 0) -> Cell:
        images = change.images or self.images
        warm_up = WARM_UP * images / change.stages / self.count
        words = ("pretrain", RECIPE, "--data", self.of.folder, "--out", name, "--seed", str(seed))
        values = (
            f"schedule.images_seen={images}",
            f"schedule.warmup_epochs={warm_up:g}",
            *self.settings,
            *change.settings,
        )
        return Cell(name, "run", (*words, *settings(*values), "--resume"), seed, folder=name)

    def cells(self) -> list[Cell]:
        base = [self.cell(self.base_name(seed), Change("base", ""), seed) for seed in self.seeds]
        return [*base, *(self.cell(self.name(change), change) for change in self.changes)]


def rates(*values: float) -> tuple[Change, ...]:
    return tuple(Change("rate", f"{one:g}", (f"optimizer.base_lr={one:g}",)) for one in values)


def masks(*values: float) -> tuple[Change, ...]:
    return tuple(Change("mask", f"{one:g}", (f"mask.ratio={one:g}",)) for one in values)


def crops(*values: float) -> tuple[Change, ...]:
    return tuple(
        Change("least crop", f"{one:g}", (f"data.crop_scale=[{one:g},1.0]",)) for one in values
    )


def lengths(*values: int) -> tuple[Change, ...]:
    return tuple(Change("images", f"{one}", images=one) for one in values)


def decoders(*sizes: tuple[int, int]) -> tuple[Change, ...]:
    return tuple(
        Change("decoder", f"{width} x {depth}", decoder(width, depth)) for width, depth in sizes
    )


# Runs that ought not to help: too short to learn, or at a rate that spoils them.
TOO_SHORT = lengths(2_000, 10_000)
TOO_FAST = tuple(
    Change("rate for 50,000 images", f"{one:g}", (f"optimizer.base_lr={one:g}",), images=50_000)
    for one in (0.03, 0.1)
)
NO_HELP = (*TOO_SHORT, *TOO_FAST)

RAW_PIXELS = Change("pixels", "raw", ("objective.normalisation=none",))
PIXELS_THEN_FEATURES = Change("stages", "pixels, features", stages("pixels", "teacher"), stages=2)
TWO_OF_FEATURES = Change("stages", "features, features", (*FEATURES, "stages.count=2"), stages=2)
ONE_OF_FEATURES = Change("stages", "features", FEATURES)
THREE_STAGES = Change(
    "stages", "pixels, features, features", stages("pixels", "teacher", "teacher"), stages=3
)
SIX_BLOCKS_AT_EQUAL_TIME = Change("network", "128 x 6, equal time", network(128, 6), images=180_000)
PLANS = (ONE_OF_FEATURES, TWO_OF_FEATURES, PIXELS_THEN_FEATURES)


def with_more(change: Change, what: str, value: str, *more: str) -> Change:
    return Change(what, value, (*change.settings, *more), change.images, change.stages)


CIFAR_50K = Search(
    of=CIFAR[50_000],
    images=400_000,
    count=50_000,
    changes=(
        *rates(5e-4, 1e-3, 4e-3, 8e-3),
        *masks(0.5, 0.6, 0.85),
        *crops(0.2, 0.3, 1.0),
        RAW_PIXELS,
        *decoders((64, 2), (64, 4), (96, 2)),
        Change("warm-up", "0", ("schedule.warmup_epochs=0",)),
        Change("warm-up", "0.2", ("schedule.warmup_epochs=1.6",)),
        *(Change("batch", f"{batch}", (f"train.batch_size={batch}",)) for batch in (64, 256)),
        *PLANS,
        THREE_STAGES,
        with_more(ONE_OF_FEATURES, "random teacher", "2 blocks", "teacher.depth=2"),
        with_more(ONE_OF_FEATURES, "random teacher", "final norm", "teacher.final_norm=true"),
        with_more(PIXELS_THEN_FEATURES, "second stage", "final norm", "teacher.final_norm=true"),
        with_more(PIXELS_THEN_FEATURES, "second stage", "rate 0.004", "stages.base_lr=[2e-3,4e-3]"),
        with_more(PIXELS_THEN_FEATURES, "both stages", "rate 0.004", "optimizer.base_lr=4e-3"),
        *lengths(100_000, 200_000, 800_000, 1_600_000),
        *NO_HELP,
        Change("network", "128 x 6", network(128, 6)),
        Change("network", "192 x 6", network(192, 6)),
        SIX_BLOCKS_AT_EQUAL_TIME,
        Change("network", "192 x 6, equal time", network(192, 6), images=90_000),
        with_more(
            SIX_BLOCKS_AT_EQUAL_TIME,
            "network",
            f"{SIX_BLOCKS_AT_EQUAL_TIME.value}, rate 0.004",
            "optimizer.base_lr=4e-3",
        ),
    ),
)

FEW = (*rates(1e-3, 4e-3), *masks(0.6), *decoders((64, 2)), PIXELS_THEN_FEATURES)

CIFAR_10K = Search(
    of=CIFAR[10_000],
    images=400_000,
    count=10_000,
    seeds=(0,),
    changes=(*FEW, *lengths(100_000, 200_000, 800_000)),
)

CIFAR_1K = Search(
    of=CIFAR[1_000],
    images=200_000,
    count=1_000,
    seeds=(0,),
    changes=(*FEW, *lengths(50_000, 100_000, 400_000)),
)

TINY_15K = Search(
    of=TINY,
    images=400_000,
    count=15_000,
    seeds=(0,),
    settings=("model.image_size=64", "model.patch_size=8"),
    changes=(
        *FEW,
        *crops(0.3),
        RAW_PIXELS,
        ONE_OF_FEATURES,
        *lengths(100_000, 200_000, 800_000),
        *NO_HELP,
    ),
)

# Photos without labels: their features are tested on those of Tiny ImageNet.
FLICKR_1K = Search(
    of=FLICKR,
    images=100_000,
    count=1_000,
    seeds=(0,),
    settings=("model.image_size=128", "model.patch_size=16", f"evaluate.data={TINY.folder}"),
    changes=(*FEW, *crops(0.3), *lengths(25_000, 50_000, 200_000)),
)

SEARCHES = (CIFAR_50K, TINY_15K, CIFAR_10K, CIFAR_1K, FLICKR_1K)


def cells() -> list[Cell]:
    return [cell for search in SEARCHES for cell in search.cells()]
