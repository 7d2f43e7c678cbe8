#!/usr/bin/env python3
"""Times the start of dbot on very many small files: the first, and the next ones with an index.

    benchmarks/loader/many_files.py [--files 1000000] [--folders 1000] [--dbot build/release/dbot]

The files are hard links to a few small pictures, in one folder a class; --at keeps them for the
next time. "open" is from the start of `dbot data bench --serve` to its "ready": the folder, and
two images. "train" is a whole `dbot pretrain` of one step with a checkpoint. Processor seconds
depend less on who else computes; memory is the highest resident of the process. With the right to
do so (root), --cold empties the system's cache of files first.
"""

import argparse
import os
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

MOST_LINKS = 30_000  # ext4 has at most 65,000 names for one file


def small_png(shade):
    """A grey picture of 32 x 32 pixels."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + bytes((shade + x * y) % 256 for x in range(32)) for y in range(32))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def make_files(root, files, folders):
    source = None
    for number in range(files):
        folder = root / f"class_{number % folders:04}"
        if number < folders:
            folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"picture_{number:08}.png"
        if number % MOST_LINKS == 0:
            path.write_bytes(small_png(number // MOST_LINKS % 256))
            source = path
        else:
            os.link(source, path)


def measured(command, cache):
    """Seconds, processor seconds and peak memory in MB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "XDG_CACHE_HOME": str(cache)})
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{told}")
    seconds = time.monotonic() - begin
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def forget_files():
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--folders", type=int, default=1_000)
    parser.add_argument("--dbot", type=Path, default=Path("build/release/dbot"))
    parser.add_argument("--at", type=Path, help="where the files are, or are made and kept")
    parser.add_argument("--cold", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dbot-many-") as folder:
        scratch = Path(folder)
        root = arguments.at or scratch / "data"
        if not root.exists():
            begin = time.monotonic()
            make_files(root, arguments.files, arguments.folders)
            print(f"{arguments.files} files made in {time.monotonic() - begin:.0f} s")
        opening = [arguments.dbot, "data", "bench", root, "--serve", "--images", "1", "--batch",
                   "1", "--workers", "0"]
        training = [arguments.dbot, "pretrain", "dbot/quick", "--data", root, "--steps", "1",
                    "--set", "stages.count=1", "--set", "schedule.warmup_epochs=0", "--set",
                    "train.batch_size=8", "--set", "report.pictures=false", "--set",
                    "evaluate.at_stage_ends=false"]
        # Changes of the last two seconds are looked at again.
        time.sleep(2.5)
        for label, command in (("open", opening), ("train", training)):
            cache = scratch / f"cache-{label}"
            for attempt in ("first", "second", "third"):
                if arguments.cold:
                    forget_files()
                out = ["--out", scratch / f"{label}-{attempt}"] if label == "train" else []
                seconds, processor, megabytes = measured(command + out, cache)
                print(f"{label}, {attempt} start: {seconds:6.2f} s, of the processor "
                      f"{processor:6.2f} s, {megabytes:5.0f} MB")
            sizes = [file.stat().st_size for file in (cache / "dbot/index").iterdir()]
            print(f"index: {sum(sizes) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
