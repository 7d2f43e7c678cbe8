"""The kept figures: one JSON file for each cell that has been made."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from common.cell import Cell
from common.stored_run import Json

Results = dict[str, Json]  # by name of the cell


def write_result(file: Path, result: Json) -> None:
    """Whole or not at all: the file says that the cell is done."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".partial")
    aside.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    os.replace(aside, file)


def read_results(cells: Iterable[Cell], folder: Path) -> Results:
    files = {cell.name: folder / cell.file for cell in cells}
    return {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}


def of_seeds(results: Results, start: str, seeds: Iterable[int]) -> dict[int, Json]:
    """The results of a row by seed: those that are there."""
    names = {seed: f"{start}/seed-{seed}" for seed in seeds}
    return {seed: results[name] for seed, name in names.items() if name in results}
