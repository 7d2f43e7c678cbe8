"""What the search found: a table for each set, and accuracy by length."""

from collections.abc import Iterable
from math import log2

from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results
from common.stored_run import Json
from common.tables import NOTHING, mean_and_spread, minutes_and_spread, standing, table
from search import SEARCHES, Change, Search, cells

KNN, LINEAR, MEAN, GRID = "knn", "linear", "mean", "grid:3"
SHOWN = ((KNN, MEAN), (LINEAR, MEAN), (KNN, GRID), (LINEAR, GRID))
HEADS = ("k-NN, mean", "linear, mean", "k-NN, grid", "linear, grid")
PIXELS, UNTRAINED = "raw pixels", "untrained network"


def top1(evaluation: Json, protocol: str, features: str) -> list[float]:
    """One value, or none where that was not measured."""
    return [
        row["top1"]
        for row in evaluation["results"]
        if row["protocol"] == protocol and row["features"] in (features, "pixels")
    ]


def last(result: Json) -> Json:
    evaluations: list[Json] = result["figures"]["evaluations"]
    return evaluations[-1]


def labelled(result: Json, label: str) -> list[Json]:
    return [one for one in result["figures"]["evaluations"] if one["label"] == label]


def found(evaluations: Iterable[Json]) -> list[str]:
    known = list(evaluations)
    return [
        mean_and_spread((value for one in known for value in top1(one, *kind)), digits=1)
        for kind in SHOWN
    ]


def of_base(search: Search, results: Results) -> list[Json]:
    names = [search.base_name(seed) for seed in search.seeds]
    return [results[name] for name in names if name in results]


def change_row(search: Search, change: Change, results: Results) -> list[str]:
    name = search.name(change)
    if name not in results:
        return [change.what, change.value, *(NOTHING for _ in SHOWN), NOTHING, NOTHING]
    one = results[name]
    minutes = minutes_and_spread([one])
    return [change.what, change.value, *found([last(one)]), f"{one['images']:,}", minutes]


def of_set(search: Search, results: Results) -> str:
    bases = of_base(search, results)
    rows = []
    for label in (PIXELS, UNTRAINED):
        evaluations = [one for base in bases for one in labelled(base, label)]
        rows.append([label, "", *found(evaluations), NOTHING, NOTHING])
    images = f"{bases[0]['images']:,}" if bases else NOTHING
    minutes = minutes_and_spread(bases)
    rows.append(["the base", "", *found(map(last, bases)), images, minutes])
    rows += [change_row(search, change, results) for change in search.changes]
    return table(["what differs", "", *HEADS, "images seen", "minutes"], rows, left=2)


def tables(results: Results) -> list[str]:
    parts = [standing(results, cells())]
    for search in SEARCHES:
        if not any(cell.name in results for cell in search.cells()):
            continue
        parts += [f"**{search.of.name}.** Top-1, percent.", of_set(search, results)]
    return parts


def by_length(search: Search, results: Results) -> dict[float, list[float]]:
    points: dict[float, list[float]] = {}
    runs = of_base(search, results)
    for change in search.changes:
        if change.what == "images" and search.name(change) in results:
            runs.append(results[search.name(change)])
    for run in runs:
        points.setdefault(log2(run["images"]), []).extend(top1(last(run), LINEAR, GRID))
    return points


def chart(results: Results) -> Chart:
    return Chart(
        title="Linear probe by images seen",
        across="images seen",
        up="linear probe of the 3 × 3 grid, top-1, %",
        marks=MARKS,
        series=[
            Series(search.of.name, colour, by_length(search, results))
            for search, colour in zip(SEARCHES, COLOURS, strict=False)
        ],
    )


MARKS = {log2(count): f"{count // 1000}k" for count in (25_000, 100_000, 400_000, 1_600_000)}
BLOCK = Block("small-data", tables, chart, "Linear probe by images seen, a line for each set")
