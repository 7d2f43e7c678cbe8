"""Split-CIFAR-10: ways of learning by density, controls and baselines, and ten tasks."""

from common.cell import Cell
from learning import LEARNING, continual

SEEDS = (0, 1, 2)
DENSITIES = (0.02, 0.05, 0.20)
BASELINES = {"finetune": "fine-tuning", "ewc": "EWC"}
SHARED_NORM = "shared-norm"  # ExSSNeT with one set of BatchNorms' running values
CONTROL_DENSITY = 0.05
# ExSSNeT with the greatest rate of weights in the authors' search, where masks leave most to gain.
FAST, FAST_RATE, FAST_DENSITY = "exclusive-fast", 0.01, DENSITIES[0]
# Every class comes twice, beside another one each time.
TEN_TASKS = (
    "airplane, automobile; bird, cat; deer, dog; frog, horse; ship, truck; "
    "airplane, cat; automobile, bird; deer, horse; dog, ship; frog, truck"
)
TEN_DENSITIES = (0.05, 0.20)


def split_name(learning: str, density: float) -> str:
    return f"split/{learning}/{density:g}"


def ten_name(learning: str, density: float = 1.0) -> str:
    return f"ten/{learning}/{density:g}"


def with_seed(name: str, seed: int) -> str:
    return f"{name}/seed-{seed}"


def split_cells(seed: int) -> list[Cell]:
    return [
        continual(
            with_seed(split_name(learning, density), seed),
            learning=learning,
            density=density,
            seed=seed,
        )
        for density in DENSITIES
        for learning in LEARNING
    ]


def control_cells(seed: int) -> list[Cell]:
    shared = continual(
        with_seed(f"split/{SHARED_NORM}", seed),
        "tasks.shared_norm=true",
        learning="exclusive",
        density=CONTROL_DENSITY,
        seed=seed,
    )
    fast = continual(
        with_seed(split_name(FAST, FAST_DENSITY), seed),
        f"tasks.weight_lr={FAST_RATE:g}",
        learning="exclusive",
        density=FAST_DENSITY,
        seed=seed,
    )
    baselines = [
        continual(with_seed(f"split/{one}", seed), learning=one, density=1, seed=seed)
        for one in BASELINES
    ]
    return [fast, shared, *baselines]


def ten_cell(learning: str, density: float, seed: int) -> Cell:
    return continual(
        with_seed(ten_name(learning, density), seed),
        f'tasks.groups="{TEN_TASKS}"',
        learning=learning,
        density=density,
        tasks=10,
        seed=seed,
    )


def ten_cells(seed: int) -> list[Cell]:
    """SSNeT's damage, and what it is compared with."""
    return [
        *(ten_cell("overlapping", density, seed) for density in TEN_DENSITIES),
        ten_cell("exclusive", TEN_DENSITIES[-1], seed),
        ten_cell("finetune", 1, seed),
    ]


def cells() -> list[Cell]:
    """Seed by seed, so that arms can be compared early."""
    return [
        cell
        for seed in SEEDS
        for cell in (*split_cells(seed), *control_cells(seed), *ten_cells(seed))
    ]
