"""i-MAE: are two images that were mixed found again? (docs/methods/imae.md)"""

from dataclasses import dataclass

from common.cell import Cell
from common.results import Results, of_seeds
from common.stored_run import Json
from family import pretraining
from images import SMALL

SEEDS, RATES = (0, 1), (0, 1)
LAMS = (0.1, 0.2, 0.3, 0.4, 0.5)
TEACHER = "imae/teacher"
START = "imae/start"  # i-MAE before its first step: the teacher as it is, with two branches
ARMS = {"plain": "without distillation", "distilled": "with distillation"}
DISTILLATION = {"plain": 0, "distilled": 1}
PAIRS = {0: "other classes", 1: "same class"}

NETWORK = ("model.depth=6", "decoder.width=96", "decoder.depth=2", "evaluate.features=mean")


@dataclass(frozen=True)
class Arm:
    """A row of the tables: what was trained on which pairs. The start has no seeds."""

    name: str
    trained_on: str
    start: str  # of the names of its cells
    seeds: tuple[int, ...] = SEEDS

    def cells_of(self, measure: str) -> str:
        """How their names begin; without a measure those of the runs."""
        return f"imae/{measure}/{self.start}" if measure else f"imae/{self.start}"

    def found(self, results: Results, measure: str = "") -> dict[int, Json]:
        name = self.cells_of(measure)
        if not self.seeds:
            return {0: results[name]} if name in results else {}
        return of_seeds(results, name, self.seeds)


def arms() -> list[Arm]:
    trained = [
        Arm(title, PAIRS[rate], f"{name}/intra-{rate}")
        for name, title in ARMS.items()
        for rate in RATES
    ]
    return [Arm("the teacher as it is", "–", "start", seeds=()), *trained]


def of_length(steps: int, peak: float) -> tuple[str, ...]:
    """Of 128 of 10,000 images; 5 % of them warm up. The rate is the highest of the run."""
    images = 128 * steps
    return (
        *("schedule.epochs=0", f"schedule.images_seen={images}"),
        f"schedule.warmup_epochs={0.05 * images / 10_000:g}",
        f"optimizer.base_lr={2 * peak:g}",  # for 256 images
    )


def separation(name: str, *more: str, seed: int = 0, words: tuple[str, ...] = ()) -> Cell:
    return pretraining(
        name,
        "imae/tiny-32",
        *NETWORK,
        *of_length(500, 5e-4),
        f"start.path={TEACHER}",
        "evaluate.linear=false",
        *more,
        seed=seed,
        words=words,
        needs=(TEACHER,),
    )


def measurement(measure: str, model: str, pairs: int, seed: int) -> Cell:
    """Of all models the same images, pairs and masks."""
    words = ["analyze", measure, "--model", model, "--data", SMALL]
    if measure == "separability":
        words += ["--teacher", TEACHER]
    words += ["--lam", ",".join(map(str, LAMS)), "--images", "2000", "--intra-rate", str(pairs)]
    words += ["--seed", "0", "--json"]
    name = f"imae/{measure}/pairs-{pairs}/{model.removeprefix('imae/')}"
    return Cell(name, "analysis", tuple(words), seed, needs=(model, TEACHER))


def cells() -> list[Cell]:
    teacher = pretraining(
        TEACHER,
        "mae/tiny-32",
        *NETWORK,
        *of_length(2000, 1e-3),
        "objective.normalisation=none",
    )
    nothing = ("objective.distillation=0", "evaluate.at_stage_ends=false")
    start = separation(START, *nothing, words=("--steps", "0"))
    runs = [
        separation(
            f"imae/{name}/intra-{rate}/seed-{seed}",
            f"mixture.intra_rate={rate}",
            f"objective.distillation={DISTILLATION[name]}",
            seed=seed,
        )
        for seed in SEEDS
        for name in ARMS
        for rate in RATES
    ]
    measurements = [
        measurement(measure, run.name, pairs, run.seed)
        for measure in ("separability", "mixtures")
        for run in (start, *runs)
        for pairs in RATES
    ]
    return [teacher, start, *runs, *measurements]
