"""A hundred tasks: what is forgotten, and how much room is left."""

from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results
from common.stored_run import Json
from common.tables import NOTHING, minutes, standing, table
from permuted import DENSITY, LEARNING, TASKS, cells, name
from task_tables import earlier, free_shares

SHOWN = (1, 2, 5, 10, 20, 50, 100)  # tasks
WITHIN = 0.1  # of what independent masks leave


def expected(task: int) -> float:
    """Free share of the task'th mask, if masks are independent."""
    return float((1 - DENSITY) ** (task - 1))


def shares_of(results: Results, learning: str) -> list[float]:
    """By task; none where the cell is not there."""
    found = results.get(name(learning))
    return free_shares(found["figures"]) if found else []


def accuracy_row(title: str, found: Json | None) -> list[str]:
    if not found:
        return [title, *(NOTHING for _ in range(6))]
    figures = found["figures"]
    shown = (
        figures["average_accuracy"],
        earlier(figures, "own_end"),
        earlier(figures, "end"),
        figures["average_forgetting"],
        max(figures["forgetting"]),
    )
    return [title, *(f"{value:.2f}" for value in shown), minutes([found])]


def accuracies_table(results: Results) -> str:
    heads = ["learned as", "average accuracy", "earlier tasks when learned", "at the end"]
    more = ["forgetting", "most forgotten", "minutes of the run"]
    rows = [accuracy_row(title, results.get(name(key))) for key, title in LEARNING.items()]
    return table([*heads, *more], rows)


def shares_table(results: Results) -> str:
    rows = [["(1 − k)^t, independent masks", *(f"{expected(task):.3f}" for task in SHOWN)]]
    for key, title in LEARNING.items():
        if shares := shares_of(results, key):
            rows.append([title, *(f"{shares[task - 1]:.3f}" for task in SHOWN)])
    return table(["free share of the mask of task", *(str(task) for task in SHOWN)], rows)


def farthest_line(results: Results) -> str:
    found = shares_of(results, "exclusive")
    if not found:
        return ""
    off = [share / expected(task) - 1 for task, share in enumerate(found, 1)]
    outside = sum(abs(one) > WITHIN for one in off)
    return (
        f"ExSSNeT's free share is {min(off):+.1%} to {max(off):+.1%} off what independent masks leave; "
        f"{outside} of {TASKS} tasks are more than {WITHIN:.0%} off."
    )


def tables(results: Results) -> list[str]:
    return [
        standing(results, cells()),
        accuracies_table(results),
        shares_table(results),
        farthest_line(results),
    ]


def chart(results: Results) -> Chart:
    found = shares_of(results, "exclusive")
    learned = {float(task): [100 * share] for task, share in enumerate(found, 1)}
    independent = {float(task): [100 * expected(task)] for task in range(1, TASKS + 1)}
    return Chart(
        title="A hundred tasks: what no earlier task uses",
        across="task",
        up="free share of its mask, %",
        marks={task: str(task) for task in (1, 20, 40, 60, 80, 100)},
        series=[
            Series("ExSSNeT", COLOURS[0], learned),
            Series("independent", COLOURS[1], independent),
        ],
        step=20,
    )


BLOCK = Block("permuted-tasks", tables, chart, "Free share of a task's mask, by task")
