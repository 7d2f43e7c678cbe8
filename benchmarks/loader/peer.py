#!/usr/bin/env python3
"""One pass of torchvision's loading for each line of stdin: prints 'ready', then seconds an image.

    peer.py FOLDER --path pillow|tensor [--workers 2] [--batch 64]

FOLDER holds class folders, as ImageFolder wants it. `pillow`: its default loader and the transforms
of MAE's training script. `tensor`: decode_jpeg and torchvision.transforms.v2 on tensors.
"""

import argparse
import sys
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader
from torchvision import io, transforms
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def pillow_transforms() -> transforms.Compose:
    bicubic = transforms.InterpolationMode.BICUBIC
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(224, scale=(0.2, 1.0), interpolation=bicubic),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )


def tensor_transforms() -> v2.Compose:
    bicubic = v2.InterpolationMode.BICUBIC
    return v2.Compose(
        [
            v2.RandomResizedCrop(224, scale=(0.2, 1.0), interpolation=bicubic, antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )


def read_tensor(path: str) -> torch.Tensor:
    return io.decode_jpeg(io.read_file(path), mode=io.ImageReadMode.RGB)


def open_folder(folder: Path, path: str) -> ImageFolder:
    if path == "pillow":
        return ImageFolder(str(folder), pillow_transforms())
    return ImageFolder(str(folder), tensor_transforms(), loader=read_tensor)


def time_pass(loader: DataLoader) -> float:
    """Seconds an image, from the second batch to the last."""
    batches = iter(loader)
    next(batches)
    begin, images = time.perf_counter(), 0
    for batch, _ in batches:
        images += batch.shape[0]
    return (time.perf_counter() - begin) / images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--path", choices=("pillow", "tensor"), required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    loader = DataLoader(
        open_folder(arguments.folder, arguments.path),
        batch_size=arguments.batch,
        shuffle=True,
        num_workers=arguments.workers,
        drop_last=True,
        persistent_workers=arguments.workers > 0,
    )
    time_pass(loader)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(f"{time_pass(loader):.9f}", flush=True)


if __name__ == "__main__":
    main()
