"""Stands in for the CUDA libraries that PyTorch's wheel links but the CPU never calls.

    cuda_stubs.py SITE_PACKAGES

The wheel from PyPI loads ten of them, gigabytes to download, before it runs a line, GPU or not. For
those that are not in the environment this writes libraries of the same name, symbols and symbol
versions, beside CUDA's runtime, where the wheel looks first. Their functions trap: one that was
called after all would end the program and not change a result.
"""

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path


class StubError(Exception):
    """A stub cannot be made; the text says why."""


def output_of(*command: str | Path) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError as error:
        raise StubError(f"{command[0]} is missing; install gcc and binutils") from error
    except subprocess.CalledProcessError as error:
        raise StubError(f"{' '.join(map(str, command))} failed: {error.stderr.strip()}") from error


def missing_libraries(entry: Path, site_packages: Path) -> list[str]:
    """Names of the CUDA libraries that `entry` and what it links would load from anywhere but the
    environment: those of the machine are left alone, so that the peers are the same everywhere."""
    links = re.findall(
        r"^\s*(lib(?:cu|nccl|nvshmem)\S+) => (.+?)(?: \(.*)?$", output_of("ldd", entry), re.M
    )
    return sorted({name for name, found in links if not found.startswith(f"{site_packages}/")})


def stem(library: str) -> str:
    """What a library's functions start with: cublasLt of libcublasLt.so.13."""
    return re.split(r"[._]", library.removeprefix("lib"))[0].lower()


def wanted_symbols(users: list[Path], libraries: list[str]) -> dict[str, dict[str, str]]:
    """For each library the symbols that `users` take from it, with their versions ("" for none)."""
    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    for user in users:
        for line in output_of("nm", "-D", "--undefined-only", user).splitlines():
            name, _, version = line.split()[-1].partition("@")
            owners = [library for library in libraries if name.lower().startswith(stem(library))]
            if owners:
                wanted[max(owners, key=lambda library: len(stem(library)))][name] = version
    return wanted


def write_stub(target: Path, symbols: dict[str, str]) -> None:
    versions = {version for version in symbols.values() if version}
    if len(versions) > 1:
        raise StubError(f"{target.name} has the symbol versions {sorted(versions)}, expected one")
    with tempfile.TemporaryDirectory() as scratch:
        source, script = Path(scratch, "stub.c"), Path(scratch, "stub.map")
        source.write_text(
            "".join(f"void {name}(void) {{ __builtin_trap(); }}\n" for name in symbols)
        )
        script.write_text(f"{''.join(versions)} {{ global: *; }};\n")
        output_of(
            *("cc", "-shared", "-fPIC", "-nostdlib", source, "-o", target),
            *(f"-Wl,-soname,{target.name}", f"-Wl,--version-script,{script}"),
        )


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: cuda_stubs.py SITE_PACKAGES")
    site_packages = Path(sys.argv[1]).absolute()
    torch = site_packages / "torch/lib"
    folders = list(site_packages.glob("nvidia/cu*/lib"))
    if not torch.is_dir() or len(folders) != 1:
        sys.exit(f"[stubs] error: {site_packages} holds no torch/lib and nvidia/cu*/lib")
    try:
        libraries = missing_libraries(torch / "libtorch_python.so", site_packages)
        symbols = wanted_symbols(sorted(torch.glob("*.so")), libraries)
        for library in libraries:
            write_stub(folders[0] / library, symbols[library])
    except StubError as error:
        sys.exit(f"[stubs] error: {error}")
    print(f"[stubs] {len(libraries)} libraries", file=sys.stderr)


if __name__ == "__main__":
    main()
