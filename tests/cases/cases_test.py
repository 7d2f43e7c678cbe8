"""The program in situations that people meet, each with what is expected of it.

    python3 tests/cases/cases_test.py build/release/dbot [PART OF A NAME…]

Prints a line a case: its name, then ok, or FAILED with what was seen. The exit code is 1 where one
failed. A case is a function that gets a Workplace; it stands for the class of inputs its text names.
"""

import sys
import tempfile
import time
import traceback
from pathlib import Path

import data_cases
import image_cases
import run_cases
import weights_cases
from workplace import Workplace

CASES = run_cases.CASES + data_cases.CASES + image_cases.CASES + weights_cases.CASES


def complaints_of(case, program: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="dbot-case-") as folder:
        place = Workplace(program, Path(folder))
        try:
            case(place)
        except Exception:  # a case that breaks has failed, and the others go on
            place.complain(traceback.format_exc(limit=-2))
        return place.complaints


def main(program: str, *wanted: str) -> int:
    failed = 0
    chosen = [case for case in CASES if not wanted or any(word in case.__name__ for word in wanted)]
    for case in chosen:
        started = time.monotonic()
        complaints = complaints_of(case, Path(program).resolve())
        failed += bool(complaints)
        state = "FAILED" if complaints else "ok"
        print(f"{case.__name__}  {state}  ({time.monotonic() - started:.1f} s)", flush=True)
        for complaint in complaints:
            print(f"    {complaint}", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} cases are as expected")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
