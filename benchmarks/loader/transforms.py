#!/usr/bin/env python3
"""Compares what changing pixels costs: dbot beside Pillow, torchvision and timm, on crops of 224 pixels.

    benchmarks/peers/setup.sh                               once: the Python environment
    build/peers/venv/bin/python benchmarks/loader/transforms.py FOLDER [--rounds 5]

FOLDER holds photos. Prints a Markdown table of microseconds an image: one thread's processor time, the
median of rounds in which both take turns.
"""

import argparse
import json
import random
import subprocess
import time
from pathlib import Path
from statistics import median

import torch
from PIL import Image, ImageFilter
from timm.data.auto_augment import rand_augment_transform
from timm.data.random_erasing import RandomErasing
from torchvision import transforms

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGES = 200


def blur(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


def peers() -> dict[str, tuple[str, object, bool]]:
    """What is compared: the recipe's setting, the same in Python, and whether that wants a tensor."""
    policy = rand_augment_transform(
        "rand-m9-mstd0.5-inc1", {"img_mean": (124, 116, 104), "interpolation": Image.BICUBIC}
    )
    jitter = transforms.ColorJitter
    return {
        "brightness": ("data.colour_jitter=[0.4, 0.0, 0.0, 0.0]", jitter(0.4), False),
        "contrast": ("data.colour_jitter=[0.0, 0.4, 0.0, 0.0]", jitter(0, 0.4), False),
        "saturation": ("data.colour_jitter=[0.0, 0.0, 0.4, 0.0]", jitter(0, 0, 0.4), False),
        "hue": ("data.colour_jitter=[0.0, 0.0, 0.0, 0.1]", jitter(0, 0, 0, 0.1), False),
        "colour jitter without hue": ("data.colour_jitter=[0.4, 0.4, 0.4, 0.0]", jitter(0.4, 0.4, 0.4), False),
        "grayscale": ("data.grayscale=1", transforms.RandomGrayscale(1), False),
        "blur": ("data.blur=1", blur, False),
        "solarise": ("data.solarise=1", transforms.RandomSolarize(128, 1), False),
        "RandAugment, 2 of 15": ("data.random_augment=2", policy, False),
        "erase with pixels": ("data.erase=1", RandomErasing(1, mode="pixel", device="cpu"), True),
    }


def ours(arguments: argparse.Namespace, setting: str) -> float:
    command = [str(arguments.dbot), "data", "bench", str(arguments.folder), "--json", "--images", "1"]
    command += ["--batch", "8", "--workers", "1", "--set", setting]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return 1e6 * json.loads(done.stdout.splitlines()[-1])["transform_seconds"]


def theirs(transform: object, images: list) -> float:
    seconds = 0.0
    done = 0
    for image in images:
        changed = image.clone() if isinstance(image, torch.Tensor) else image.copy()
        begin = time.process_time()
        try:
            transform(changed)
        except ValueError:  # Pillow 13 refuses to posterise to no bits, which timm draws now and then
            continue
        seconds += time.process_time() - begin
        done += 1
    return 1e6 * seconds / done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dbot", type=Path, default=REPOSITORY / "build/release/dbot")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    files = sorted(path for path in arguments.folder.rglob("*.jpg"))[:IMAGES]
    crop = transforms.RandomResizedCrop(224, (0.2, 1), interpolation=transforms.InterpolationMode.BICUBIC)
    images = [crop(Image.open(path).convert("RGB")) for path in files]
    tensors = [transforms.functional.to_tensor(image) for image in images]
    print("| change | dbot, µs | Python, µs | speed-up |")
    print("| --- | ---: | ---: | ---: |")
    for name, (setting, transform, wants_tensor) in peers().items():
        pairs = [
            (ours(arguments, setting), theirs(transform, tensors if wants_tensor else images))
            for _ in range(arguments.rounds)
        ]
        own, other = (median(values) for values in zip(*pairs))
        print(f"| {name} | {own:.0f} | {other:.0f} | {other / own:.1f} |", flush=True)


if __name__ == "__main__":
    main()
