"""How one step of a comparison is written down."""

from dataclasses import dataclass
from pathlib import Path

INPUTS = "../inputs"
IMAGES = f"{INPUTS}/images"


@dataclass(frozen=True)
class Step:
    name: str
    words: list[str]


def settings(**values: object) -> list[str]:
    """`model_width=32` is --set model.width=32; the section has no underscore."""
    words = []
    for key, value in values.items():
        words += ["--set", f"{key.replace('_', '.', 1)}={value}"]
    return words


SMALL = settings(
    model_image_size=16,
    model_patch_size=4,
    model_width=32,
    model_depth=2,
    model_heads=2,
    decoder_width=32,
    decoder_depth=1,
    decoder_heads=2,
    train_batch_size=8,
    train_accumulate=1,
    data_workers=2,
    evaluate_probe_epochs=3,
) + ["--threads", "2"]
BARE = settings(evaluate_at_stage_ends="false", report_pictures="false")


def processor_has_bf16() -> bool:
    flags = Path("/proc/cpuinfo").read_text().split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def pretrain(out: str, recipe: str, *more: str, data: str = IMAGES) -> Step:
    words = ["pretrain", recipe, "--data", data, "--out", out, *SMALL, *more, "--json"]
    return Step(f"pretrain {out}", words)


def methods() -> dict[str, tuple[str, list[str]]]:
    """Recipe and options by a name: both methods in two stages, in every precision there is."""
    mae = settings(stages_count=2, evaluate_at_stage_ends="true", train_drop_path=0.1)
    found = {}
    for precision in ("fp32", "bf16") if processor_has_bf16() else ("fp32",):
        found[f"dbot-{precision}"] = ("dbot/quick", ["--precision", precision])
        found[f"mae-{precision}"] = ("mae/tiny-32", [*mae, "--precision", precision])
    return found
