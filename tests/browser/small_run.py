"""A data set, a recipe and run folders so small that a test makes them in seconds."""

import json
import math
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

SIDE = 8

RECIPE = """# A run of seconds.
[model]
image_size = 8
patch_size = 2
width = 16
depth = 1
heads = 2
[decoder]
width = 16
depth = 1
heads = 2
[stages]
count = 2
[schedule]
epochs = 16
warmup_epochs = 0.2
[optimizer]
base_lr = 0.01
clip_norm = 1.0
[train]
batch_size = 8
precision = "fp32"
threads = 1
[evaluate]
at_stage_ends = true
every_epochs = 4
features = "both,grid:2"
probe_epochs = 5
"""


def write_images(folder: Path):
    """Grey images of two classes as IDX files, 64 to train on and 32 to test."""
    folder.mkdir(parents=True)
    for part, count in (("train", 64), ("t10k", 32)):
        pixels = bytearray()
        for number in range(count):
            for row in range(SIDE):
                for column in range(SIDE):
                    line = column == number % SIDE if number % 2 == 0 else row == number % SIDE
                    pixels.append((220 if line else 20) + (number * 31 + row * 17 + column * 7) % 30)
        # Some labels are wrong, so that accuracies are no round figures.
        labels = bytes((number + (number % 5 == 0)) % 2 for number in range(count))
        head = struct.pack(">IIII", 0x803, count, SIDE, SIDE)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + pixels)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels)


def photograph(side, seed):
    """The bytes of a PNG of soft shades with a camera's noise, which compresses badly."""
    noise = seed * 7919 + 1
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            for channel in range(3):
                noise = (noise * 1664525 + 1013904223) % 2**32
                shade = 120 + 80 * math.sin((x + seed * 5) / 9 + channel) * math.cos(y / (7 + seed % 5))
                rows.append(int(shade) + (noise >> 29))
    return png(side, side, rows=bytes(rows))


def png(width, height, colour=(90, 140, 200), rows=None):
    """The bytes of a PNG of one colour, or of rows that begin with their filter's number, 0."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = rows or (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def colour_distance(first, second):
    """Of two "#rrggbb" in OKLab (Ottosson 2020), where black and white are 1 apart."""

    def oklab(text):
        values = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
        long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
        middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
        short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
        return (
            0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
            1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
            0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
        )

    return math.dist(oklab(first), oklab(second))


def pretrain(program, folder: Path, name, *more):
    """A run with the recipe above into folder/name; returns its folder. The data are those above
    unless more names others."""
    if not (folder / "data").exists():
        write_images(folder / "data")
        (folder / "small.toml").write_text(RECIPE)
    run = folder / name
    data = [] if "--data" in more else ["--data", folder / "data"]
    call = [program, "pretrain", folder / "small.toml", *data, "--out", run, *more]
    subprocess.run(call, check=True, capture_output=True)
    return run


def records(run: Path):
    """The whole records of a run's metrics.jsonl."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def picture_sets(run: Path):
    """What stands in pictures.json of each moment, oldest first."""
    files = (run / "pictures").glob("*/pictures.json")
    return sorted((json.loads(file.read_text()) for file in files), key=lambda one: one["step"])


def write_picture_set(run: Path, label, folder_name, name, texts="plain"):
    """Pictures as the program draws them, the newest of the run, with a name for every sample and a
    text elsewhere."""
    folder = run / "pictures" / folder_name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(png(32, 16))
    (folder / "atlas.png").write_bytes(png(24, 16, (200, 120, 60)))
    points = [{"x": i / 5, "y": (i * 3 % 6) / 5, "label": i % 2, "name": f"{name} {i}"} for i in range(6)]
    health = {
        "effective_rank": 9.5, "width": 16, "images": 64, "mean_cosine": 0.5,
        "prediction_deviation": 0.5, "target_deviation": 0.9, "constant_loss": 0.25,
        "position_loss": 0.2, "training_loss": 0.1, "held_out_loss": 0.11,
    }  # fmt: skip
    picture = {"file": "a.png", "name": name, "caption": texts}
    group = {"kind": "reconstruction", "title": texts, "explanation": texts, "pictures": [picture]}
    atlas = {"atlas": "atlas.png", "thumbnail_size": 8, "columns": 3, "classes": [texts, f"{texts} 2"]}
    document = {
        "version": 1, "label": label, "step": 1000000, "stage": 1, "groups": [group],
        "map": atlas | {"points": points},
        "neighbours": [{"query": 0, "nearest": [1, 2], "similarity": [0.9, 0.8]}],
        "pixel_neighbours": [{"query": 0, "nearest": [2, 4], "similarity": [0.99, 0.7]}], "health": health,
    }  # fmt: skip
    (folder / "pictures.json").write_text(json.dumps(document))


def write_exhibits(run: Path, folder_name, text="plain"):
    """Exhibits of each kind beside pictures that are there, and one of a kind that nobody knows."""
    folder = run / "pictures" / folder_name
    (folder / "exhibit.png").write_bytes(png(64, 32, (60, 160, 90)))
    point = {"x": 1.5, "y": 2, "label": 0, "name": text}
    words = [
        {"text": "a"}, {"text": "dog", "hidden": True, "predicted": "dog"},
        {"text": text, "hidden": True, "predicted": text + "!"}, {"text": "s", "continues": True},
    ]  # fmt: skip
    contents = {
        "strip": {"file": "exhibit.png", "parts": ["mixture", text]},
        "frames": {"file": "exhibit.png", "parts": ["clip", text]},
        "text": {"words": words},
        "matrix": {
            "rows": ["cat", text], "columns": ["cat", text], "row_title": "true class",
            "column_title": text, "low": 0, "high": None, "values": [0.9, 0.1, None, 1],
        },
        "curve": {
            "x_title": "threshold", "y_title": text,
            "lines": [{"name": "F1", "x": [0, 0.5, 1], "y": [0.2, 0.7, 0.1]}, {"name": text, "x": [0, 1], "y": [0, 1]}],
        },
        "points": {
            "x_title": text, "y_title": text, "labels": ["rare", text],
            "points": [point, {"x": 1, "y": -1, "label": 1, "name": ""}],
        },
        "mesh": {"file": "exhibit.png", "parts": ["solid", text]},
        "hologram": {},
    }  # fmt: skip
    groups = [
        {"kind": kind, "title": f"A {kind}", "explanation": text,
         "exhibits": [{"kind": kind, "name": text, "caption": text} | content]}
        for kind, content in contents.items()
    ]  # fmt: skip
    document = {"version": 1, "groups": groups, "left_out": []}
    (folder / "exhibits.json").write_text(json.dumps(document))
