"""What a training step of a peer is made of, and the networks that it is made with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch


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

Tensors = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Task:
    """A step is `loss_of(*prepare(*batch()))`, backward, clipping, update and `after()`."""

    model: torch.nn.Module
    groups: list[dict[str, Any]]  # of parameters; "lr_scale" of one multiplies its rate
    base_rate: float  # for 256 images
    optimizer: Callable[..., torch.optim.Optimizer]  # of groups; takes `fused`
    clip_norm: float | None
    batch: Callable[[], Tensors]  # as a loader would give it: no part of the step's time
    prepare: Callable[..., Tensors]  # what comes before the network, in float32
    loss_of: Callable[..., torch.Tensor]
    after: Callable[[], None] = lambda: None
