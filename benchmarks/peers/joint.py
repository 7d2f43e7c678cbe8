"""M3AE's step in PyTorch: the network of the official JAX program, written as people write it here.

Encoder, decoder, masks and losses are those of dbot's recipes m3ae/NAME, with a mask of their own for
each sample. Captions fill a quarter of their places, as `dbot bench step` makes them; the others are
padded. Logits are computed for all words and weighted by the masks, as in the official program.
"""

from dataclasses import dataclass
from functools import partial

import timm.layers
import torch
from task import Task
from torch import nn
from torch.nn import functional

MASK_RATIO = 0.75
TEXT_WEIGHT = 0.5
PADDED_LOGIT = -1e7


@dataclass(frozen=True)
class Joint:
    image_size: int
    patch_size: int
    width: int
    depth: int
    heads: int
    decoder_width: int
    decoder_depth: int
    decoder_heads: int
    words: int
    vocabulary: int

    @property
    def patches(self) -> int:
        return (self.image_size // self.patch_size) ** 2


JOINTS = {
    "vit-b16": Joint(256, 16, 768, 12, 12, 512, 8, 16, 64, 30522),
    "small-64": Joint(64, 8, 128, 4, 4, 96, 2, 4, 24, 2000),
}


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.fused = timm.layers.use_fused_attn()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def attention(self, x: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        if self.fused:
            mask = added.to(query.dtype)
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        else:
            logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1) + added
            mixed = logits.softmax(-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x), added)
        hidden = functional.gelu(self.fc1(self.norm2(x)), approximate="tanh")
        return x + self.fc2(hidden)


class Stack(nn.Module):
    """Blocks and a norm; keys that are padded (1) are not seen."""

    def __init__(self, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        added = (padding * PADDED_LOGIT)[:, None, None, :]
        for block in self.blocks:
            x = block(x, added)
        return self.norm(x)


def vector(width: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(1, 1, width) * 0.02)


def chosen(tokens: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    return tokens.gather(1, rows.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))


def mask_of(batch: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Visible tokens, where each token is in the shuffled order, and which are hidden (1)."""
    shuffled = torch.rand(batch, tokens).argsort(1)
    restore = shuffled.argsort(1)
    kept = int(tokens * (1 - MASK_RATIO))
    return shuffled[:, :kept], restore, (restore >= kept).float()


class JointAutoencoder(nn.Module):
    def __init__(self, shape: Joint) -> None:
        super().__init__()
        self.shape = shape
        width, inner, values = shape.width, shape.decoder_width, 3 * shape.patch_size**2
        self.cls = vector(width)
        self.image_embedding = nn.Linear(values, width)
        self.text_embedding = nn.Embedding(shape.vocabulary, width)
        self.types = nn.ParameterList([vector(width), vector(width)])
        self.encoder = Stack(width, shape.depth, shape.heads)
        self.projection = nn.Linear(width, inner)
        self.masks = nn.ParameterList([vector(inner), vector(inner)])
        self.decoder_types = nn.ParameterList([vector(inner), vector(inner)])
        self.decoder = Stack(inner, shape.decoder_depth, shape.decoder_heads)
        self.image_output = nn.Linear(inner, values)
        self.text_output = nn.Linear(inner, shape.vocabulary)
        for name, count, size in (
            ("image_places", shape.patches, width),
            ("text_places", shape.words, width),
            ("decoder_image_places", shape.patches, inner),
            ("decoder_text_places", shape.words, inner),
        ):
            self.register_buffer(name, torch.randn(1, count, size))  # time does not depend on it

    def patches(self, images: torch.Tensor) -> torch.Tensor:
        batch, side = len(images), self.shape.patch_size
        grid = self.shape.image_size // side
        cut = images.view(batch, 3, grid, side, grid, side)
        return cut.permute(0, 2, 4, 3, 5, 1).reshape(batch, grid * grid, -1)

    def unshuffled(self, visible: torch.Tensor, restore: torch.Tensor, kind: int) -> torch.Tensor:
        hidden = restore.shape[1] - visible.shape[1]
        mask = self.masks[kind].to(visible.dtype).expand(len(visible), hidden, -1)
        return chosen(torch.cat([visible, mask], 1), restore)

    def forward(
        self, images: torch.Tensor, ids: torch.Tensor, padding: torch.Tensor
    ) -> torch.Tensor:
        batch = len(images)
        patches = self.patches(images)
        image_kept, image_restore, image_mask = mask_of(batch, self.shape.patches)
        text_kept, text_restore, text_mask = mask_of(batch, self.shape.words)
        image = self.image_embedding(patches) + self.image_places + self.types[0]
        text = self.text_embedding(ids) + self.text_places + self.types[1]
        tokens = [self.cls.expand(batch, -1, -1), chosen(image, image_kept), chosen(text, text_kept)]
        seen = torch.zeros(batch, 1 + image_kept.shape[1])
        latent = self.encoder(
            torch.cat(tokens, 1), torch.cat([seen, padding.gather(1, text_kept)], 1)
        )
        cls, image, text = self.projection(latent).split(
            [1, image_kept.shape[1], text_kept.shape[1]], 1
        )
        image = self.unshuffled(image, image_restore, 0)
        image = image + self.decoder_image_places + self.decoder_types[0]
        text = self.unshuffled(text, text_restore, 1)
        text = text + self.decoder_text_places + self.decoder_types[1]
        seen = torch.zeros(batch, 1 + self.shape.patches)
        decoded = self.decoder(torch.cat([cls, image, text], 1), torch.cat([seen, padding], 1))
        _, image, text = decoded.split([1, self.shape.patches, self.shape.words], 1)
        error = (self.image_output(image) - patches).square().mean(-1)
        image_loss = ((error * image_mask).sum(1) / image_mask.sum(1)).mean()
        counts = text_mask * (1 - padding)
        entropy = functional.cross_entropy(
            self.text_output(text).flatten(0, 1).float(), ids.flatten(), reduction="none"
        ).view_as(counts)
        text_loss = ((entropy * counts).sum(1) / counts.sum(1).clamp_min(1e-5)).mean()
        return image_loss + TEXT_WEIGHT * text_loss


def joint(name: str, batch: int) -> Task:
    """AdamW with betas 0.9 and 0.95, weight decay 0.05 for matrices, and no clipping."""
    shape = JOINTS[name]
    model = JointAutoencoder(shape)
    images = torch.randn(batch, 3, shape.image_size, shape.image_size)
    padding = torch.zeros(batch, shape.words)
    padding[:, shape.words // 4 :] = 1
    ids = torch.randint(1, shape.vocabulary, padding.shape) * (1 - padding).long()
    decayed = [each for each in model.parameters() if each.dim() == 2]
    others = [each for each in model.parameters() if each.dim() != 2]
    return Task(
        model=model,
        groups=[
            {"params": decayed, "weight_decay": 0.05},
            {"params": others, "weight_decay": 0.0},
        ],
        base_rate=1.5e-4,
        optimizer=partial(torch.optim.AdamW, betas=(0.9, 0.95)),
        clip_norm=None,
        batch=lambda: (images, ids, padding),
        prepare=lambda *parts: parts,
        loss_of=model,
    )
