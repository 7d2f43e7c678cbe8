#!/usr/bin/env python3
"""Compiles the kernels for GPUs and says what each takes of a GPU's block.

    scripts/kernel_resources.py [--out FOLDER]

A table for docs/cuda_kernels.md: registers of a thread for each architecture, bytes of shared
memory. It ends with 1 where a kernel keeps registers in memory. --out keeps the objects, and there
links a library of them.
"""

import argparse
import ctypes
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ARCHITECTURES = {"sm_80": "compute_80", "sm_90a": "compute_90a"}
# As the module is compiled: each product and sum is rounded by itself.
OPTIONS = ["-std=c++20", "-O3", "-fmad=false", "-Xcompiler=-fPIC,-Wall,-Wextra,-Werror,-fvisibility=hidden"]
HEADING = "| kernel | registers, sm_80 | sm_90a | shared bytes | spilled bytes |"


class KernelError(Exception):
    """The kernels cannot be compiled; the text says why."""


def output_of(command: list[str]) -> str:
    """What the compiler says goes to its error stream."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise KernelError(f"{command[0]} is missing; install NVIDIA's CUDA toolkit") from error
    if done.returncode != 0:
        raise KernelError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def plain_name(symbol: str) -> str:
    """ResidualNormBody<float> of the mangled name of its entry function."""
    full = output_of(["c++filt", symbol]).strip().replace("dbot::ops::cuda::", "")
    body = re.match(r"void run_body<(.*)>\(", full)
    name = body.group(1).strip() if body else full
    return name.replace("unsigned char", "byte").replace("BFloat16", "bfloat16")


def resources(said: str) -> dict[str, dict[str, dict[str, int]]]:
    """Of each kernel and architecture, from what ptxas says of it: -Xptxas -v."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    entries = re.split(r"Compiling entry function '", said)[1:]
    for entry in entries:
        symbol, architecture = re.match(r"([^']+)' for '([^']+)'", entry).groups()
        shared = re.search(r"(\d+) bytes smem", entry)
        found.setdefault(plain_name(symbol), {})[architecture] = {
            "registers": int(re.search(r"Used (\d+) registers", entry).group(1)),
            "shared": int(shared.group(1)) if shared else 0,
            "spilled": sum(map(int, re.findall(r"(\d+) bytes (?:stack frame|spill stores|spill loads)", entry))),
        }
    return found


def compiled(nvcc: str, folder: Path) -> dict[str, dict[str, dict[str, int]]]:
    targets = [f"-gencode=arch={virtual},code={real}" for real, virtual in ARCHITECTURES.items()]
    kernels: dict[str, dict[str, dict[str, int]]] = {}
    for source in sorted(CHECKOUT.glob("dbot/**/*.cu")):
        object_file = folder / (source.stem + ".o")
        command = [nvcc, *OPTIONS, *targets, "-Xptxas=-v", f"-I{CHECKOUT}", "-c", str(source), "-o", str(object_file)]
        kernels.update(resources(output_of(command)))
    return kernels


def check_table(nvcc: str, folder: Path) -> None:
    """Every function that the table names is there: the library opens with all its symbols."""
    library = folder / "kernels.so"
    objects = sorted(map(str, folder.glob("*.o")))
    # CUDA's runtime is linked whole and cuBLASLt not at all, so that the library opens on a machine
    # without either. A function of the table that is missing is found at the link or here.
    output_of([nvcc, "-shared", "-cudart=static", "-Xlinker=-z,lazy", *objects, "-o", str(library)])
    table = ctypes.CDLL(str(library), mode=os.RTLD_LAZY).dbot_kernel_table
    table.restype = ctypes.POINTER(ctypes.c_int)
    print(f"\ntable of functions: version {table().contents.value}")


def row(name: str, of_architectures: dict[str, dict[str, int]]) -> str:
    each = [of_architectures[architecture] for architecture in ARCHITECTURES]
    registers = " | ".join(str(one["registers"]) for one in each)
    return f"| `{name}` | {registers} | {max(one['shared'] for one in each)} | {sum(one['spilled'] for one in each)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            kernels = compiled(arguments.nvcc, folder)
            print(HEADING, "| --- | ---: | ---: | ---: | ---: |", sep="\n")
            for name in sorted(kernels):
                print(row(name, kernels[name]))
            check_table(arguments.nvcc, folder)
        except KernelError as error:
            print(f"[kernels] {error}", file=sys.stderr)
            return 1
    spilling = [name for name, each in kernels.items() if any(one["spilled"] for one in each.values())]
    for name in spilling:
        print(f"[kernels] {name} keeps registers in memory", file=sys.stderr)
    return 1 if spilling else 0


if __name__ == "__main__":
    sys.exit(main())
