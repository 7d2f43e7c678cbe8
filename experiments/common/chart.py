"""A chart of a few series as an SVG: a point for each seed, and a line through the means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

WIDTH, HEIGHT = 560, 340
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 24, 52  # margins
PADDING = 0.075  # beside the first and the last mark, as a share of what is between
LINE = 15  # pixels between names of series, at least

COLOURS = ("#1f6fb4", "#b4541f", "#2c8a4b", "#7d4fb0", "#8a6d1c", "#555")


@dataclass(frozen=True)
class Series:
    name: str
    colour: str
    points: dict[float, list[float]]  # the values of all seeds by their place across


@dataclass(frozen=True)
class Chart:
    title: str
    across: str  # what the axis shows
    up: str
    marks: dict[float, str]  # places across, and what is written there
    series: Sequence[Series]
    step: float = 10  # between lines
    joined: bool = True  # by a line

    @property
    def drawn(self) -> list[Series]:
        return [one for one in self.series if one.points]


class Scale:
    """Places and values to pixels; values over whole steps around all of them."""

    def __init__(self, chart: Chart) -> None:
        series = chart.drawn
        values = [one for each in series for seeds in each.points.values() for one in seeds]
        self.step = chart.step
        self.low = math.floor(min(values, default=0) / self.step)
        self.high = math.ceil(max(values, default=10 * self.step) / self.step)
        self.high = max(self.high, self.low + 1)
        padding = PADDING * (max(chart.marks) - min(chart.marks))
        self.first, self.last = min(chart.marks) - padding, max(chart.marks) + padding

    def across(self, place: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place - self.first) / (self.last - self.first)

    def down(self, value: float) -> float:
        share = (value / self.step - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def lines(self) -> list[float]:
        return [number * self.step for number in range(self.low, self.high + 1)]


def text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{words}</text>'


def axes(chart: Chart, scale: Scale) -> list[str]:
    right = WIDTH - RIGHT
    parts = []
    for value in scale.lines():
        y = scale.down(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y + 4, f"{value:g}", "end"))
    for place, words in chart.marks.items():
        parts.append(text(scale.across(place), HEIGHT - BOTTOM + 18, words))
    parts.append(text((LEFT + right) / 2, HEIGHT - 12, chart.across))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turn = f' transform="rotate(-90 16 {middle:.1f})"'
    parts.append(text(16, middle, chart.up, more=turn))
    return parts


def means_of(series: Series, scale: Scale) -> list[tuple[float, float]]:
    return [
        (scale.across(place), scale.down(fmean(values)))
        for place, values in sorted(series.points.items())
    ]


def marks_of(chart: Chart, series: Series, scale: Scale) -> list[str]:
    """A line through the means, and a point for each seed."""
    parts = []
    if chart.joined:
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in means_of(series, scale))
        parts.append(f'<path d="M{line}" fill="none" stroke="{series.colour}" stroke-width="2"/>')
    for place, values in series.points.items():
        for value in values:
            x, y = scale.across(place), scale.down(value)
            look = f'r="3.5" fill="{series.colour}" opacity="0.7"'
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" {look}/>')
    return parts


def names_of(chart: Chart, scale: Scale) -> list[str]:
    """Beside the last means, from top to bottom, none over another."""
    ends = [(means_of(series, scale)[-1], series) for series in chart.drawn]
    parts, above = [], -math.inf
    for (x, y), series in sorted(ends, key=lambda end: end[0][1]):
        above = max(y, above + LINE)
        look = f' fill="{series.colour}" font-weight="bold"'
        parts.append(text(x + 24, above + 4, series.name, "start", look))
    return parts


def svg(chart: Chart) -> str:
    scale = Scale(chart)
    parts = axes(chart, scale)
    for series in chart.drawn:
        parts += marks_of(chart, series, scale)
    parts += names_of(chart, scale)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    font = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    title = f"<title>{chart.title}</title>"
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, title, ground, *parts, "</svg>", ""])
