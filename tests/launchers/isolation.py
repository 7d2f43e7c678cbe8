"""Namespaces of the system in which a test runs: what it starts there ends with it, even when the test
is killed."""

import os
import subprocess
import sys

SKIPPED = 77
ENTERED = "DBOT_TEST_HAS_NAMESPACES"
PROCESSES = ["--pid", "--fork", "--kill-child", "--mount-proc"]
HOST = ["--net", "--uts", "--mount"]
AS_ROOT = ["--user", "--map-root-user"]


def works(way: list[str]) -> bool:
    try:
        return subprocess.run([*way, "true"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def enter(as_host: bool) -> None:
    """Goes on in namespaces of its own: of processes where that is allowed; `as_host`: of the network
    and the host's name too. Without the right to those it says so and ends as skipped."""
    if os.environ.get(ENTERED):
        return
    ways = [["unshare", *PROCESSES]]
    if as_host:
        ways = [["unshare", *HOST, *PROCESSES], ["unshare", *AS_ROOT, *HOST, *PROCESSES]]
    for way in ways:
        if works(way):
            os.environ[ENTERED] = "1"
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
    if as_host:
        print("skipped: this user may make no network of its own (unshare --net); root may")
        sys.exit(SKIPPED)
