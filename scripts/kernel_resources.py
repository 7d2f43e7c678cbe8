#!/usr/bin/env python3
"""What each GPU kernel of dbot needs of a processor: registers, shared memory, stack, spills.

    kernel_resources.py BUILD            compiles every kernel of BUILD once more (some seconds each)
    kernel_resources.py --read FILE…     reads what `nvcc -Xptxas -v` or `cuobjdump -res-usage` said

Prints a table in Markdown, a row a kernel and architecture. A kernel that spills registers to memory
is a fault: the exit code is 1 then. Where BUILD has no kernels, it says so and ends with 77.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SKIPPED = 77


@dataclass(order=True)
class Kernel:
    name: str  # mangled until the table is made
    architecture: str
    registers: int = 0
    shared: int = 0  # bytes, static
    stack: int = 0  # bytes of a thread
    spills: int = 0  # bytes stored and loaded


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0


def read_ptxas(text: str) -> list[Kernel]:
    """`ptxas info : …` lines; functions that are not inlined count with the kernel before them."""
    kernels: list[Kernel] = []
    for line in text.splitlines():
        if entry := re.search(r"Compiling entry function '(\S+)' for '(\S+)'", line):
            kernels.append(Kernel(*entry.groups()))
        elif not kernels:
            continue
        elif "bytes stack frame" in line:
            kernel = kernels[-1]
            kernel.stack += number(r"(\d+) bytes stack frame", line)
            kernel.spills += number(r"(\d+) bytes spill stores", line)
            kernel.spills += number(r"(\d+) bytes spill loads", line)
        elif "Used" in line:
            kernels[-1].registers = number(r"Used (\d+) registers", line)
            kernels[-1].shared = number(r"(\d+) bytes smem", line)
    return kernels


def read_cuobjdump(text: str) -> list[Kernel]:
    """`Function NAME:` and a line of `REG:40 STACK:0 SHARED:2048 LOCAL:0 …`. LOCAL has the spills of a
    thread, and arrays that are indexed at run time."""
    kernels: list[Kernel] = []
    architecture = name = ""
    for line in text.splitlines():
        if found := re.match(r"\s*arch = (\S+)", line):
            architecture = found.group(1)
        elif found := re.match(r"\s*Function (\S+):$", line):
            name = found.group(1)
        elif name and "REG:" in line:
            kernels.append(
                Kernel(
                    name=name,
                    architecture=architecture,
                    registers=number(r"REG:(\d+)", line),
                    shared=number(r"SHARED:(\d+)", line),
                    stack=number(r"STACK:(\d+)", line),
                    spills=number(r"LOCAL:(\d+)", line),
                )
            )
            name = ""
    return kernels


def read(text: str) -> list[Kernel]:
    return read_cuobjdump(text) if "REG:" in text else read_ptxas(text)


def compiled_again(build: Path) -> str:
    """What ptxas says of every .cu file of a build."""
    commands = json.loads((build / "compile_commands.json").read_text())
    said = []
    for entry in commands:
        if not entry["file"].endswith(".cu"):
            continue
        words = shlex.split(entry["command"])
        with tempfile.TemporaryDirectory() as scratch:
            words[words.index("-o") + 1] = f"{scratch}/kernels.o"
            words = [word for word in words if not word.endswith("ccache")]
            done = subprocess.run(
                [*words, "-Xptxas=-v"], cwd=entry["directory"], capture_output=True, text=True
            )
        if done.returncode != 0:
            sys.exit(f"[kernels] error: {entry['file']} does not compile:\n{done.stderr}")
        said.append(done.stdout + done.stderr)
    return "\n".join(said)


def readable(names: list[str]) -> list[str]:
    """Without parameters and anonymous namespaces: "dbot::ops::adamw"."""
    text = subprocess.run(
        ["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    short = []
    for name in text:
        name = re.sub(r"\(anonymous namespace\)::|_GLOBAL__N__\w+::", "", name)
        name = name.removeprefix("void ").replace("dbot::ops::", "").replace("cuda::", "")
        short.append(re.sub(r"\((?:[^()]|\([^()]*\))*\)$", "", name))
    return short


def table(kernels: list[Kernel]) -> str:
    rows = [
        "| kernel | architecture | registers | shared memory, bytes | stack, bytes | spills, bytes |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    names = readable([kernel.name for kernel in kernels])
    for name, kernel in sorted(zip(names, kernels), key=lambda row: (row[0], row[1].architecture)):
        rows.append(
            f"| `{name}` | {kernel.architecture} | {kernel.registers} | {kernel.shared} "
            f"| {kernel.stack} | {kernel.spills} |"
        )
    return "\n".join(dict.fromkeys(rows))  # one body may be in several files


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("build", nargs="?", type=Path)
    parser.add_argument("--read", nargs="+", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if bool(arguments.build) == bool(arguments.read):
        parser.error("name a build folder, or files with --read")
    if arguments.read:
        text = "\n".join(file.read_text() for file in arguments.read)
    else:
        text = compiled_again(arguments.build)
    kernels = read(text)
    if not kernels:
        print("[kernels] there are none", file=sys.stderr)
        return SKIPPED
    print(table(kernels))
    spilling = [kernel for kernel in kernels if kernel.spills]
    if spilling:
        print(f"[kernels] error: {len(spilling)} of {len(kernels)} spill", file=sys.stderr)
    return 1 if spilling else 0


if __name__ == "__main__":
    sys.exit(main())
