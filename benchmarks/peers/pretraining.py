"""Pre-training by a reference implementation, MAE or dBOT: the official model classes, unchanged.

The classes are of 2021; two things are put in place before they are imported: `numpy.float`, which
numpy 1.24 dropped, and timm's `Block`, which no longer takes `qk_scale` (MAE passes None).
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import timm.models.vision_transformer as vision_transformer
import timm.optim
import torch
from task import Config, Task

MASK_RATIO = 0.75
DBOT_CLIP_NORM = 3.0


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


def pretraining(
    method: str, repository: Path, config: Config, batch: int, no_grad_teacher: bool
) -> Task:
    """AdamW with betas 0.9 and 0.95, weight decay 0.05 for what is neither bias nor norm, dBOT's
    gradients clipped to 3.0. `no_grad_teacher` is for dBOT alone."""
    student, teacher = make_models(method, config, import_model_class(repository))
    images = torch.randn(batch, 3, config.image_size, config.image_size)
    options: dict[str, Any] = {"mask_ratio": MASK_RATIO}
    if teacher is not None:
        if no_grad_teacher:
            teacher.forward_teacher = torch.no_grad()(teacher.forward_teacher)
        options |= {"teacher": teacher, "tlayernorm": 0}

    def loss_of(images: torch.Tensor) -> torch.Tensor:
        return student(images, **options)[0]

    return Task(
        model=student,
        groups=timm.optim.param_groups_weight_decay(student, 0.05),
        base_rate=1.5e-4,
        optimizer=partial(torch.optim.AdamW, betas=(0.9, 0.95)),
        clip_norm=DBOT_CLIP_NORM if method == "dbot" else None,
        batch=lambda: (images,),
        prepare=lambda images: (images,),
        loss_of=loss_of,
    )
