"""A scratch folder, the program, and commands that run there."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_SECONDS = 120  # of one command
LEFT_BY_LAUNCHERS = ("SLURM_", "OMPI_", "PMIX_", "TORCHELASTIC_", "MASTER_", "OMP_")
RANK_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


# A file that is there is whole.
NOTE = """folder=$1
shift
env >"$folder/.$$"
mv "$folder/.$$" "$folder/$$"
exec "$@"
"""


class Unexpected(Exception):
    """Something is not as it is to be."""


class Skip(Exception):
    """A tool or a right is absent; says which."""


@dataclass(frozen=True)
class Answer:
    command: str
    code: int
    out: str
    err: str
    seconds: float

    def end(self) -> str:
        """For messages."""
        return f"{self.command} ended with {self.code} after {self.seconds:.1f} s\n{self.out}{self.err}"


class Started:
    """A command under way. It is ended with all that it has started when the block is left."""

    def __init__(self, command: list[str], folder: Path, variables: dict[str, str]):
        self.command = " ".join(command)
        self.began = time.monotonic()
        self.out, self.err = (Path(f"{folder}.{name}") for name in ("out", "err"))
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=variables,
                cwd=folder.parent, start_new_session=True,
            )  # fmt: skip

    def wait(self, seconds: float = MOST_SECONDS) -> Answer:
        """Raises Unexpected if it takes longer."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end()
            raise Unexpected(f"not done after {seconds} s: {self.answer().end()}") from None
        return self.answer()

    def answer(self) -> Answer:
        out, err = (path.read_text(errors="replace") for path in (self.out, self.err))
        return Answer(self.command, self.process.poll(), out, err, time.monotonic() - self.began)

    def end(self) -> None:
        """Launchers have a moment to end what they started elsewhere."""
        for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 30)):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.process.pid, number)
                self.process.wait(seconds)


class Workplace:
    """A folder of its own for a launcher's checks."""

    def __init__(self, program: Path, folder: Path):
        self.program, self.folder = program, folder
        self._count = 0

    def path(self, name: str) -> Path:
        """A new one: no two checks share a file."""
        self._count += 1
        return self.folder / f"{name}-{self._count}"

    @contextlib.contextmanager
    def started(self, *words: object, **variables: str) -> Iterator[Started]:
        """Without what a launcher around the test has left; with `variables`."""
        own = {name: text for name, text in os.environ.items() if not is_launchers(name)}
        under_way = Started(list(map(str, words)), self.path("command"), {**own, **variables})
        try:
            yield under_way
        finally:
            under_way.end()

    def run(self, *words: object, **variables: str) -> Answer:
        with self.started(*words, **variables) as under_way:
            return under_way.wait()

    def noting(self, folder: Path) -> list[object]:
        """Words before a command: what each process finds in its environment is kept in `folder`, in a
        file by the number of the process."""
        folder.mkdir()
        script = self.folder / "note.sh"
        script.write_text(NOTE)
        return ["bash", script, folder]


def is_launchers(name: str) -> bool:
    return name.startswith(LEFT_BY_LAUNCHERS) or name in RANK_VARIABLES


def noted(folder: Path) -> dict[int, dict[str, str]]:
    """By the number of the process, what `Workplace.noting` has kept."""
    found = {}
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        lines = (line.partition("=") for line in path.read_text(errors="replace").splitlines())
        found[int(path.name)] = {name: text for name, _, text in lines}
    return found


def expect(holds: object, text: str) -> None:
    if not holds:
        raise Unexpected(text)


def expect_equal(what: str, found: object, expected: object) -> None:
    expect(found == expected, f"{what}: {found}, expected {expected}")


def await_that(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Looks again and again. Raises Unexpected after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < deadline, f"not within {seconds} s: {what}")
        time.sleep(0.02)


def need_tools(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Skip(
            f"there is no {', '.join(missing)}; scripts/test_environment.sh installs what it can"
        )
