"""Programs that make one training step when told to, and which of them a case compares."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import peak_memory_bytes

OFFICIAL = "official"
DBOT = "dbot"
FINETUNE = "finetune"
MIXMASK = "mixmask"
M3AE = "m3ae"
MAE_ST = "mae_st"
PRETRAINING = ("dbot", "mae")  # by code of theirs, which setup.sh fetches
STDERR_LINES = 12  # of a program that failed are shown


@dataclass(frozen=True)
class Case:
    method: str
    config: str
    precision: str
    batch: int

    @property
    def name(self) -> str:
        return f"{self.method}/{self.config}/{self.precision}/{self.batch}"

    @property
    def recipe(self) -> str:
        """dbot's recipe of the same step."""
        if (self.method, self.config) == (FINETUNE, "vit-b16"):
            return "finetune/mae-vit-b16"
        return f"{self.method}/{self.config}"

    @property
    def bytes_of_a_program(self) -> int:
        """Somewhat more than the largest of the programs was seen to take."""
        if self.method == MAE_ST:  # a video's four clips; by the sizes of what attention keeps
            fixed, per_video = {"vit-b16": (2.6, 6.0), "small-64": (0.7, 0.15)}[self.config]
            return int((fixed + per_video * self.batch) * 2**30)
        fixed, per_image = {
            "vit-b16": (2.6, 0.15),
            "tiny-32": (0.7, 0.01),
            "small-32": (0.6, 0.005),
            "resnet18-cifar": (0.8, 0.02),
            "resnet50": (1.5, 0.2),
            "small-64": (0.7, 0.01),
        }[self.config]
        return int((fixed + per_image * self.batch) * 2**30)


def parse_case(text: str) -> Case:
    match = re.fullmatch(
        r"((?:dbot|mae|finetune)/(?:vit-b16|tiny-32)|mixmask/(?:small-32|resnet18-cifar|resnet50)"
        r"|(?:m3ae|mae_st)/(?:vit-b16|small-64))"
        r"/(fp32|bf16)/([1-9]\d*)",
        text,
    )
    if match is None:
        raise ValueError(
            f"case is {text}, expected METHOD/CONFIG/PRECISION/BATCH as in dbot/vit-b16/fp32/8"
        )
    method, config = match[1].split("/")
    case = Case(method, config, match[2], int(match[3]))
    if case.method == FINETUNE and case.batch % 2:
        raise ValueError(f"case is {text}, expected an even batch: images are mixed in pairs")
    return case


@dataclass(frozen=True)
class Row:
    name: str
    command: list[str]

    @property
    def is_python(self) -> bool:
        return not self.name.startswith(DBOT)


