"""Fine-tuning with timm, as MAE's main_finetune.py puts its parts together.

The network is timm's VisionTransformer on the mean patch token with a norm of its own: MAE's
models_vit.py is the same class as timm had it in 2021. Mixup, CutMix, label smoothing, soft
targets, the head's start and the rates that shrink from block to block are those of dbot's recipe.
"""

from functools import partial

import timm.data
import timm.loss
import timm.optim
import torch
from task import Config, Task
from timm.models.vision_transformer import VisionTransformer

CLASSES = 1000
HEAD_DEVIATION = 2e-5
# Rate for 256 images, and layer decay: of finetune/mae-vit-b16 and finetune/tiny-32.
RATES = {"vit-b16": (5e-4, 0.65), "tiny-32": (1e-3, 0.75)}


def make_model(config: Config) -> VisionTransformer:
    model = VisionTransformer(
        img_size=config.image_size,
        patch_size=config.patch_size,
        embed_dim=config.width,
        depth=config.depth,
        num_heads=config.heads,
        mlp_ratio=4,
        num_classes=CLASSES,
        global_pool="avg",
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
    )
    torch.nn.init.trunc_normal_(model.head.weight, std=HEAD_DEVIATION)
    return model


def finetuning(name: str, config: Config, batch: int) -> Task:
    """AdamW with betas 0.9 and 0.999 and no clipping. `name` is that of `config`; `batch` is even:
    timm mixes the images of a batch in pairs."""
    model = make_model(config)
    base_rate, layer_decay = RATES[name]
    images = torch.randn(batch, 3, config.image_size, config.image_size)
    labels = torch.randint(CLASSES, (batch,))
    mix = timm.data.Mixup(
        mixup_alpha=0.8,
        cutmix_alpha=1.0,
        prob=1.0,
        switch_prob=0.5,
        mode="batch",
        label_smoothing=0.1,
        num_classes=CLASSES,
    )
    criterion = timm.loss.SoftTargetCrossEntropy()

    def loss_of(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return criterion(model(images), targets)

    return Task(
        model=model,
        groups=timm.optim.param_groups_layer_decay(
            model,
            weight_decay=0.05,
            no_weight_decay_list=model.no_weight_decay(),
            layer_decay=layer_decay,
        ),
        base_rate=base_rate,
        optimizer=partial(torch.optim.AdamW, betas=(0.9, 0.999)),
        clip_norm=None,
        batch=lambda: (images.clone(), labels),  # they are mixed in place
        prepare=mix,
        loss_of=loss_of,
    )
