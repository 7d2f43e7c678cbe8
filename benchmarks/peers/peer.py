"""Training steps of a reference implementation, MAE or dBOT, on the CPU.

    peer.py dbot --repository build/peers/dbot --config tiny-32 --batch 64 --steps 3
    peer.py mae --repository build/peers/mae --config vit-b16 --batch 8 --precision bf16 --serve

The model classes are the official ones, unchanged; the official scripts around them need CUDA. So
the step is made here as they make it: AdamW with betas 0.9 and 0.95, weight decay 0.05 for what is
neither bias nor norm, the rate of 256 images scaled, dBOT's gradients clipped to 3.0, the loss read
back. Left out, in the peers' favour: loading, gradient scaling, logging and MAE's gradient norm.

The classes are of 2021; two things are put in place before they are imported: `numpy.float`, which
numpy 1.24 dropped, and timm's `Block`, which no longer takes `qk_scale` (MAE passes None).

`--serve` prints `ready` after a first step, then the seconds of one step for each line of stdin.
The last line is a JSON object, with the peak memory among other things.
"""

import argparse
import contextlib
import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy
import timm
import timm.layers
import timm.models.vision_transformer as vision_transformer
import timm.optim
import torch

MASK_RATIO = 0.75
DBOT_CLIP_NORM = 3.0


@dataclass(frozen=True)
class Config:
    image_size: int
    patch_size: int
    width: int
    depth: int
    heads: int
    decoder_width: int
    decoder_depth: int
    decoder_heads: int


CONFIGS = {
    "vit-b16": Config(224, 16, 768, 12, 12, 512, 8, 16),
    "tiny-32": Config(32, 4, 192, 12, 3, 192, 4, 3),
}


def import_model_class(repository: Path) -> type[torch.nn.Module]:
    """MaskedAutoencoderViT of `repository`: both repositories call their model so."""
    if not hasattr(numpy, "float"):
        numpy.float = float
    current_block = vision_transformer.Block
    vision_transformer.Block = lambda *args, qk_scale=None, **options: current_block(
        *args, **options
    )
    sys.path.insert(0, str(repository))
    import models_mae

    return models_mae.MaskedAutoencoderViT


def make_models(
    method: str, config: Config, model_class: type[torch.nn.Module]
) -> tuple[torch.nn.Module, torch.nn.Module | None]:
    """Student and teacher (None for MAE) as the official main_pretrain.py makes them."""
    build = partial(
        model_class,
        img_size=config.image_size,
        patch_size=config.patch_size,
        embed_dim=config.width,
        depth=config.depth,
        num_heads=config.heads,
        decoder_embed_dim=config.decoder_width,
        decoder_num_heads=config.decoder_heads,
        mlp_ratio=4,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
    )
    if method == "mae":
        return build(decoder_depth=config.decoder_depth, norm_pix_loss=True), None
    student = build(decoder_depth=config.decoder_depth, norm_feature_loss=True)
    teacher = build(decoder_depth=0)
    teacher.load_state_dict(student.state_dict(), strict=False)
    for parameter in teacher.parameters():
        parameter.requires_grad = False
    return student, teacher


class Step:
    """One training step a call; returns its seconds."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        # Attention modules read this when they are made.
        timm.layers.set_fused_attn(arguments.attention == "fused")
        config = CONFIGS[arguments.config]
        model_class = import_model_class(arguments.repository)
        self.student, teacher = make_models(arguments.method, config, model_class)
        self.student.train()
        self.images = torch.randn(arguments.batch, 3, config.image_size, config.image_size)
        self.autocast: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
        if arguments.precision == "bf16":
            self.autocast = partial(torch.autocast, "cpu", torch.bfloat16)
        self.clip_norm = DBOT_CLIP_NORM if arguments.method == "dbot" else None
        self.optimizer = torch.optim.AdamW(
            timm.optim.param_groups_weight_decay(self.student, 0.05),
            lr=1.5e-4 * arguments.batch / 256,
            betas=(0.9, 0.95),
            fused=True if arguments.optimizer == "fused" else None,
        )
        self.loss = math.nan

        options: dict[str, Any] = {"mask_ratio": MASK_RATIO}
        if teacher is not None:
            if arguments.no_grad_teacher:
                teacher.forward_teacher = torch.no_grad()(teacher.forward_teacher)
            options |= {"teacher": teacher, "tlayernorm": 0}

        def loss_of(images: torch.Tensor) -> torch.Tensor:
            return self.student(images, **options)[0]

        self.loss_of = torch.compile(loss_of) if arguments.compile else loss_of

    def __call__(self) -> float:
        start = time.perf_counter()
        with self.autocast():
            loss = self.loss_of(self.images)
        self.loss = loss.item()
        if not math.isfinite(self.loss):
            sys.exit(f"[peer] error: the loss is {self.loss}")
        loss.backward()
        if self.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.student.parameters(), self.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return time.perf_counter() - start


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("method", choices=["mae", "dbot"])
    parser.add_argument(
        "--repository", type=Path, required=True, help="checkout of the method's code"
    )
    parser.add_argument("--config", choices=CONFIGS, default="tiny-32")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument(
        "--attention",
        choices=["fused", "explicit"],
        default="fused",
        help="scaled_dot_product_attention, as timm today, or products and softmax, as in 2021",
    )
    parser.add_argument("--optimizer", choices=["default", "fused"], default="default")
    parser.add_argument("--no-grad-teacher", action="store_true", help="dbot alone")
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile: minutes before the first step"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--serve", action="store_true", help="one step for each line of stdin")
    mode.add_argument("--steps", type=int, default=3, help="steps to time, after one that is not")
    arguments = parser.parse_args()
    if not (arguments.repository / "models_mae.py").is_file():
        missing = arguments.repository / "models_mae.py"
        parser.error(f"--repository: there is no {missing}; run benchmarks/peers/setup.sh")
    for name in ("batch", "threads", "steps"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} is {getattr(arguments, name)}, expected at least 1")
    if arguments.no_grad_teacher and arguments.method == "mae":
        parser.error("--no-grad-teacher is for dbot: mae has no teacher")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads)
    step = Step(arguments)
    step()
    turns: Iterable[Any] = range(arguments.steps)
    if arguments.serve:
        print("ready", flush=True)
        turns = sys.stdin
    seconds = []
    for _ in turns:
        seconds.append(step())
        if arguments.serve:
            print(f"{seconds[-1]:.6f}", flush=True)
    facts = {
        **{
            name: value
            for name, value in vars(arguments).items()
            if name not in ("repository", "serve")
        },
        "steps": len(seconds),
        "seconds": median(seconds) if seconds else None,
        "loss": step.loss,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
    }
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
