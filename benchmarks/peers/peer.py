"""Training steps of reference implementations, on the CPU unless --device says cuda: of MAE, dBOT, timm, MixMask, M3AE and MAE-ST.

    peer.py dbot --repository build/peers/dbot --config tiny-32 --batch 64 --steps 3
    peer.py mae --repository build/peers/mae --config vit-b16 --batch 8 --precision bf16 --serve
    peer.py finetune --config tiny-32 --batch 64 --optimizer fused --attention explicit
    peer.py mixmask --config small-32 --batch 128 --optimizer fused --channels-last
    peer.py m3ae --config small-64 --batch 64 --optimizer fused
    peer.py mae_st --config small-64 --batch 16 --optimizer fused

The model classes are the official ones, timm's and torchvision's, unchanged; the official scripts
around them need CUDA. So the step is made here as they make it: with their optimizer and settings
(pretraining.py, finetuning.py, contrastive.py, joint.py, clips.py), the rate of 256 images scaled,
the loss read back. Left out, in the peers' favour: loading, gradient scaling, logging and the gradient norm that MAE
computes without clipping by it.

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
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy
import timm
import timm.layers
import torch
from clips import CLIPS, clips
from contrastive import CONTRASTS, contrastive
from finetuning import finetuning
from joint import JOINTS, joint
from pretraining import pretraining
from task import CONFIGS, Task


def make_task(arguments: argparse.Namespace) -> Task:
    if arguments.method == "mixmask":
        return contrastive(arguments.config, arguments.batch, arguments.channels_last)
    if arguments.method == "m3ae":
        return joint(arguments.config, arguments.batch)
    if arguments.method == "mae_st":
        return clips(arguments.config, arguments.batch)
    config = CONFIGS[arguments.config]
    if arguments.method == "finetune":
        return finetuning(arguments.config, config, arguments.batch)
    return pretraining(
        arguments.method,
        arguments.repository,
        config,
        arguments.batch,
        arguments.no_grad_teacher,
    )


class Step:
    """One training step a call; returns its seconds."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.device = arguments.device
        torch.set_default_device(self.device)  # of networks and batches, which are made here
        # Attention modules read this when they are made.
        timm.layers.set_fused_attn(arguments.attention == "fused")
        self.task = make_task(arguments)
        self.task.model.train()
        self.autocast: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext
        if arguments.precision == "bf16":
            self.autocast = partial(torch.autocast, self.device, torch.bfloat16)
        rate = self.task.base_rate * arguments.batch / 256
        self.optimizer = self.task.optimizer(
            [group | {"lr": rate * group.get("lr_scale", 1.0)} for group in self.task.groups],
            fused=True if arguments.optimizer == "fused" else None,
        )
        self.loss = math.nan
        self.loss_of = torch.compile(self.task.loss_of) if arguments.compile else self.task.loss_of

    def __call__(self) -> float:
        batch = self.task.batch()
        start = time.perf_counter()
        inputs = self.task.prepare(*batch)
        with self.autocast():
            loss = self.loss_of(*inputs)
        self.loss = loss.item()
        if not math.isfinite(self.loss):
            sys.exit(f"[peer] error: the loss is {self.loss}")
        loss.backward()
        if self.task.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.task.model.parameters(), self.task.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.task.after()
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("method", choices=["mae", "dbot", "finetune", "mixmask", "m3ae", "mae_st"])
    parser.add_argument(
        "--repository", type=Path, help="checkout of the method's code, of mae and dbot"
    )
    every = sorted({*CONFIGS, *CONTRASTS, *JOINTS, *CLIPS})
    parser.add_argument("--config", choices=every, default="tiny-32")
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
    parser.add_argument("--channels-last", action="store_true", help="mixmask alone")
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile: minutes before the first step"
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--serve", action="store_true", help="one step for each line of stdin")
    mode.add_argument("--steps", type=int, default=3, help="steps to time, after one that is not")
    arguments = parser.parse_args()
    configs = {"mixmask": CONTRASTS, "m3ae": JOINTS, "mae_st": CLIPS}.get(arguments.method, CONFIGS)
    if arguments.config not in configs:
        parser.error(f"--config is {arguments.config}, which {arguments.method} does not have")
    if arguments.method in ("mae", "dbot"):
        if arguments.repository is None:
            parser.error(f"--repository is missing; {arguments.method} needs its code")
        if not (missing := arguments.repository / "models_mae.py").is_file():
            parser.error(f"--repository: there is no {missing}; run benchmarks/peers/setup.sh")
    for name in ("batch", "threads", "steps"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} is {getattr(arguments, name)}, expected at least 1")
    if arguments.no_grad_teacher and arguments.method != "dbot":
        parser.error(f"--no-grad-teacher is for dbot: {arguments.method} has no teacher")
    if arguments.channels_last and arguments.method != "mixmask":
        parser.error(f"--channels-last is for mixmask: {arguments.method} has no convolutions")
    if arguments.method == "finetune" and arguments.batch % 2:
        parser.error(f"--batch is {arguments.batch}, but timm mixes images in pairs")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    torch.manual_seed(0)
    numpy.random.seed(0)  # mixing draws from it
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
        "device_peak_memory_bytes": (
            torch.cuda.max_memory_reserved() if arguments.device == "cuda" else 0
        ),
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
    }
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
