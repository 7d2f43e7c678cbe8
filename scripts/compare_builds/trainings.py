"""Trainings: both methods, what differs in computing or in the pixels, and every kind of source."""

from steps import BARE, IMAGES, INPUTS, Step, methods, pretrain, settings


def trainings() -> list[Step]:
    more = ["--steps", "8", "--capture-step", "3", *settings(checkpoint_every_steps=2)]
    steps = [pretrain(name, recipe, *words, *more) for name, (recipe, words) in methods().items()]
    teacher = settings(
        teacher_path="dbot-fp32/model.safetensors",
        mask_smallest_block=2,
        train_precision="fp32",
        report_every_epochs=1,
    )
    steps.append(pretrain("symmetric", "dbot/clip-b16", *teacher, "--epochs", "1"))
    steps.append(pretrain("untrained", "dbot/quick", "--steps", "0"))
    return steps


def variants() -> list[Step]:
    """A few steps each of what differs in computing or in the pixels."""
    changes = {
        "reference": settings(train_kernels="reference"),
        "portable": settings(train_kernels="portable"),
        "avx2": settings(train_kernels="avx2"),
        "libtorch": settings(train_matrix_products="libtorch"),
        "no-workers": settings(data_workers=0, data_cache_bytes=100000, train_accumulate=2),
        "pixel-loss": settings(objective_target="pixels", objective_normalisation="patch"),
        "cosine": settings(objective_loss="cosine", objective_normalisation="none"),
        "rectangle": settings(model_image_size="[16, 24]", model_channels=1),
        "other-teacher": settings(teacher_init="independent", teacher_width=16, teacher_depth=1),
        "stage-depths": settings(stages_student_depth="[1, 2]"),
        "kept-moments": settings(stages_keep_optimizer="true", stages_keep_patch_bias="true"),
        "randaugment": settings(data_random_augment=2, data_erase=0.5, data_grayscale=0.2),
        "jitter": settings(
            data_colour_jitter="[0.4, 0.4, 0.4, 0.1]",
            data_blur=0.5,
            data_solarise=0.3,
            data_three_augment=0.5,
        ),
    }
    short = [*BARE, "--steps", "3", "--precision", "fp32", "--seed", "5"]
    return [pretrain(f"of-{name}", "dbot/quick", *short, *x) for name, x in changes.items()]


def sources() -> list[Step]:
    """Training on every kind of source."""
    short = [*BARE, "--steps", "2", "--precision", "fp32"]
    both = ["--data", f"{INPUTS}/idx", *settings(data_weights="[1, 3]")]
    tolerant = settings(data_max_bad_fraction=0.9, data_leave_out="check/quarantine.txt")
    places = {
        "flat": (f"{INPUTS}/flat", []),
        "many": (f"{INPUTS}/many", []),
        "many-again": (f"{INPUTS}/many", []),
        "idx": (f"{INPUTS}/idx", []),
        "cifar": (f"{INPUTS}/cifar", []),
        "tar": (f"{INPUTS}/images.tar", []),
        "tar-gz": (f"{INPUTS}/images.tar.gz", []),
        "csv": (f"{INPUTS}/lists/labelled.csv", []),
        "txt": (f"{INPUTS}/lists/bare.txt", []),
        "pattern": (f"{INPUTS}/lists/{{bare,bare}}.txt", []),
        "parquet": (f"{INPUTS}/parquet", settings(train_batch_size=2)),
        "pack": ("pack", []),
        "pack-small": ("pack-small", []),
        "two": (f"{INPUTS}/flat", both),
        "bad": (f"{INPUTS}/faulty", settings(data_max_bad_fraction=0.9)),
        "left-out": (f"{INPUTS}/faulty", tolerant),
        "codecs": (f"{INPUTS}/codecs", settings(data_max_bad_fraction=0.9)),
    }
    return [
        pretrain(f"on-{name}", "dbot/quick", *short, *more, data=place)
        for name, (place, more) in places.items()
    ]
