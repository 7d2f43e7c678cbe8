#!/usr/bin/env python3
"""What pre-training is worth on CIFAR-10: makes the experiment of docs/results.md cell by cell.

    experiments/fine_tuning/run.py --data cifar10 --work runs/fine_tuning --threads 2
    experiments/fine_tuning/run.py --list
    experiments/fine_tuning/run.py --data … --work … --only 'finetune/*/10%/*'
    experiments/fine_tuning/run.py plot        draws docs/images/fine-tuning.svg
    experiments/fine_tuning/run.py table       writes the tables of docs/results.md

The data folder has CIFAR-10 as images: train/CLASS/*.jpg and test/CLASS/*.jpg. Each cell keeps its
figures in results/; one that is there is not made again. Stopped or killed, the same command goes
on: a training from its last checkpoint, an evaluation from its beginning.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cells import all_cells
from common.experiment import Block, Experiment
from common.session import run
from execute import MAKERS
from plot import chart
from tables import tables

EXPERIMENT = Experiment(
    script=Path(__file__).resolve(),
    description=__doc__ or "",
    cells=all_cells(),
    makers=MAKERS,
    blocks=[Block("fine-tuning", tables, chart, "Top-1 by number of labels, both arms")],
)

if __name__ == "__main__":
    sys.exit(run(EXPERIMENT))
