"""Transfer by nearest neighbours: is a task found that came before, and does that help?"""

import json
from array import array
from pathlib import Path

from common.cell import Cell
from common.claims import waited_for
from common.links import images_of, link, whole_or_nothing
from common.programs import Place
from common.stored_run import Json, of_type, records
from learning import CIFAR, continual, made_tasks

SEEDS = (0, 1, 2, 3, 4)
TRANSFER = {"none": "a drawn mask", "knn_best": "the mask of the task that helps most"}
SET = "sets/again"  # in the work folder
AGAIN = "-again"
REPEATED = ("airplane", "automobile")  # the second task's classes
OTHERS = (("bird", "cat"), ("deer", "dog"))
OF_A_CLASS, TEST = 800, 500  # images
TASKS = (OTHERS[0], REPEATED, OTHERS[1], tuple(one + AGAIN for one in REPEATED))
FOUND = TASKS.index(REPEATED)


def cell(transfer: str, seed: int) -> Cell:
    groups = "; ".join(", ".join(classes) for classes in TASKS)
    return continual(
        f"repeats/{transfer}/seed-{seed}",
        f'tasks.groups="{groups}"',
        "evaluate.every_epochs=1",
        data=SET,
        tasks=len(TASKS),
        density=0.05,
        transfer=transfer,
        learning="exclusive",
        kind="repeat",
        seed=seed,
    )


def cells() -> list[Cell]:
    return [cell(transfer, seed) for seed in SEEDS for transfer in TRANSFER]


def link_class(source: Path, target: Path, name: str, part: str, count: int) -> None:
    """The first images by name, and the next ones for the class that comes again."""
    images = images_of(source / CIFAR.rpartition("/")[2] / part / name)
    link(images[:count], target / part / name)
    if name in REPEATED:
        link(images[count : 2 * count], target / part / (name + AGAIN))


def make_set(place: Place) -> None:
    """Whole or not at all."""
    target = place.work / SET
    with waited_for(place, "sets"):
        if target.exists():
            return
        with whole_or_nothing(target) as aside:
            for name in (*REPEATED, *OTHERS[0], *OTHERS[1]):
                link_class(place.data, aside, name, "train", OF_A_CLASS)
                link_class(place.data, aside, name, "test", TEST)


def mask_of(file: Path) -> list[bool]:
    """Of a task's network: where its weights are not 0 (safetensors)."""
    content = file.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header: Json = json.loads(content[8:start])
    mask: list[bool] = []
    for name in sorted(header):
        if len(header[name].get("shape", ())) < 2:
            continue
        begin, end = header[name]["data_offsets"]
        mask += [value != 0 for value in array("f", content[start + begin : start + end])]
    return mask


def share(mask: list[bool], other: list[bool]) -> float:
    both = sum(one and two for one, two in zip(mask, other, strict=True))
    return round(both / sum(mask), 4)


def made_repeat(place: Place, cell: Cell) -> Json:
    """With what the last task's mask has in common with those before, and its test by epoch."""
    result = made_tasks(place, cell)
    run = place.work / cell.folder
    last = mask_of(run / "model.safetensors")
    earlier = [mask_of(run / f"stage-{2 * task + 2}.safetensors") for task in range(len(TASKS) - 1)]
    result["figures"]["mask_shared"] = [share(last, one) for one in earlier]
    begin = 2 * len(earlier) + 1  # the stage of the last task's mask
    result["figures"]["by_epoch"] = [
        round(line["results"][0]["figures"]["newest_task"], 4)
        for line in of_type(records(run), "evaluation")
        if line["stage"] >= begin and line["moment"] != "start"
    ]
    return result
