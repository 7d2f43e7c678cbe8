#!/usr/bin/env python3
"""Compares dbot's training step with the peers' (MAE, dBOT, timm), step by step in turn.

    compare.py                                              every case of this machine
    compare.py --case dbot/vit-b16/fp32/8 --rounds 15       one of them
    compare.py --check benchmarks/baseline.json             exit code 1 below the limits

Prints a Markdown table a case, and writes a JSON file with every step; benchmarks/README.md says
how to read them.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machine import Machine, describe_machine, memory_bytes
from programs import (
    FINETUNE,
    MIXMASK,
    Case,
    Program,
    ProgramFailed,
    Row,
    Tools,
    groups_that_fit,
    parse_case,
)
from report import BadBaseline, Round, heading, read_limits, row_figures, shortfalls, table

REPOSITORY = Path(__file__).resolve().parents[2]
# Threads of a program whose turn is over spin for a few milliseconds before they sleep.
SECONDS_BETWEEN_TURNS = 0.02


def say(text: str) -> None:
    print(f"[compare] {text}", file=sys.stderr, flush=True)


class Comparison:
    """The rounds of one case."""

    def __init__(self, case: Case, threads: int, rounds: int) -> None:
        self.case = case
        self.threads = threads
        self.round_count = rounds
        self.rounds: list[Round] = []
        self.memory: dict[str, int] = {}
        self.said: dict[str, dict[str, Any]] = {}  # by the programs, of themselves
        self.failures: dict[str, str] = {}

    def run_group(self, rows: Sequence[Row]) -> None:
        with contextlib.ExitStack() as running:
            programs = []
            for row in rows:
                if (program := self.start(row, running)) is not None:
                    programs.append(program)
            for number in range(self.round_count + 1 if programs else 0):
                self.run_round(programs, number)
            for program in programs:
                self.end(program)

    def start(self, row: Row, running: contextlib.ExitStack) -> Program | None:
        if row.name in self.failures:  # in an earlier group
            return None
        say(f"{self.case.name}: starting {row.name}")
        program = Program(row, self.threads)
        running.callback(program.stop)
        try:
            program.wait_until_ready()
        except ProgramFailed as failure:
            self.fail(row, "did not start", failure)
            return None
        return program

    def run_round(self, programs: list[Program], number: int) -> None:
        """One step of each; the order turns from round to round, and round 0 does not count."""
        seconds: Round = {}
        shift = number % max(1, len(programs))
        for program in programs[shift:] + programs[:shift]:
            try:
                seconds[program.row.name] = program.step()
            except ProgramFailed as failure:
                self.fail(program.row, f"failed in round {number}", failure)
                programs.remove(program)
            time.sleep(SECONDS_BETWEEN_TURNS)
        if number > 0:
            self.rounds.append(seconds)
            total = sum(seconds.values())
            say(f"{self.case.name}: round {number} of {self.round_count}, {total:.1f} s")

    def end(self, program: Program) -> None:
        name = program.row.name
        try:
            self.memory[name] = max(self.memory.get(name, 0), program.peak_memory_bytes())
            self.said[name] = program.finish()
        except ProgramFailed as failure:
            self.fail(program.row, "failed at its end", failure)

    def fail(self, row: Row, when: str, failure: ProgramFailed) -> None:
        self.failures[row.name] = f"{when}: {failure}"
        say(f"error: {self.case.name}: {row.name} {self.failures[row.name]}")

    def result(self, rows: Sequence[Row]) -> dict[str, Any]:
        figures = [row_figures(self.case, row, self.rounds, self.memory) for row in rows]
        return {
            "case": self.case.name,
            "rows": [row for row in figures if row is not None],
            "failures": self.failures,
            "rounds": self.rounds,
            "programs": self.said,
        }


def compare(case: Case, tools: Tools, rounds: int, memory: int) -> dict[str, Any]:
    rows = tools.rows(case)
    groups = groups_that_fit(rows, case.bytes_of_a_program, memory)
    if len(groups) > 1:
        say(f"{case.name}: {len(groups)} groups, each with official and dbot; memory holds no more")
    comparison = Comparison(case, tools.threads, rounds)
    for group in groups:
        comparison.run_group(group)
    return comparison.result(rows)


def default_cases(with_bf16: bool) -> list[Case]:
    networks = [("vit-b16", 8), ("tiny-32", 64), ("tiny-32", 128)]
    steps = [(method, *network) for method in ("dbot", "mae") for network in networks]
    steps += [(FINETUNE, *network) for network in networks[:2]] + [(MIXMASK, "small-32", 128)]
    return [
        Case(method, config, precision, batch)
        for method, config, batch in steps
        for precision in (["fp32", "bf16"] if with_bf16 else ["fp32"])
    ]


def check(result: dict[str, Any], cpu_class: str, limits: Sequence[dict[str, Any]]) -> bool:
    reached = True
    for case in result["cases"]:
        found = shortfalls(case, cpu_class, limits)
        if found is None:
            say(f"{case['case']}: no limit on this class of machine ({cpu_class})")
            continue
        lines = list(found)
        for line in lines or [f"{case['case']}: at or above its limits"]:
            say(f"{'error: ' if lines else ''}{line}")
        reached = reached and not lines
    return reached


def parse_arguments(machine: Machine) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--case", action="append", help="METHOD/CONFIG/PRECISION/BATCH; may be repeated"
    )
    parser.add_argument(
        "--bf16", action="store_true", help="bf16 cases too (default: where the CPU has AMX)"
    )
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile rows: minutes to start each"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=machine.cores, help="of every program")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="of every program")
    parser.add_argument(
        "--dbot", type=Path, default=REPOSITORY / "build/release/dbot", metavar="PROGRAM"
    )
    parser.add_argument(
        "--peers", type=Path, default=REPOSITORY / "build/peers", help="setup.sh's folder"
    )
    parser.add_argument(
        "--memory", type=float, metavar="GIB", help="for all programs (default: what is free)"
    )
    parser.add_argument("--json", type=Path, default=REPOSITORY / "build/peers/comparison.json")
    parser.add_argument("--check", type=Path, metavar="BASELINE", help="a file of limits")
    arguments = parser.parse_args()
    for name in ("rounds", "threads"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} is {getattr(arguments, name)}, expected at least 1")
    try:
        with_bf16 = arguments.bf16 or machine.bf16 == "AMX"
        given = [parse_case(text) for text in arguments.case or []]
        arguments.cases = given or default_cases(with_bf16)
        arguments.limits = read_limits(arguments.check) if arguments.check else None
        arguments.tools = Tools(
            arguments.dbot.resolve(),
            arguments.peers.resolve(),
            arguments.threads,
            arguments.compile,
            arguments.device,
        )
        arguments.tools.check(arguments.cases)
    except (ValueError, BadBaseline, FileNotFoundError) as error:
        parser.error(str(error))
    on_cpu = arguments.device == "cpu"
    if on_cpu and machine.bf16 == "none" and any(case.precision == "bf16" for case in arguments.cases):
        parser.error("bf16 is asked for, but this CPU has neither AMX nor AVX512-BF16")
    return arguments


def main() -> int:
    machine = describe_machine()
    arguments = parse_arguments(machine)
    result: dict[str, Any] = {
        "machine": asdict(machine),
        "threads": arguments.threads,
        "load_average_at_start": os.getloadavg()[0],
        "dbot": arguments.tools.output("--version").strip(),
        "cases": [],
    }
    print(heading(machine, arguments.threads, arguments.rounds), flush=True)
    for case in arguments.cases:
        memory = int(arguments.memory * 2**30) if arguments.memory else memory_bytes("MemAvailable")
        result["cases"].append(compare(case, arguments.tools, arguments.rounds, memory))
        print(table(result["cases"][-1]), flush=True)
        # After every case: what is measured is not lost if a later one is interrupted.
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    failed = any(case["failures"] for case in result["cases"])
    reached = arguments.limits is None or check(result, machine.cpu_class, arguments.limits)
    return 1 if failed or not reached else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("interrupted; the programs are stopped")
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        say(f"error: {' '.join(error.cmd)} failed: {error.stderr.strip()}")
        sys.exit(1)
