"""MaskDistill: which teacher, and is its scale worth anything? (docs/methods/maskdistill.md §9)"""

from common.cell import Cell
from common.chart import COLOURS, Chart, Series
from common.experiment import Block
from common.results import Results, of_seeds
from common.stored_run import Json
from common.tables import NOTHING, mean_and_spread, minutes, one_of, standing, table
from family import END, KNN, LINEAR, PIXELS, UNTRAINED, accuracy, losses, pretraining
from images import LARGE

STUDENT, TEACHER_RECIPE = "maskdistill/tiny-32", "finetune/maskdistill-teacher-32"
TEACHER = "maskdistill/teacher"
SEEDS = (0, 1, 2)
ARMS = {
    "labelled": "teacher that learnt labels",
    "random": "the same teacher, untrained",
    "pixels": "pixels, standardised by patch",
    "not-normalised": "teacher that learnt labels, not normalised",
}
SEEDS_OF = {"not-normalised": (0,)}
SHORT = {"labelled": "labels", "random": "random", "pixels": "pixels", "not-normalised": "no norm."}


def untrained_teacher(seed: int) -> str:
    return f"maskdistill/untrained-teacher/seed-{seed}"


def student(arm: str, seed: int) -> Cell:
    teacher = untrained_teacher(seed) if arm == "random" else TEACHER
    values = {
        "pixels": (
            *("objective.target=pixels", "objective.normalisation=patch"),
            *("teacher.init=random", 'teacher.path=""'),
        ),
        "not-normalised": (f"teacher.path={teacher}", "objective.normalisation=none"),
    }.get(arm, (f"teacher.path={teacher}",))
    return pretraining(
        f"maskdistill/{arm}/seed-{seed}",
        STUDENT,
        *values,
        "evaluate.features=mean",
        seed=seed,
        needs=() if arm == "pixels" else (teacher,),
    )


def cells() -> list[Cell]:
    untrained = [
        pretraining(
            untrained_teacher(seed),
            TEACHER_RECIPE,
            "evaluate.every_epochs=0",
            "evaluate.at_stage_ends=false",
            seed=seed,
            data=LARGE,
            words=("--steps", "0"),
        )
        for seed in SEEDS
    ]
    students = [
        student(arm, seed) for seed in SEEDS for arm in ARMS if seed in SEEDS_OF.get(arm, SEEDS)
    ]
    return [pretraining(TEACHER, TEACHER_RECIPE, data=LARGE), *untrained, *students]


def row(name: str, found: dict[int, Json], label: str) -> list[str]:
    both = [accuracy(found, protocol, label).values() for protocol in (KNN, LINEAR)]
    return [name, str(len(found) or NOTHING), *(mean_and_spread(one) for one in both)]


def students_table(results: Results) -> str:
    rows = []
    any_arm = of_seeds(results, "maskdistill/pixels", SEEDS)
    for name, label in (("raw pixels", PIXELS), ("untrained student", UNTRAINED)):
        rows.append([*row(name, any_arm, label), NOTHING, NOTHING, NOTHING, NOTHING])
    for arm, name in ARMS.items():
        found = of_seeds(results, f"maskdistill/{arm}", SEEDS)
        loss = mean_and_spread(losses(found.values()), digits=3)
        steps, images = one_of(found, "steps"), one_of(found, "images")
        rows.append([*row(name, found, END), loss, steps, images, minutes(found.values())])
    heads = ["what is predicted", "n", "k-NN", "linear probe", "loss", "steps", "images seen"]
    return table([*heads, "minutes of a run"], rows)


def teacher_line(results: Results) -> str:
    if TEACHER not in results:
        return ""
    found = results[TEACHER]
    return (
        f"The teacher, {found['steps']:,} steps on the other 40,000 images: top-1 "
        f"{found['figures']['top1']:.2f} of the test images, {found['seconds'] / 60:.1f} minutes."
    )


def tables(results: Results) -> list[str]:
    return [
        standing(results, cells()),
        "Top-1 of frozen features on the test images, percent. Losses are of different targets.",
        students_table(results),
        teacher_line(results),
    ]


def chart(results: Results) -> Chart:
    found = {arm: of_seeds(results, f"maskdistill/{arm}", SEEDS) for arm in ARMS}
    untrained = of_seeds(results, "maskdistill/pixels", SEEDS)

    def series(name: str, colour: str, protocol: str) -> Series:
        values = [list(accuracy(untrained, protocol, UNTRAINED).values())]
        values += [list(accuracy(one, protocol).values()) for one in found.values()]
        return Series(name, colour, {i: seeds for i, seeds in enumerate(values) if seeds})

    return Chart(
        title="MaskDistill: frozen features by what the student predicts",
        across="what the student predicts",
        up="top-1 on the test images, %",
        marks=dict(enumerate(["untrained", *SHORT.values()])),
        series=[series("k-NN", COLOURS[0], KNN), series("linear probe", COLOURS[1], LINEAR)],
        joined=False,
    )


BLOCK = Block("maskdistill", tables, chart, "k-NN and linear probe by what the student predicts")
