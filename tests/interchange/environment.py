"""The Python environment of these tests, made by tests/interchange/setup.sh."""

import os
import sys
from pathlib import Path

SKIPPED = 77


def enter():
    """Goes on in the environment's own interpreter; without one, says so and ends as skipped."""
    checkout = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("DBOT_INTERCHANGE", checkout / ".deps/interchange"))
    python = folder / "bin/python"
    if not (folder / "requirements.txt").exists():
        print(f"skipped: {folder} is not there; tests/interchange/setup.sh makes it")
        sys.exit(SKIPPED)
    if Path(sys.prefix).resolve() != folder.resolve():
        os.execv(python, [python, *sys.argv])
    # Nothing here asks a hub; a test that tried would wait for one.
    os.environ["HF_HUB_OFFLINE"] = "1"
