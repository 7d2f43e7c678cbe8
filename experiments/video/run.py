#!/usr/bin/env python3
"""MAE-ST on small videos: masks, frozen features and fine-tuning (docs/results.md).

    experiments/video/run.py --data DATA --work runs/video --threads 2
    experiments/video/run.py --list
    experiments/video/run.py --data … --work … --threads 1 --only 'weizmann36/*'
    experiments/video/run.py plot       draws docs/images/video.svg
    experiments/video/run.py table      writes the tables of docs/results.md

DATA holds the folders weizmann36 (CLASS/personN.mp4) and fights160 (CLASS/*.mp4). Folds are linked into
the work folder: of weizmann36 one person is left out, of fights160 a fifth of each class. Each cell
keeps its figures in results/; one that is there is not made again. Stopped or killed, the same
command goes on: a training from its last checkpoint.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import video
import video_tables
from common.experiment import Experiment
from common.makers import made_run
from common.session import run
from folds import make_sets

EXPERIMENT = Experiment(
    script=Path(__file__).resolve(),
    description=__doc__ or "",
    cells=video.cells(),
    makers={"run": made_run, "tuning": video.made_tuning},
    blocks=[video_tables.BLOCK],
    prepare=make_sets,
    data="folders of videos: weizmann36, fights160",
)

if __name__ == "__main__":
    sys.exit(run(EXPERIMENT))
