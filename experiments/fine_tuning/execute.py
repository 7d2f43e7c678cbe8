"""Makes the cells of fine-tuning: what is asked of an evaluation, and the runs of timm."""

import shlex
from pathlib import Path

from common.cell import DATA, Cell
from common.experiment import ROOT
from common.makers import made_evaluation, made_run
from common.programs import Place, call, dbot, last_json, processor
from common.stored_run import Json

TIMM_SCRIPT = Path(__file__).resolve().parent / "timm_finetune.py"


def probe_figures(found: Json) -> Json:
    rows = [
        {key: row[key] for key in ("protocol", "features", "top1", "top5")}
        for row in found["results"]
    ]
    samples = {key: found["results"][0][key] for key in ("train_samples", "test_samples")}
    return {"top1": found["top1"], "top5": found["top5"], **samples, "results": rows}


def made_probe(place: Place, cell: Cell) -> Json:
    return made_evaluation(place, cell, probe_figures)


def exported(place: Place, cell: Cell, run: str, name: str) -> str:
    file = f"exports/{name}.safetensors"
    (place.work / file).parent.mkdir(parents=True, exist_ok=True)
    dbot(place, cell, ("export", run, "--format", "timm", "--out", file, "--force"))
    return file


def made_timm(place: Place, cell: Cell) -> Json:
    _, like, first = cell.needs
    words = [f"--like={like}", f"--data={place.data}"]
    words += [f"--backbone={exported(place, cell, 'dbot', 'backbone')}"]
    words += [f"--classifier={exported(place, cell, first, 'classifier')}", f"--run={first}"]
    words += [f"--seed={cell.seed}", f"--threads={place.threads}"]
    found = last_json(call(place, cell, [str(place.python), str(TIMM_SCRIPT), *words]))
    shown = [word.replace(str(place.data), DATA) for word in words]
    return {
        "command": shlex.join(("python", str(TIMM_SCRIPT.relative_to(ROOT)), *shown)),
        **found,
        "processor": processor(),
        "threads": place.threads,
    }


MAKERS = {"run": made_run, "probe": made_probe, "timm": made_timm}
