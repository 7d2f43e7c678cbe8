"""Files of images: channels, values, orientation, and sound kinds that are not read."""

import json
import re
import struct
import zlib

from workplace import QUICK, UNJUDGED, Workplace


def findings_of(place: Workplace, folder: str) -> list[dict]:
    path = place.folder / folder / "check.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [entry for entry in map(json.loads, lines) if entry.get("type") == "finding"]


def six_channels(place: Workplace) -> None:
    """More than three channels train, and their features can be had."""
    measured = place.dbot("data", "stats", "six_channels", "--channels", 6, "--json")
    place.expect_code(measured, 0)
    place.expect(measured.json.get("channels") == 6, measured, "six channels")
    words = ["--data", "six_channels", "--out", "run", "--steps", 2, "--set", "model.channels=6"]
    small = ["--set", "train.batch_size=2", "--json"]
    run = place.dbot("pretrain", "dbot/quick", *words, *small, *QUICK, *UNJUDGED)
    place.expect_code(run, 0)
    place.expect(run.json.get("steps") == 2, run, "two steps")
    if run.code == 0:
        embedded = place.features("run", "six_channels")
        if len(embedded) != 4:
            place.complain(f"features of {len(embedded)} images, expected 4")


def value_range(place: Workplace) -> None:
    """Floats of 0…255 would be white; check and training say so."""
    checked = place.dbot("data", "check", "floats255", "--out", "check", "--json")
    place.expect(checked.code in (0, 3), checked, "a finished check")
    found = findings_of(place, "check")
    ranges = {entry["file"] for entry in found if "0…1" in entry["detail"]}
    seen = sorted({entry["kind"] for entry in found})
    place.expect(len(ranges) == 4, checked, f"a finding of four files' ranges, found {seen}")
    words = ["--data", "floats255", "--out", "run", "--steps", 2, "--set", "train.batch_size=2"]
    run = place.dbot("pretrain", "dbot/quick", *words, *QUICK, *UNJUDGED)
    place.expect("data.value_range" in run.err, run, "a warning that names data.value_range")
    words[3] = "again"
    fitting = place.dbot(
        "pretrain", "dbot/quick", *words, *QUICK, *UNJUDGED, "--set", "data.value_range=[0, 255]"
    )
    place.expect_code(fitting, 0)
    place.expect("0…1" not in fitting.err, fitting, "no warning where the range is set")


def grey_png(pixels: list[int], side: int) -> bytes:
    """Of 16 bits a pixel, by the standard library alone."""
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    lines = [pixels[row * side : (row + 1) * side] for row in range(side)]
    rows = b"".join(b"\0" + struct.pack(f">{side}H", *line) for line in lines)
    header = struct.pack(">IIBBBBB", side, side, 16, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def few_bits_of_sixteen(place: Workplace) -> None:
    """12 bits in 16 are nearly black: a finding, too."""
    (place.folder / "dark").mkdir()
    for number in range(4):
        pixels = [(number * 517 + i * i * 31) % 4096 for i in range(32 * 32)]
        (place.folder / "dark" / f"{number}.png").write_bytes(grey_png(pixels, 32))
    checked = place.dbot("data", "check", "dark", "--out", "check", "--json")
    place.expect(checked.code in (0, 3), checked, "a finished check")
    found = findings_of(place, "check")
    seen = sorted({f"{entry['kind']}: {entry['detail']}" for entry in found})
    ranges = {entry["file"] for entry in found if re.search(r"\b(40\d\d|12 bits)\b", entry["detail"])}
    place.expect(len(ranges) == 4, checked, f"the largest value of four files, found {seen}")


def orientation_as_long(place: Workplace) -> None:
    """Both pictures are the same, turned by an entry of another type."""
    found = place.features("hf_dinov2_reference.safetensors", "orientation")
    if found:
        long, short = ({"": found[f"orientation/{name}.jpg"]} for name in ("long", "short"))
        place.expect_equal_features(long, short, 1e-5, "orientation as LONG and as SHORT")


def sound_but_unread(place: Workplace) -> None:
    """Nobody should delete such a file: it is not called corrupt."""
    checked = place.dbot("data", "check", "sound_but_unread", "--out", "check", "--json")
    place.expect(checked.code in (0, 3), checked, "a finished check")
    found = {entry["file"]: entry for entry in findings_of(place, "check")}
    for name in ("12_bits.jpg", "half.tif", "int32.npy", "lossless.jpg"):
        entry = found.get(name)
        if entry is None:
            continue  # read after all
        if entry["kind"] in ("corrupt", "truncated", "not_an_image"):
            place.complain(f"{name} is called {entry['kind']}: {entry['detail']}")
        if "broken" in entry["detail"]:
            place.complain(f"{name} is called broken: {entry['detail']}")
    place.expect("fine.png" not in found, checked, "nothing about fine.png")


CASES = [six_channels, value_range, few_bits_of_sixteen, orientation_as_long, sound_but_unread]
