#!/usr/bin/env python3
"""Compares how fast clips come: dbot beside PyAV with the same rule of frames and a PyTorch resize.

    benchmarks/peers/setup.sh && build/peers/venv/bin/pip install av==18.1.0        once
    build/peers/venv/bin/python benchmarks/loader/video.py FOLDER [--rounds 5]

FOLDER holds videos. Both sides take one clip a video: 16 frames, stride 4 at 30 a second, a crop of half to all of the
area, 224 pixels, perhaps mirrored. Prints processor time a clip of one core, medians of rounds in which both take turns, and their
ratio.
"""

import argparse
import math
import random
import resource
import subprocess
import time
from pathlib import Path
from statistics import median

import av
import torch

REPOSITORY = Path(__file__).resolve().parents[2]
FRAMES, STRIDE, RATE, SIZE = 16, 4, 30, 224
EXTENSIONS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"}


def draw_crop(height: int, width: int) -> tuple[int, int, int, int]:
    for _ in range(10):
        area = random.uniform(0.5, 1) * height * width
        ratio = math.exp(random.uniform(math.log(0.75), math.log(1.3333)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return random.randint(0, height - h), random.randint(0, width - w), h, w
    return 0, 0, height, width


def clip_of(path: Path) -> torch.Tensor:
    """Seeks to the key frame before the first frame, and decodes up to the last one."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        rate, count = float(stream.average_rate), stream.frames
        length = STRIDE * FRAMES * rate / RATE
        start = random.random() * max(count - length, 0)
        places = torch.linspace(start, start + length - 1, FRAMES).clamp(0, count - 1).long().tolist()
        begin = stream.start_time or 0
        step = 1 / (rate * stream.time_base)
        container.seek(int(begin + places[0] * step), stream=stream)
        frames: dict[int, torch.Tensor] = {}
        wanted = set(places)
        number = -1
        for frame in container.decode(stream):
            number = round((frame.pts - begin) / step)
            if number in wanted:
                frames[number] = torch.from_numpy(frame.to_ndarray(format="rgb24"))
            if number >= places[-1]:
                break
        last = frames[max(frames)]
        clip = torch.stack([frames.get(place, last) for place in places])
    top, left, height, width = draw_crop(clip.shape[1], clip.shape[2])
    clip = clip[:, top : top + height, left : left + width].permute(0, 3, 1, 2)
    clip = torch.nn.functional.interpolate(clip, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    return clip.flip(-1) if random.random() < 0.5 else clip


def theirs(paths: list[Path], clips: int) -> float:
    chosen = random.choices(paths, k=clips)
    begin = time.process_time()
    for path in chosen:
        clip_of(path)
    return (time.process_time() - begin) / clips


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_ours(arguments: argparse.Namespace, clips: int) -> float:
    begin = children_seconds()
    command = [str(arguments.dbot), "data", "bench", str(arguments.folder), "--videos", "--json"]
    command += ["--workers", "1", "--batch", "4", "--images", str(clips)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return children_seconds() - begin


def ours(arguments: argparse.Namespace) -> float:
    """What more clips take: starting, indexing and the stages stay out of it."""
    few, many = 40, 40 + arguments.clips
    return (run_ours(arguments, many) - run_ours(arguments, few)) / arguments.clips


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clips", type=int, default=160, help="of a round")
    parser.add_argument("--dbot", type=Path, default=REPOSITORY / "build/release/dbot")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    paths = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
    run_ours(arguments, len(paths))  # indexes them
    theirs(paths, 10)
    pairs = [(ours(arguments), theirs(paths, arguments.clips)) for _ in range(arguments.rounds)]
    mine, other = (median(side) for side in zip(*pairs))
    ratios = sorted(b / a for a, b in pairs)
    print("| dbot, ms a clip | PyAV and PyTorch, ms | speed-up |")
    print("| ---: | ---: | ---: |")
    print(f"| {1e3 * mine:.1f} | {1e3 * other:.1f} | {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |")


if __name__ == "__main__":
    main()
