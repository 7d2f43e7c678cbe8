#!/usr/bin/env python3
"""MaskDistill, i-MAE and MixMask in small: makes the experiments of docs/results.md cell by cell.

    experiments/image_family/run.py --data cifar10 --work runs/image_family --threads 2
    experiments/image_family/run.py --list
    experiments/image_family/run.py --data … --work … --threads 1 --only 'mixmask/*'
    experiments/image_family/run.py plot       draws docs/images/{maskdistill,imae,mixmask}.svg
    experiments/image_family/run.py table      writes the tables of docs/results.md

The data folder has CIFAR-10 as images: train/CLASS/*.jpg and test/CLASS/*.jpg. Two sets of them
are linked into the work folder: images/10000, the first 1,000 training images of each class by name,
and images/40000, all others. Each cell keeps its figures in results/; one that is there is not made
again. Stopped or killed, the same command goes on: a training from its last checkpoint, an evaluation
from its beginning.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import imae
import imae_tables
import maskdistill
import mixmask
from common.cell import Cell
from common.experiment import Experiment
from common.makers import made_evaluation, made_run
from common.programs import Place
from common.session import run
from common.stored_run import Json
from images import make_sets


def analysis_figures(found: Json) -> Json:
    """All but what the command says already."""
    return {key: value for key, value in found.items() if key not in ("model", "teacher")}


def made_analysis(place: Place, cell: Cell) -> Json:
    return made_evaluation(place, cell, analysis_figures)


EXPERIMENT = Experiment(
    script=Path(__file__).resolve(),
    description=__doc__ or "",
    cells=[*maskdistill.cells(), *imae.cells(), *mixmask.cells()],
    makers={"run": made_run, "analysis": made_analysis},
    blocks=[maskdistill.BLOCK, imae_tables.BLOCK, mixmask.BLOCK],
    prepare=make_sets,
)

if __name__ == "__main__":
    sys.exit(run(EXPERIMENT))
