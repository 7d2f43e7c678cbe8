"""Runs every command block of README.md and docs/.

    python3 tests/documents/documents_test.py build/release/dbot [--long] [PAGE…]

The blocks of a page run one after another in one scratch folder, which looks like a checkout after
its set-up; trainings are put down to two steps of a small network. Of a synopsis every option must
be in the command's help, and it is run with its placeholders filled in. What is not run, and what takes over a minute and is run with --long alone,
is named in lists.py: a block that stands in no list is run, and an entry without its block is an
error. The exit code is 1 where something is wrong.
"""

import argparse
import dataclasses
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from blocks import Block, blocks_of, pages_of
from lists import LONG, MACHINE, NOT_RUN, OPTIONS_ONLY, STANDS_FOR
from scratch import Scratch

ROOT = Path(__file__).resolve().parents[2]
SECONDS, LONG_SECONDS = 120, 7200  # most of one block
EVERYWHERE = {"--help", "--version"}


def run_block(scratch: Scratch, block: Block, seconds: int) -> str:
    """What went wrong; nothing if all is well."""
    missing = [path for path in MACHINE if path in block.text and not Path(path).exists()]
    if missing:
        return f"skipped: {missing[0]} is not on this machine"
    if "man -l" in block.text and not shutil.which("man"):
        return "skipped: there is no man on this machine"
    script = "set -euo pipefail; set -x\n" + block.text
    try:
        done = scratch.run(
            ["bash", "-c", script], scratch.page_folder(block.page), timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return f"not done after {seconds} s; lists.py names blocks for the long suite"
    if done.returncode == 0:
        return ""
    lines = done.stdout.strip().splitlines()
    return f"exit code {done.returncode}: " + " / ".join(lines[-3:])[-600:]


def lines_of(text: str) -> list[str]:
    """Of a synopsis: a line goes on where the next is indented."""
    return re.sub(r"\n\s+", " ", text).replace("·", "\n").splitlines()


def check_synopsis(scratch: Scratch, block: Block) -> str:
    """The options that no help text has, of the commands that it names."""
    complaints = []
    for line in lines_of(block.text):
        words = line.replace("bin/dbot", "dbot").split()
        names = []
        for word in words[1:]:
            if not re.fullmatch(r"[a-z]+(\|[a-z]+)*…?", word):
                break
            names.append(word.split("|")[0])
        helped = scratch.run([scratch.program, *names, "--help"], scratch.folder)
        if helped.returncode != 0 or words[0] != "dbot":
            complaints.append(f"dbot {' '.join(names)} --help ends with {helped.returncode}")
            continue
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) - EVERYWHERE
        known = set(re.findall(r"--[a-z][a-z-]*", helped.stdout))
        complaints += [f"dbot {' '.join(names)} knows no {option}" for option in options - known]
    return "; ".join(complaints)


def filled_in(block: Block) -> Block:
    """A synopsis as something to type, without what may be left out."""
    text = re.sub(r" *\[--[^\]]*\]", "", block.text)
    for word, meaning in {**STANDS_FOR, "OUT": f"out-{block.line}"}.items():
        text = re.sub(rf"\b{word}\b", meaning, text)
    return dataclasses.replace(block, text=text)


def key_of(block: Block) -> tuple[str, str]:
    return block.page, block.first


def check(scratch: Scratch, block: Block, long: bool) -> tuple[str, str]:
    """What was done with the block, and what went wrong."""
    if key_of(block) in NOT_RUN:
        return f"not run: {NOT_RUN[key_of(block)]}", ""
    if block.is_synopsis:
        complaint = check_synopsis(scratch, block)
        if complaint or block.page in OPTIONS_ONLY:
            return "its options are known", complaint
        block = filled_in(block)
    if key_of(block) in LONG and not long:
        return "left for the long suite", ""
    text = run_block(scratch, block, LONG_SECONDS if key_of(block) in LONG else SECONDS)
    return (text, "") if text.startswith("skipped") else ("run", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("pages", nargs="*", help="such as README.md or docs/data.md; default: all")
    parser.add_argument("--long", action="store_true", help="with what takes over a minute")
    arguments = parser.parse_args()
    blocks = [block for page in pages_of(ROOT) for block in blocks_of(page, ROOT)]
    stale = {*NOT_RUN, *LONG} - {key_of(block) for block in blocks}
    failed = len(stale)
    for page, first in sorted(stale):
        print(f"lists.py: {page} has no block that begins with: {first}")
    with tempfile.TemporaryDirectory(prefix="dbot-documents-") as folder:
        scratch = Scratch(arguments.program.resolve(), ROOT, Path(folder))
        for block in blocks:
            if arguments.pages and block.page not in arguments.pages:
                continue
            started = time.monotonic()
            done, complaint = check(scratch, block, arguments.long)
            failed += bool(complaint)
            seconds = time.monotonic() - started
            state = f"FAILED: {complaint}" if complaint else f"{done} ({seconds:.1f} s)"
            print(f"{block.page}:{block.line}  {block.first[:60]}  {state}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
