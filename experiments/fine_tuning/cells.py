"""Pre-trainings, probes and fine-tunings on CIFAR-10."""

from common.cell import DATA, TRAINING_DATA, Cell, settings
from common.fine_tuning import EPOCHS, fine_tuning_words

SEEDS = (0, 1, 2)
PROBE_EPOCHS, PROBE_BATCH = 6, 1024  # of MAE's protocol: three minutes on one core
TIMM_LABELS = "10%"

PRETRAINING = ("pretrain", "dbot/quick", "--data", TRAINING_DATA, "--seed", "0", "--resume")
NETWORK = (
    "model.image_size=32",
    "data.crop_scale=[0.6,1.0]",
    "evaluate.features=mean,grid:3",
    "stages.count=1",
)


def pretraining() -> list[Cell]:
    pixels = (
        "objective.target=pixels",
        "objective.normalisation=patch",
        "objective.loss=mse",
        "schedule.images_seen=2000000",
        "schedule.warmup_epochs=2",
        "checkpoint.every_epochs=5",
    )
    features = (
        "teacher.init=file",
        "teacher.path=mae/model.safetensors",
        "schedule.images_seen=1000000",
        "schedule.warmup_epochs=1",
        "checkpoint.every_epochs=5",
    )

    def cell(name: str, *words: str, needs: tuple[str, ...] = ()) -> Cell:
        together = (*PRETRAINING, "--out", name, *settings(*NETWORK), *words)
        return Cell(f"pretrain/{name}", "run", together, folder=name, needs=needs)

    nothing = ("--steps", "0", *settings("evaluate.at_stage_ends=false"))
    return [
        cell("mae", *settings(*pixels)),
        cell("dbot", *settings(*features), needs=("mae",)),
        cell("untrained", *nothing),
    ]


def probes() -> list[Cell]:
    protocols = {
        "fast": ("--features", "mean,grid:3"),
        "mae": (
            *("--protocol", "mae", "--features", "mean"),
            *("--epochs", str(PROBE_EPOCHS), "--batch", str(PROBE_BATCH)),
        ),
    }
    found = []
    for protocol, words in protocols.items():
        for model in ("dbot", "mae", "untrained"):
            for seed in SEEDS:
                start = ("evaluate", "linear", "--model", model, "--data", DATA)
                together = (*start, "--seed", str(seed), *words, "--json")
                name = f"probe/{protocol}/{model}/seed-{seed}"
                found.append(Cell(name, "probe", together, seed=seed, needs=(model,)))
    return found


def run_folder(arm: str, labels: str, seed: int) -> str:
    return f"finetune/{arm}/{labels.replace('%', '-percent')}/seed-{seed}"


def finetuning(arm: str, labels: str, seed: int) -> Cell:
    model = "mae" if arm == "pretrained-mae" else "dbot"
    folder = run_folder(arm, labels, seed)
    words = fine_tuning_words(
        model, DATA, folder, labels=labels, seed=seed, from_scratch=arm == "scratch"
    )
    name = f"finetune/{arm}/{labels}/seed-{seed}"
    return Cell(name, "run", words, seed=seed, folder=folder, needs=(model,))


def timm(seed: int) -> Cell:
    """The run of the same seed says how to train, the first one is the classifier to compare."""
    like = run_folder("pretrained", TIMM_LABELS, seed)
    first = run_folder("pretrained", TIMM_LABELS, SEEDS[0])
    name = f"timm/{TIMM_LABELS}/seed-{seed}"
    return Cell(name, "timm", seed=seed, needs=("dbot", like, first))


def all_cells() -> list[Cell]:
    """In an order in which each finds what it needs, those that answer the question first."""
    cells = pretraining()
    cells += [cell for cell in probes() if cell.name.startswith("probe/fast/")]
    for labels in EPOCHS:
        for seed in SEEDS:
            cells += [finetuning(arm, labels, seed) for arm in ("pretrained", "scratch")]
    cells += [finetuning("pretrained-mae", "10%", seed) for seed in SEEDS]
    cells += [timm(seed) for seed in SEEDS]
    cells += [cell for cell in probes() if not cell.name.startswith("probe/fast/")]
    return cells
