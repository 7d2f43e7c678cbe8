#!/usr/bin/env python3
"""ExSSNeT and its relatives on tasks of small images (docs/results.md).

    experiments/continual/run.py --data DATA --work runs/continual --threads 1
    experiments/continual/run.py --list
    experiments/continual/run.py --data … --work … --threads 1 --only 'split/*'
    experiments/continual/run.py plot       draws docs/images/{continual,permuted-tasks}.svg
    experiments/continual/run.py table      writes the tables of docs/results.md

DATA holds the folders cifar10 (train/CLASS, test/CLASS) and fashion-mnist (IDX files). Each cell keeps
its figures in results/; one that is there is not made again. Stopped or killed, the same command
goes on: a training from its last checkpoint.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import features
import permuted
import permuted_tables
import repeats
import split
import split_tables
from common.experiment import Experiment
from common.makers import made_run
from common.session import run
from learning import made_tasks

EXPERIMENT = Experiment(
    script=Path(__file__).resolve(),
    description=__doc__ or "",
    cells=[*split.cells(), *permuted.cells(), *repeats.cells(), *features.cells()],
    makers={"run": made_run, "tasks": made_tasks, "repeat": repeats.made_repeat},
    blocks=[split_tables.BLOCK, permuted_tables.BLOCK],
    prepare=repeats.make_set,
    data="folders of images: cifar10, fashion-mnist",
)

if __name__ == "__main__":
    sys.exit(run(EXPERIMENT))
