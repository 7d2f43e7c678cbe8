"""A build, and what its programs answer."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

MOST_SECONDS = 600  # of one command
STOPPED = 75


class BuildMissing(Exception):
    """There is no program; the text says where."""


@dataclass(frozen=True)
class Build:
    name: str  # "before" or "after"
    dbot: Path
    golden: Path | None

    @staticmethod
    def find(name: str, place: Path) -> "Build":
        """`place` is the program, or a folder of a build."""
        dbot = place / "dbot" if place.is_dir() else place
        if not (dbot.is_file() and os.access(dbot, os.X_OK)):
            raise BuildMissing(f"there is no program {dbot}")
        beside = [dbot.parent / "golden", dbot.parent / "tests/golden/golden"]
        golden = next((path.resolve() for path in beside if path.is_file()), None)
        return Build(name, dbot.resolve(), golden)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def result(self) -> dict | None:
        """The last line of stdout, if it is a JSON object."""
        lines = self.out.rstrip("\n").split("\n")
        try:
            value = json.loads(lines[-1])
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Caches of the program lie in `folder`."""
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "100", **more}


def run(program: Path, words: list[str], folder: Path, **more: str) -> Answer:
    """Runs the program in `folder`, with `more` variables. What it says may be no UTF-8."""
    done = subprocess.run(
        [str(program), *words],
        cwd=folder,
        env=environment(folder, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=MOST_SECONDS,
    )
    out, err = (text.decode(errors="backslashreplace") for text in (done.stdout, done.stderr))
    return Answer(done.returncode, out, err)
