"""MixMask's step: MoCo on a clean and a mixed view, with torchvision's networks or a small chain.

Query and key encoder, the queue and its keys, the moving average and the mixture are those of
dbot's recipes mixmask/NAME; BatchNorm is over the whole batch, as one process has it. One query
pass each for the clean and the mixed view, one key pass; the mixed view is compared with its own
key by the share that is its own, and with the other image's key by the rest.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torchvision
from task import Task
from torch import nn
from torch.nn import functional

EMBEDDING = 128


@dataclass(frozen=True)
class Contrast:
    image_size: int
    temperature: float
    queue: int
    momentum: float  # of the key encoder
    grid: int
    weight_decay: float
    hidden: int | None  # width inside the head; None: it is linear


CONTRASTS = {
    "small-32": Contrast(32, 0.1, 2048, 0.99, 4, 5e-4, None),
    "resnet18-cifar": Contrast(32, 0.1, 4096, 0.99, 4, 5e-4, None),
    "resnet50": Contrast(224, 0.2, 65536, 0.999, 8, 1e-4, 2048),
}


def chain() -> nn.Sequential:
    layers: list[nn.Module] = []
    width = 3
    for wider, stride in ((32, 1), (64, 2), (128, 2), (128, 2)):
        convolution = nn.Conv2d(width, wider, 3, stride, 1, bias=False)
        layers += [convolution, nn.BatchNorm2d(wider), nn.ReLU(inplace=True)]
        width = wider
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, EMBEDDING))


def encoder(name: str, contrast: Contrast) -> nn.Module:
    if name == "small-32":
        return chain()
    if name == "resnet18-cifar":
        network = torchvision.models.resnet18(num_classes=EMBEDDING)
        network.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        network.maxpool = nn.Identity()
        return network
    network = torchvision.models.resnet50(num_classes=EMBEDDING)
    assert contrast.hidden is not None
    inside = nn.Linear(network.fc.in_features, contrast.hidden)
    network.fc = nn.Sequential(inside, nn.ReLU(inplace=True), nn.Linear(contrast.hidden, EMBEDDING))
    return network


class Contrastive:
    """Both encoders, the queue, and the way from two views to a loss."""

    def __init__(self, name: str, channels_last: bool) -> None:
        self.contrast = CONTRASTS[name]
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.query = encoder(name, self.contrast).to(memory_format=self.memory_format)
        self.key = encoder(name, self.contrast).to(memory_format=self.memory_format)
        self.key.load_state_dict(self.query.state_dict())
        self.key.requires_grad_(False)
        self.queue = functional.normalize(torch.randn(EMBEDDING, self.contrast.queue), dim=0)
        self.place = 0
        self.keys = torch.empty(0)

    def mask(self) -> torch.Tensor:
        """One of a batch, 1 where an image is its own: half of the grid's cells."""
        grid, size = self.contrast.grid, self.contrast.image_size
        cells = torch.zeros(grid * grid)
        cells[torch.randperm(grid * grid)[: grid * grid // 2]] = 1
        return functional.interpolate(cells.view(1, 1, grid, grid), size=(size, size))

    def loss(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            for slow, fast in zip(self.key.parameters(), self.query.parameters(), strict=True):
                slow.mul_(self.contrast.momentum).add_(fast, alpha=1 - self.contrast.momentum)
            self.keys = functional.normalize(self.key(second), dim=1)
        mask = self.mask()
        share = mask.mean()
        others = self.keys.flip(0)
        mixed = first * mask + first.flip(0) * (1 - mask)
        queries = functional.normalize(self.query(first), dim=1)
        of_mixed = functional.normalize(self.query(mixed), dim=1)
        loss = self.compare(queries, self.keys)
        return loss + share * self.compare(of_mixed, self.keys) + (1 - share) * self.compare(
            of_mixed, others
        )

    def compare(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        own = (queries * keys).sum(1, keepdim=True)
        logits = torch.cat([own, queries @ self.queue], 1) / self.contrast.temperature
        return functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))

    def enqueue(self) -> None:
        count = len(self.keys)
        self.queue[:, self.place : self.place + count] = self.keys.t()
        self.place = (self.place + count) % self.contrast.queue

    def in_format(self, *images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(each.contiguous(memory_format=self.memory_format) for each in images)


def contrastive(name: str, batch: int, channels_last: bool) -> Task:
    """SGD with momentum 0.9 and no clipping. `batch` divides the queue."""
    step = Contrastive(name, channels_last)
    size = step.contrast.image_size
    images = torch.randn(2, batch, 3, size, size)
    return Task(
        model=step.query,
        groups=[{"params": list(step.query.parameters())}],
        base_rate=0.03,
        optimizer=partial(torch.optim.SGD, momentum=0.9, weight_decay=step.contrast.weight_decay),
        clip_norm=None,
        batch=lambda: (images[0], images[1]),
        prepare=step.in_format,
        loss_of=step.loss,
        after=step.enqueue,
    )
