"""An experiment: its cells, who makes them, and what a page says of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.cell import Cell
from common.chart import Chart, svg
from common.makers import Maker
from common.programs import Place
from common.results import Results

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/results.md"


def nothing(_place: Place) -> None:
    pass


@dataclass(frozen=True)
class Block:
    """What stands between two lines of the page."""

    name: str  # in those lines, and of the picture
    tables: Callable[[Results], Sequence[str]]  # paragraphs
    chart: Callable[[Results], Chart]
    alternative: str  # text of the picture

    @property
    def picture(self) -> str:
        return f"images/{self.name}.svg"  # beside the page


@dataclass(frozen=True)
class Experiment:
    script: Path
    description: str  # what --help says
    cells: Sequence[Cell]  # in an order in which each finds what it needs
    makers: Mapping[str, Maker]
    blocks: Sequence[Block]
    prepare: Callable[[Place], None] = nothing  # before the first cell
    data: str = "CIFAR-10: train/CLASS/*.jpg, test/CLASS/*.jpg"  # what --data has to be

    @property
    def results(self) -> Path:
        return self.script.parent / "results"


def draw(experiment: Experiment, results: Results) -> None:
    for block in experiment.blocks:
        (PAGE.parent / block.picture).write_text(svg(block.chart(results)))


def write_block(name: str, command: str, parts: Sequence[str]) -> None:
    """Paragraphs between the two lines of the page that have this name."""
    page = PAGE.read_text()
    first, last = (f"<!-- {name}: begin, written by {command} -->", f"<!-- {name}: end -->")
    before, begin, rest = page.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{PAGE} lacks the lines between which {name} stands")
    PAGE.write_text("\n\n".join([before + begin, *(part for part in parts if part), end + after]))


def write_tables(experiment: Experiment, results: Results) -> None:
    """Between the lines of each block, with its picture if that has been drawn."""
    command = f"{experiment.script.relative_to(ROOT)} table"
    for block in experiment.blocks:
        drawn = (PAGE.parent / block.picture).exists()
        picture = f"![{block.alternative}]({block.picture})" if drawn else ""
        write_block(block.name, command, [*block.tables(results), picture])
