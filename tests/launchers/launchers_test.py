"""The program under a real launcher.

    python3 tests/launchers/launchers_test.py build/release/dbot slurm|torchrun|mpirun|namespaces [CHECK…]

Prints a line a check: its name, then ok, or FAILED with what was seen. The exit code is 1 where one
failed, and 77 where the launcher or a right is absent. A check is a function of the launcher's module;
`opened` there brings the launcher up for all of them.
"""

import importlib
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import isolation
from workplace import Skip, Unexpected, Workplace

LAUNCHERS = {
    "slurm": "slurm_checks",
    "torchrun": "torchrun_checks",
    "mpirun": "open_mpi_checks",
    "namespaces": "namespace_checks",
}


def complaint_of(check, launcher) -> str:
    """Empty if it passes."""
    try:
        check(launcher)
    except Unexpected as complaint:
        return str(complaint)
    except Exception:  # a check that breaks has failed, and the others go on
        return traceback.format_exc(limit=-3)
    return ""


def run_checks(launcher, checks) -> int:
    failed = 0
    for check in checks:
        started = time.monotonic()
        complaint = complaint_of(check, launcher)
        failed += bool(complaint)
        state = "FAILED" if complaint else "ok"
        print(f"{check.__name__}  {state}  ({time.monotonic() - started:.1f} s)", flush=True)
        if complaint:
            print("    " + complaint.strip().replace("\n", "\n    "), flush=True)
    print(f"{len(checks) - failed} of {len(checks)} checks are as expected")
    return 1 if failed or not checks else 0


def main(program: str, name: str, *wanted: str) -> int:
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # where services are, also of users who are not root
    isolation.enter(as_host=name == "namespaces")
    module = importlib.import_module(LAUNCHERS[name])
    checks = [one for one in module.CHECKS if not wanted or one.__name__ in wanted]
    with tempfile.TemporaryDirectory(prefix="dbot-launchers-") as folder:
        place = Workplace(Path(program).resolve(), Path(folder))
        try:
            with module.opened(place) as launcher:
                return run_checks(launcher, checks)
        except Skip as reason:
            print(f"skipped: {reason}")
            return isolation.SKIPPED


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[2] not in LAUNCHERS:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
