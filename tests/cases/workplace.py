"""A scratch folder with the inputs in it, the program at work there, and what is held against the
expectation."""

import csv
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

INPUTS = Path(__file__).resolve().parent / "inputs"
MOST_SECONDS = 120  # of one command
QUICK = ["--threads", "1", "--set", "report.pictures=false"]
UNJUDGED = ["--set", "evaluate.at_stage_ends=false"]


@dataclass(frozen=True)
class Answer:
    command: str
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The last line of stdout; empty where it is no JSON object."""
        lines = self.out.strip().splitlines()
        try:
            found = json.loads(lines[-1]) if lines else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def text(self) -> str:
        return self.out + self.err

    def last_words(self) -> str:
        lines = self.err.strip().splitlines()
        return lines[-1][:300] if lines else ""


class Workplace:
    """One case: its own copy of the inputs, and the complaints about what was seen."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder
        self.complaints: list[str] = []
        shutil.copytree(INPUTS, folder, dirs_exist_ok=True)

    def dbot(self, *words: object, at: str = ".") -> Answer:
        """Runs the program in `at`, a folder of the scratch folder."""
        process = self.start(*words, at=at)
        return self.finish(process, *words)

    def start(self, *words: object, at: str = ".") -> subprocess.Popen:
        return subprocess.Popen(
            [str(self.program), *map(str, words)],
            cwd=self.folder / at,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "COLUMNS": "200"},
        )

    def finish(self, process: subprocess.Popen, *words: object) -> Answer:
        command = " ".join(["dbot", *map(str, words)])
        try:
            out, err = process.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.complain(f"{command}: not done after {MOST_SECONDS} s")
        texts = (text.decode(errors="replace") for text in (out, err))
        return Answer(command, process.returncode, *texts)

    def stop_when(self, condition, *words: object, at: str = ".") -> Answer:
        """Interrupts the program as Ctrl-C does, once `condition` holds."""
        process = self.start(*words, at=at)
        deadline = time.monotonic() + MOST_SECONDS
        while process.poll() is None and not condition() and time.monotonic() < deadline:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        return self.finish(process, *words)

    def complain(self, text: str) -> None:
        self.complaints.append(text)

    def expect(self, holds: object, answer: Answer, expected: str) -> bool:
        """Writes down what was expected, and what came instead."""
        if not holds:
            self.complain(
                f"{answer.command}: expected {expected}; exit code {answer.code}, "
                f"its last words: {answer.last_words()}"
            )
        return bool(holds)

    def expect_code(self, answer: Answer, *codes: int) -> bool:
        return self.expect(answer.code in codes, answer, f"exit code {' or '.join(map(str, codes))}")

    def expect_words(self, answer: Answer, *words: str) -> bool:
        """All of them, in any case of letters."""
        missing = [word for word in words if word.lower() not in answer.text.lower()]
        return self.expect(not missing, answer, f"a text with {missing}")

    def expect_refusal(self, answer: Answer, *words: str, of: str = "") -> bool:
        """Bad data (exit code 3), in a message that holds one of these words beside the
        file's name `of`."""
        message = answer.err.replace(of, "") if of else answer.err
        named = any(word.lower() in message.lower() for word in words)
        return self.expect_code(answer, 3) and self.expect(named, answer, f"one of {words} named")

    def images_in(self, source: str, at: str = ".") -> int:
        """What `data stats` counts; -1 where it fails."""
        answer = self.dbot("data", "stats", source, "--json", at=at)
        self.expect_code(answer, 0)
        return answer.json.get("images", -1)

    def features(self, model: str, source: str, *more: str) -> dict[str, list[float]]:
        """Those that `embed` writes, by the image's name; empty where it fails."""
        self.count = getattr(self, "count", 0) + 1
        name = f"features-{self.count}.csv"
        words = ["embed", "--model", model, "--data", source, "--out", name, "--threads", 1, *more]
        answer = self.dbot(*words)
        if not self.expect_code(answer, 0):
            return {}
        with (self.folder / name).open(newline="") as file:
            rows = list(csv.reader(file))
        return {row[0]: [float(value) for value in row[2:]] for row in rows[1:]}

    def expect_equal_features(self, one: dict, two: dict, tolerance: float, what: str) -> None:
        if not one or not two:
            return  # said already
        if list(one) != list(two):
            self.complain(f"{what}: features of {list(one)[:3]} beside those of {list(two)[:3]}")
            return
        difference = max(
            abs(a - b) for name in one for a, b in zip(one[name], two[name], strict=True)
        )
        if not difference <= tolerance:
            self.complain(f"{what}: features differ by {difference:.3g}, at most {tolerance} allowed")
