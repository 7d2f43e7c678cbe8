"""Accuracy by number of labels, both arms, as an SVG."""

import math
from pathlib import Path
from statistics import fmean

from cells import EPOCHS
from tables import Results, of_seeds, read_results, top1

WIDTH, HEIGHT = 560, 340
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 24, 52  # margins
TRAINING_IMAGES = 50_000
SHARES = {"1%": 0.01, "10%": 0.1, "all": 1.0}
ARMS = {"pretrained": ("pre-trained", "#1f6fb4"), "scratch": ("from scratch", "#b4541f")}
PADDING = 0.15  # beside the first and the last number of labels, in powers of ten
STEP = 10  # percent between lines


def across(labels: float) -> float:
    """Pixels from the left; numbers of labels are logarithmic."""
    exponents = [math.log10(share * TRAINING_IMAGES) for share in SHARES.values()]
    low, high = min(exponents) - PADDING, max(exponents) + PADDING
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(labels) - low) / (high - low)


def points(results: Results, arm: str) -> dict[float, list[float]]:
    """Top-1 of each seed by number of labels."""
    found = {
        SHARES[labels] * TRAINING_IMAGES: list(
            top1(of_seeds(results, f"finetune/{arm}/{labels}")).values()
        )
        for labels in EPOCHS
    }
    return {labels: values for labels, values in found.items() if values}


class Scale:
    """Percent to pixels, over whole steps around all values."""

    def __init__(self, values: list[float]) -> None:
        self.low = STEP * math.floor(min(values, default=0) / STEP)
        self.high = STEP * math.ceil(max(values, default=100) / STEP)
        if self.low == self.high:
            self.high += STEP

    def down(self, percent: float) -> float:
        share = (percent - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def marks(self) -> list[int]:
        return list(range(self.low, self.high + 1, STEP))


def text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{words}</text>'


def axes(scale: Scale) -> list[str]:
    right = WIDTH - RIGHT
    parts = []
    for percent in scale.marks():
        y = scale.down(percent)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y + 4, str(percent), "end"))
    for name, share in SHARES.items():
        x, count = across(share * TRAINING_IMAGES), share * TRAINING_IMAGES
        words = f"{count:,.0f} ({name})"
        parts.append(text(x, HEIGHT - BOTTOM + 18, words))
    parts.append(text((LEFT + right) / 2, HEIGHT - 12, "labelled training images"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turn = f' transform="rotate(-90 16 {middle:.1f})"'
    parts.append(text(16, middle, "top-1 on the test images, %", more=turn))
    return parts


def arm_parts(scale: Scale, found: dict[float, list[float]], name: str, colour: str) -> list[str]:
    """A line through the means, and a point for each seed."""
    means = [(across(labels), scale.down(fmean(values))) for labels, values in found.items()]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in means)
    parts = [f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for labels, values in found.items():
        for value in values:
            x, y = across(labels), scale.down(value)
            look = f'r="3.5" fill="{colour}" opacity="0.7"'
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" {look}/>')
    x, y = means[-1]
    return [*parts, text(x + 24, y + 4, name, "start", f' fill="{colour}" font-weight="bold"')]


def draw(folder: Path) -> str:
    results = read_results(folder)
    arms = {arm: points(results, arm) for arm in ARMS}
    scale = Scale([one for found in arms.values() for values in found.values() for one in values])
    parts = axes(scale)
    for arm, (name, colour) in ARMS.items():
        if arms[arm]:
            parts += arm_parts(scale, arms[arm], name, colour)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    font = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    title = "<title>Top-1 accuracy on CIFAR-10 by number of labels</title>"
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, title, ground, *parts, "</svg>", ""])
