"""A copy of the checkout and a build of it, for faults to be planted in."""

import os
import re
import resource
import shutil
import subprocess
import time
from pathlib import Path

PROGRAMS = {
    "test_base": ["core", "formats"],
    "test_data": ["data"],
    "test_network": ["runtime", "ops", "nn", "exchange", "masking", "objectives", "optim"],
    "test_training": ["methods", "train", "eval", "report", "run", "tools"],
}
SUITE = re.compile(r"^(?:TYPED_)?TEST(?:_F|_P)?\((\w+),", re.MULTILINE)
MOST_MEMORY = 32 << 30  # bytes of addresses, for a test that a fault makes ask for all there is


class Broken(Exception):
    """The checkout cannot be built, or its tests fail without a fault."""


class Workshop:
    def __init__(self, root: Path, place: Path, folders: list[str], jobs: int):
        self.root, self.copy = root, place / "checkout"
        # As deep in its checkout as a release's: so ccache knows what was built there.
        self.build = self.copy / "build/release"
        self.folders, self.jobs = folders, jobs
        self.planted: str | None = None  # the file that has a fault just now

    def copy_checkout(self) -> None:
        """What has changed since the last time; a fault that was left behind goes, too."""
        listed = ["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard", "-z"]
        names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
        wanted = {name for name in names.split("\0") if name and (self.root / name).is_file()}
        for folder in ("dbot", "tests"):
            for path in list((self.copy / folder).rglob("*")):
                if path.is_file() and str(path.relative_to(self.copy)) not in wanted:
                    path.unlink()
        for name in wanted:
            source, target = self.root / name, self.copy / name
            if not target.exists() or target.read_bytes() != source.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        if not (self.copy / ".deps").exists():
            (self.copy / ".deps").symlink_to(self.root / ".deps")

    def configure(self) -> None:
        """Optimised as a release; only the folders with faults are compiled file by file."""
        words = ["cmake", "-S", self.copy, "-B", self.build, "-G", "Ninja"]
        words += ["-DCMAKE_BUILD_TYPE=Release", "-DDBOT_UNITY=ON"]
        words.append(f"-DDBOT_SINGLE_FILES={';'.join(self.folders)}")
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(done.stdout[-2000:] + done.stderr[-2000:])

    def program_of(self, folder: str) -> str:
        module = folder.split("/")[0]
        return next(program for program, modules in PROGRAMS.items() if module in modules)

    def filters_of(self, folder: str) -> list[str]:
        """The tests of the folder, then those of its module: the second are wanted where the first
        find nothing. Of the copy, since the checkout may change meanwhile."""
        filters = []
        for place in dict.fromkeys([folder, folder.split("/")[0]]):
            suites = set()
            for path in (self.copy / "tests" / place).rglob("*.cpp"):
                suites.update(SUITE.findall(path.read_text()))
            names = [f"{suite}.*:*/{suite}.*:{suite}/*" for suite in sorted(suites)]
            if names:
                filters.append(":".join(names))
        return filters

    def make(self, program: str) -> bool:
        words = ["ninja", "-C", str(self.build), f"-j{self.jobs}", program]
        done = subprocess.run(words, capture_output=True, text=True)
        self.said = done.stdout[-3000:]
        return done.returncode == 0

    def passes(self, program: str, tests: str, most_seconds: float) -> tuple[bool, float]:
        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        words = [str(self.build / program), f"--gtest_filter={tests}", "--gtest_brief=1"]
        words += ["--gtest_fail_fast"]
        started = time.monotonic()
        try:
            done = subprocess.run(
                words,
                cwd=self.copy,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=most_seconds,
                preexec_fn=limited,
                env={**os.environ, "GTEST_COLOR": "no"},
            )
        except subprocess.TimeoutExpired:
            return False, time.monotonic() - started
        self.said = done.stdout[-3000:].decode(errors="replace")
        return done.returncode == 0, time.monotonic() - started

    def plant(self, file: str, text: str) -> None:
        if self.planted not in (None, file):
            self.restore()
        (self.copy / file).write_text(text)
        self.planted = file

    def restore(self) -> None:
        if self.planted is not None:
            shutil.copy(self.root / self.planted, self.copy / self.planted)
        self.planted = None
