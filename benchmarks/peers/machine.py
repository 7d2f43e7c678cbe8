"""What a comparison has to say about the machine it was made on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    cpu: str
    cpu_class: str  # "amx", "avx512" or "avx2": what the limits of baseline.json go by
    bf16: str  # "AMX", "AVX512-BF16" or "none": what bf16 matrix products are made with
    cores: int  # that this process may use
    memory_bytes: int
    system: str


def describe_machine() -> Machine:
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    facts = {key.strip(): value.strip() for key, _, value in lines}
    flags = set(facts.get("flags", "").split())
    amx = {"amx_tile", "amx_bf16"} <= flags
    return Machine(
        cpu=facts.get("model name", "unknown"),
        cpu_class="amx" if amx else "avx512" if "avx512f" in flags else "avx2",
        bf16="AMX" if amx else "AVX512-BF16" if "avx512_bf16" in flags else "none",
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=memory_bytes("MemTotal"),
        system=f"{platform.system()} {platform.release()}",
    )


def memory_bytes(key: str) -> int:
    """A line of /proc/meminfo: MemTotal, MemAvailable."""
    return status_bytes(Path("/proc/meminfo"), key)


def peak_memory_bytes(process: int) -> int:
    """The most memory a living process has had."""
    return status_bytes(Path(f"/proc/{process}/status"), "VmHWM")


def status_bytes(file: Path, key: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"{file} has no {key}")
