#!/usr/bin/env python3
"""Thresholds and weights of labels: learned, tuned or fixed (docs/results.md).

    experiments/multi_label/run.py --data DATA --work runs/multi_label --threads 1
    experiments/multi_label/run.py --list
    experiments/multi_label/run.py --data … --work … --threads 1 --only 'reuters21578/*'
    experiments/multi_label/run.py plot       draws docs/images/multi-label.svg
    experiments/multi_label/run.py table      writes the tables of docs/results.md

DATA holds the folders reuters21578 (*.sgm) and goemotions (*.tsv). Each cell keeps its figures in
results/; one that is there is not made again. Stopped or killed, the same command goes on: a
training from its last checkpoint.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import policies
import policy_tables
from common.experiment import Experiment
from common.session import run

EXPERIMENT = Experiment(
    script=Path(__file__).resolve(),
    description=__doc__ or "",
    cells=policies.cells(),
    makers={"policy": policies.made_policy},
    blocks=[policy_tables.BLOCK],
    data="folders of texts: reuters21578, goemotions",
)

if __name__ == "__main__":
    sys.exit(run(EXPERIMENT))