@dataclass(frozen=True)
class Tools:
    """Where the programs are, and what they all are given."""

    dbot: Path
    peers: Path
    threads: int
    with_compile: bool
    device: str = "cpu"

    def check(self, cases: Sequence[Case]) -> None:
        """Throws FileNotFoundError with the way out where something for `cases` is missing."""
        if not os.access(self.dbot, os.X_OK):
            raise FileNotFoundError(
                f"no program at {self.dbot}; build it with ./setup.sh or give --dbot"
            )
        methods = sorted({case.method for case in cases} & {*PRETRAINING})
        for part in ("venv/bin/python", *(f"{method}/models_mae.py" for method in methods)):
            if not (self.peers / part).exists():
                raise FileNotFoundError(
                    f"{self.peers} has no {part}; run benchmarks/peers/setup.sh"
                )

    def rows(self, case: Case) -> list[Row]:
        """The official program first, dbot second: the two that all others are compared with."""
        tuned = ["--optimizer", "fused"] + ["--no-grad-teacher"] * (case.method == "dbot")
        rows = [Row(OFFICIAL, self.peer(case)), Row(DBOT, self.native(case, drop_path=0.0))]
        drop_path = self.recipe(case)["train"].get("drop_path", 0.0)
        if drop_path > 0:
            rows.append(Row(f"{DBOT}, drop path {drop_path}", self.native(case, drop_path)))
        if "--kernels" in self.output("bench", "step", "--help"):
            reference = self.native(case, 0.0) + ["--kernels", "reference"]
            rows.append(Row(f"{DBOT}, reference kernels", reference))
        for name, options in self.ways(case):
            peer = self.peer(case, *options, *tuned)
            rows.append(Row(f"tuned, {name}", peer))
            if self.with_compile:
                rows.append(Row(f"compiled, {name}", peer + ["--compile"]))
        return rows

    @staticmethod
    def ways(case: Case) -> list[tuple[str, list[str]]]:
        """What can be tuned beside the optimizer, of which the better one is not known before."""
        if case.method == MIXMASK:
            return [("channels first", []), ("channels last", ["--channels-last"])]
        return [(f"{way} attention", ["--attention", way]) for way in ("fused", "explicit")]

    def peer(self, case: Case, *more: str) -> list[str]:
        python, script = self.peers / "venv/bin/python", Path(__file__).with_name("peer.py")
        command = [str(python), str(script), case.method]
        if case.method in PRETRAINING:
            command += ["--repository", str(self.peers / case.method)]
        command += [
            "--config",
            case.config,
            "--batch",
            str(case.batch),
            "--precision",
            case.precision,
        ]
        return command + ["--device", self.device, "--threads", str(self.threads), "--serve", *more]

    def native(self, case: Case, drop_path: float) -> list[str]:
        command = [str(self.dbot), "bench", "step", case.recipe]
        command += ["--batch", str(case.batch), "--precision", case.precision]
        clip_norm = {"dbot": 3.0, MAE_ST: 0.02}.get(case.method, 0.0)
        settings = ["train.accumulate=1", f"optimizer.clip_norm={clip_norm}"]
        if case.method == MIXMASK:
            settings += ["model.norm_splits=1"]
        elif case.method != MAE_ST:  # which has none
            settings += [f"train.drop_path={drop_path}"]
        if case.method == FINETUNE:  # time does not depend on the weights
            settings += ["start.init=random", "start.path="]
        for setting in settings:
            command += ["--set", setting]
        settings = ["--threads", str(self.threads), "--serve"]
        return command + ["--device", self.device] * (self.device != "cpu") + settings

    def recipe(self, case: Case) -> dict[str, Any]:
        return tomllib.loads(self.output("recipes", "show", case.recipe))

    def output(self, *arguments: str) -> str:
        call = [str(self.dbot), *arguments]
        return subprocess.run(call, check=True, capture_output=True, text=True).stdout


class ProgramFailed(Exception):
    """A program ended before its time; the text is its last words."""


class Program:
    """A running program; `stop` must be called, whatever happens."""

    def __init__(self, row: Row, threads: int) -> None:
        self.row = row
        self._stderr = tempfile.TemporaryFile("w+", errors="replace")
        # In a group of its own: Ctrl-C reaches this script alone, stop() ends what was started.
        self._process = subprocess.Popen(
            row.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            start_new_session=True,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        )

        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    def wait_until_ready(self) -> None:
        while self._read_line() != "ready":
            pass

    def step(self) -> float:
        """One step; its seconds, as the program measured them."""
        try:
            self._input.write("\n")
            self._input.flush()
        except BrokenPipeError:
            raise self._failure() from None
        line = self._read_line()
        try:
            return float(line)
        except ValueError:
            raise ProgramFailed(f"it printed {line!r}, expected the seconds of a step") from None

    def peak_memory_bytes(self) -> int:
        try:
            return peak_memory_bytes(self._process.pid)
        except OSError:
            raise self._failure() from None

    def finish(self) -> dict[str, Any]:
        """Lets the program end; what it says of itself, which may be nothing."""
        self._input.close()
        lines = self._output.read().splitlines()
        if self._process.wait() != 0:
            raise self._failure()
        return json.loads(lines[-1]) if lines else {}

    def stop(self) -> None:
        """Ends the program and all that it started, if they still run."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._output.close()
        self._stderr.close()

    def _read_line(self) -> str:
        line = self._output.readline()
        if not line:
            raise self._failure()
        return line.strip()

    def _failure(self) -> ProgramFailed:
        code = self._process.wait()
        self._stderr.seek(0)
        tail = self._stderr.read().splitlines()[-STDERR_LINES:]
        ending = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return ProgramFailed(
            "\n".join([f"it ended with {ending}", *(f"  {line}" for line in tail)])
        )


def groups_that_fit(rows: Sequence[Row], bytes_of_a_program: int, memory: int) -> list[list[Row]]:
    """Rows that run at the same time: the first two in every group, and as many as memory holds."""
    places = max(1, memory // bytes_of_a_program - 2)
    always, others = list(rows[:2]), list(rows[2:])
    groups = [others[start : start + places] for start in range(0, len(others), places)]
    return [always + group for group in groups] or [always]
