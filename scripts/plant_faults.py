#!/usr/bin/env python3
"""Plants one small fault at a time in the code and tells which ones no test of the module sees.

    scripts/plant_faults.py MODULE… [--sample N] [--seed S] [--edges] [--again] [--list] [--jobs J]

MODULE is a folder of dbot/: train, data/loader, report/advice. A fault is a comparison, a constant, a
sign, a swapped argument or a dropped statement, in code and not in messages. For each the affected
object and one test program are built again, and the tests of the folder are run; where they find
nothing, all tests of its module. The checkout is left alone: faults are planted in a copy of it.

All is under build/faults: stopped at any time, the same command goes on. results.json there has every
fault and what became of it; --again tries those of it that survived once more, after new tests. --sample
takes N of the faults by chance. Faults that change nothing a test could see stand, with the word why,
in scripts/planted_faults/equivalent.json and are not planted. A long run: half a minute a fault.

Exit code: 0, or 1 if faults survived; 2 if the tests fail without one.
"""

import argparse
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

from planted_faults.faults import Fault, faults_of
from planted_faults.workshop import Broken, Workshop

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build/faults"
RESULTS = PLACE / "results.json"
EQUIVALENT = ROOT / "scripts/planted_faults/equivalent.json"
LEAST_SECONDS = 60  # that a test may take with a fault in it


def say(text: str) -> None:
    print(f"[faults] {text}", file=sys.stderr, flush=True)


def equivalents() -> set[tuple[str, str, str]]:
    entries = json.loads(EQUIVALENT.read_text())
    return {(entry["file"], entry["before"], entry["after"]) for entry in entries}


def save(results: dict) -> None:
    aside = RESULTS.with_suffix(".new")
    aside.write_text(json.dumps(results, indent=1, ensure_ascii=False))
    os.replace(aside, RESULTS)


class Planting:
    def __init__(self, shop: Workshop, results: dict):
        self.shop, self.results = shop, results
        self.limits: dict[str, float] = {}  # seconds by filter

    def begin(self, folder: str) -> None:
        """Without a fault everything passes."""
        program = self.shop.program_of(folder)
        say(f"{folder}: building {program}")
        if not self.shop.make(program):
            raise Broken(self.shop.said)
        for tests in self.shop.filters_of(folder):
            if tests in self.limits:
                continue
            passed, seconds = self.shop.passes(program, tests, 3600)
            if not passed:
                raise Broken(f"{folder}: tests fail without a fault:\n{self.shop.said}")
            self.limits[tests] = max(LEAST_SECONDS, 10 * seconds)

    def state_of(self, folder: str, fault: Fault) -> str:
        program = self.shop.program_of(folder)
        self.shop.plant(fault.file, fault.text)
        if not self.shop.make(program):
            return "not built"
        for tests in self.shop.filters_of(folder):
            if not self.shop.passes(program, tests, self.limits[tests])[0]:
                return "killed"
        return "survived"

    def plant(self, folder: str, fault: Fault) -> None:
        state = self.state_of(folder, fault)
        entry = {"state": state, "folder": folder, "file": fault.file, "line": fault.line}
        entry |= {"kind": fault.kind, "before": fault.before, "after": fault.after}
        self.results[fault.key] = entry
        save(self.results)
        if state == "survived":
            say(f"survived: {fault.file}:{fault.line}  {fault.before}  →  {fault.after}")


def table(folders: list[str], results: dict, faults: dict[str, list[Fault]]) -> int:
    """Prints it; returns how many survived."""
    survived = 0
    print("| module | planted | killed | survived | share killed |\n| --- | ---: | ---: | ---: | ---: |")
    for folder in folders:
        states = Counter(
            results[fault.key]["state"] for fault in faults[folder] if fault.key in results
        )
        planted = states["killed"] + states["survived"]
        share = f"{100 * states['killed'] / planted:.0f} %" if planted else "–"
        print(f"| {folder} | {planted} | {states['killed']} | {states['survived']} | {share} |")
        survived += states["survived"]
    return survived


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE")
    parser.add_argument("--sample", type=int, metavar="N", help="so many by chance; default: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--edges", action="store_true", help="with < for <= and the like")
    parser.add_argument("--again", action="store_true", help="earlier survivors once more")
    parser.add_argument("--list", action="store_true", help="print the faults, plant none")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    folders = [module.removeprefix("dbot/").strip("/") for module in arguments.modules]
    if arguments.again and arguments.sample is not None:
        parser.error("--again takes the faults of earlier runs: leave --sample out")
    PLACE.mkdir(parents=True, exist_ok=True)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known = equivalents()
    chosen: list[tuple[str, Fault]] = []
    for folder in folders:
        files = sorted((ROOT / "dbot" / folder).rglob("*.cpp"))
        if not files:
            parser.error(f"dbot/{folder} has no sources")
        found = [fault for file in files for fault in faults_of(ROOT, file, arguments.edges)]
        chosen += [(folder, x) for x in found if (x.file, x.before, x.after) not in known]
    if arguments.again:
        chosen = [(folder, fault) for folder, fault in chosen if fault.key in results]
    if arguments.sample is not None:
        places = range(len(chosen))
        taken = random.Random(arguments.seed).sample(places, min(arguments.sample, len(places)))
        chosen = [chosen[place] for place in sorted(taken)]
    if arguments.list:
        for _, fault in chosen:
            print(f"{fault.file}:{fault.line}  {fault.kind}  {fault.before}  →  {fault.after}")
        return 0
    tried = {k for k, v in results.items() if not (arguments.again and v["state"] == "survived")}
    left = [(folder, fault) for folder, fault in chosen if fault.key not in tried]
    say(f"{len(chosen)} faults, {len(left)} of them to be planted")
    shop = Workshop(ROOT, PLACE, folders, arguments.jobs)
    planting = Planting(shop, results)
    try:
        if left:
            shop.copy_checkout()
            shop.configure()
        for folder in dict.fromkeys(folder for folder, _ in left):
            shop.restore()
            planting.begin(folder)
            for at, fault in left:
                if at == folder:
                    planting.plant(folder, fault)
    except Broken as error:
        say(f"error: {error}")
        return 2
    finally:
        shop.restore()
    faults = {folder: [fault for at, fault in chosen if at == folder] for folder in folders}
    return 1 if table(folders, results, faults) else 0


if __name__ == "__main__":
    sys.exit(main())
