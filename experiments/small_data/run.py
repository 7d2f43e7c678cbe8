#!/usr/bin/env python3
"""Small networks on small sets: which settings help, and how long pays (docs/results.md).

    experiments/small_data/run.py --data DATA --work runs/small_data --threads 2
    experiments/small_data/run.py --list
    experiments/small_data/run.py --data … --work … --threads 1 --only 'search/cifar-50000/*'
    experiments/small_data/run.py plot       draws docs/images/small-data.svg
    experiments/small_data/run.py table      writes the tables of docs/results.md

DATA holds the folders cifar10 (train/CLASS, test/CLASS), tiny-imagenet-100 (train/CLASS, val/CLASS)
and flickr8k-1000/images. What is trained on is linked into the work folder: sets/.
Each cell keeps its figures in results/; one that is there is not made again. Stopped or killed, the
same command goes on: a training from its last checkpoint.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import long_runs
import long_tables
import search
import search_tables
from common.experiment import Experiment
from common.makers import made_run
from common.programs import Place
from common.session import run
from sets import make_sets

HERE = Path(__file__).resolve().parent


def prepare(place: Place) -> None:
    make_sets(place)
    shutil.copyfile(HERE / search.RECIPE, place.work / search.RECIPE)


EXPERIMENT = Experiment(
    script=Path(__file__).resolve(),
    description=__doc__ or "",
    cells=[*search.cells(), *long_runs.cells()],
    makers={"run": made_run},
    blocks=[search_tables.BLOCK, long_tables.BLOCK],
    prepare=prepare,
    data="folders of images: cifar10, tiny-imagenet-100, flickr8k-1000",
)

if __name__ == "__main__":
    sys.exit(run(EXPERIMENT))
