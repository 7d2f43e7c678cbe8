#!/usr/bin/env python3
"""Does LibTorch have everything that libdbot_cuda.so takes of it?

    check_symbols.py MODULE TORCH [TORCH…]

The module is linked without LibTorch's CUDA libraries, so the linker does not know. This compares its
undefined symbols with what the libraries of the first TORCH (a wheel's torch/ folder, its
environment, a LibTorch) that has libtorch_cuda.so define, and NVIDIA's, and those of the C++
compiler. Exit code 77 where no TORCH has that library.
"""

import subprocess
import sys
from pathlib import Path

LIBTORCH = ("libtorch_cuda.so", "libc10_cuda.so", "libtorch_cpu.so", "libc10.so")
SYSTEM = ("libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6")
SKIPPED = 77


def symbols(library: Path | str, kind: str) -> set[str]:
    text = subprocess.run(
        ["nm", "-D", kind, library], check=True, capture_output=True, text=True
    ).stdout
    # Weak ones may stay undefined: "w".
    rows = [line.split() for line in text.splitlines()]
    return {row[-1].partition("@")[0] for row in rows if row and row[-2] != "w"}


def libraries_of(given: Path) -> Path | None:
    """The folder with LibTorch's libraries that `given` means."""
    folders = [given, given / "lib", *given.glob("lib/python3*/site-packages/torch/lib")]
    return next((folder for folder in folders if (folder / LIBTORCH[0]).is_file()), None)


def nvidia_libraries(torch: Path) -> list[Path]:
    """CUDA's runtime and cuBLASLt, as the wheel brings them, or else the toolkit."""
    found = []
    for name in ("libcudart.so.*", "libcublasLt.so.*"):
        found += list(torch.parent.parent.glob(f"nvidia/*/lib/{name}"))
        found += list(Path("/usr/local/cuda/lib64").glob(name))
    return found


def system_library(name: str) -> Path:
    said = subprocess.run(
        ["c++", f"-print-file-name={name}"], check=True, capture_output=True, text=True
    ).stdout
    return Path(said.strip())


def missing_symbols(module: Path, torch: Path) -> list[str]:
    defined: set[str] = set()
    for library in [torch / name for name in LIBTORCH] + nvidia_libraries(torch):
        defined |= symbols(library, "--defined-only")
    for name in SYSTEM:
        defined |= symbols(system_library(name), "--defined-only")
    return sorted(symbols(module, "--undefined-only") - defined)


def main() -> int:
    if len(sys.argv) < 3:
        sys.exit("Usage: check_symbols.py MODULE TORCH [TORCH…]")
    module = Path(sys.argv[1])
    torch = next(filter(None, (libraries_of(Path(given)) for given in sys.argv[2:] if given)), None)
    if torch is None:
        print("skipped: none of the folders has libtorch_cuda.so")
        return SKIPPED
    missing = missing_symbols(module, torch)
    for symbol in missing:
        print(f"{module.name} takes {symbol}, which nothing in {torch} defines", file=sys.stderr)
    taken = len(symbols(module, "--undefined-only"))
    print(f"{taken} symbols taken, {len(missing)} missing, of {torch}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
