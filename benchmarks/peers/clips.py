"""MAE-ST's step in PyTorch: the network of the official program, written anew.

Encoder, decoder, masks and losses are those of dbot's recipes mae_st/NAME. As in the official program all
tubelets are embedded by a Conv3d before most are dropped, queries, keys and values are three layers, and
all tubelets are predicted. A batch is of videos, each with four clips; each clip has a mask of its own.
"""

from dataclasses import dataclass
from functools import partial

import timm.layers
import torch
from task import Task
from torch import nn
from torch.nn import functional

MASK_RATIO = 0.9
REPEATS = 4  # clips of a video
CLIP_NORM = 0.02


@dataclass(frozen=True)
class Clips:
    image_size: int
    patch_size: int
    width: int
    depth: int
    heads: int
    decoder_width: int
    decoder_depth: int
    decoder_heads: int
    base_rate: float  # for 256 videos
    frames: int = 16
    tubelet: int = 2

    @property
    def steps(self) -> int:
        return self.frames // self.tubelet

    @property
    def places(self) -> int:
        return (self.image_size // self.patch_size) ** 2


CLIPS = {
    "vit-b16": Clips(224, 16, 768, 12, 12, 512, 4, 16, 1.6e-3),
    "small-64": Clips(64, 8, 96, 4, 4, 64, 2, 4, 1.6e-2),
}


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.fused = timm.layers.use_fused_attn()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def attention(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        query, key, value = (
            layer(x).view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
            for layer in (self.q, self.k, self.v)
        )
        if self.fused:
            mixed = functional.scaled_dot_product_attention(query, key, value)
        else:
            logits = (query @ key.transpose(-2, -1)) * query.shape[-1] ** -0.5
            mixed = logits.softmax(-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class Places(nn.Module):
    """Separate tables of places and steps, and a row for the class token."""

    def __init__(self, shape: Clips, width: int) -> None:
        super().__init__()
        self.of_place = nn.Parameter(torch.randn(1, shape.places, width) * 0.02)
        self.of_step = nn.Parameter(torch.randn(1, shape.steps, width) * 0.02)
        self.of_class = nn.Parameter(torch.randn(1, 1, width) * 0.02)

    def forward(self) -> torch.Tensor:
        """[1, tubelets, width], step by step."""
        steps, places = self.of_step.shape[1], self.of_place.shape[1]
        return self.of_place.repeat(1, steps, 1) + self.of_step.repeat_interleave(places, 1)


def chosen(tokens: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    return tokens.gather(1, rows.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))


class ClipAutoencoder(nn.Module):
    def __init__(self, shape: Clips) -> None:
        super().__init__()
        self.shape = shape
        width, inner, side = shape.width, shape.decoder_width, shape.patch_size
        kernel = (shape.tubelet, side, side)
        self.embedding = nn.Conv3d(3, width, kernel, kernel)
        self.cls = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.places = Places(shape, width)
        self.blocks = nn.ModuleList(Block(width, shape.heads) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.projection = nn.Linear(width, inner)
        self.mask = nn.Parameter(torch.randn(1, 1, inner) * 0.02)
        self.decoder_cls = nn.Parameter(torch.zeros(1, 1, inner))
        self.decoder_places = Places(shape, inner)
        self.decoder_blocks = nn.ModuleList(
            Block(inner, shape.decoder_heads) for _ in range(shape.decoder_depth)
        )
        self.decoder_norm = nn.LayerNorm(inner, eps=1e-6)
        self.output = nn.Linear(inner, 3 * side**2)  # of one frame a step

    def encode(self, clips: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        tokens = self.embedding(clips).flatten(2).transpose(1, 2)
        places = self.places().expand(len(clips), -1, -1)
        seen = chosen(tokens, kept) + chosen(places, kept)
        x = torch.cat([(self.cls + self.places.of_class).expand(len(clips), -1, -1), seen], 1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 1:]

    def decode(self, latent: torch.Tensor, restore: torch.Tensor) -> torch.Tensor:
        visible = self.projection(latent)
        hidden = restore.shape[1] - visible.shape[1]
        mask = self.mask.to(visible.dtype).expand(len(visible), hidden, -1)
        x = chosen(torch.cat([visible, mask], 1), restore) + self.decoder_places()
        cls = (self.decoder_cls + self.decoder_places.of_class).expand(len(x), -1, -1)
        x = torch.cat([cls, x], 1)
        for block in self.decoder_blocks:
            x = block(x)
        return self.output(self.decoder_norm(x))[:, 1:]

    def target(self, clips: torch.Tensor) -> torch.Tensor:
        """Pixels of one frame a step, each tubelet's on their own mean and deviation."""
        shape, side = self.shape, self.shape.patch_size
        numbers = torch.linspace(0, shape.frames - 1, shape.steps).long()
        grid = shape.image_size // side
        cut = clips.index_select(2, numbers).view(-1, 3, shape.steps, grid, side, grid, side)
        values = cut.permute(0, 2, 3, 5, 4, 6, 1).reshape(len(clips), -1, 3 * side**2)
        mean, variance = values.mean(-1, keepdim=True), values.var(-1, keepdim=True)
        return (values - mean) / (variance + 1e-6) ** 0.5

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        count = self.shape.steps * self.shape.places
        shuffled = torch.rand(len(clips), count).argsort(1)
        restore = shuffled.argsort(1)
        kept = int(count * (1 - MASK_RATIO))
        hidden = (restore >= kept).float()
        predicted = self.decode(self.encode(clips, shuffled[:, :kept]), restore)
        error = (predicted - self.target(clips)).square().mean(-1)
        return (error * hidden).sum() / hidden.sum()


def clips(name: str, batch: int) -> Task:
    """AdamW with betas 0.9 and 0.95, weight decay 0.05 for all but vectors, gradients clipped to
    0.02. `batch` counts videos."""
    shape = CLIPS[name]
    model = ClipAutoencoder(shape)
    pixels = torch.randn(batch * REPEATS, 3, shape.frames, shape.image_size, shape.image_size)
    decayed = [each for each in model.parameters() if each.dim() > 1]
    others = [each for each in model.parameters() if each.dim() <= 1]
    return Task(
        model=model,
        groups=[
            {"params": decayed, "weight_decay": 0.05},
            {"params": others, "weight_decay": 0.0},
        ],
        base_rate=shape.base_rate,
        optimizer=partial(torch.optim.AdamW, betas=(0.9, 0.95)),
        clip_norm=CLIP_NORM,
        batch=lambda: (pixels,),
        prepare=lambda *parts: parts,
        loss_of=model,
    )
