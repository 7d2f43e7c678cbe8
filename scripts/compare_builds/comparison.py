"""Differences of answers and of folders."""

import difflib
import json
import struct
from dataclasses import dataclass
from pathlib import Path

from program import Answer
from unstable import is_unstable, stable_entries, stable_lines, stable_text

TEXT_KINDS = {".json", ".jsonl", ".toml", ".txt", ".csv", ".html"}
PAGE_DATA = '<script type="application/json"'


@dataclass(frozen=True)
class Difference:
    kind: str  # "exit code", "result", "message", "file"
    where: str  # name of the step, or the file
    what: str


def short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:150]}… ({len(text)} characters)"


def compare_values(a: object, b: object, path: tuple[str, ...] = ("",)) -> list[str]:
    """Of two JSON values."""
    if is_unstable(path):
        return []
    name = ".".join(path[1:]) or "the whole"
    if isinstance(a, dict) and isinstance(b, dict):
        found = [f"{name}: key {key} is gone" for key in a if key not in b]
        found += [f"{name}: key {key} is new" for key in b if key not in a]
        if not found and list(a) != list(b):
            found.append(f"{name}: keys stand in another order")
        for key in a:
            if key in b:
                found += compare_values(a[key], b[key], (*path, key))
        return found
    if isinstance(a, list) and isinstance(b, list):
        a, b = stable_entries(a), stable_entries(b)
        if len(a) != len(b):
            return [f"{name}: {len(a)} entries became {len(b)}"]
        pairs = enumerate(zip(a, b))
        return [line for i, (x, y) in pairs for line in compare_values(x, y, (*path, str(i)))]
    if isinstance(a, str) and isinstance(b, str):
        a, b = stable_text(a), stable_text(b)
    # 1, 1.0 and true are different texts.
    return [] if json.dumps(a) == json.dumps(b) else [f"{name}: {short(a)} became {short(b)}"]


def compare_lines(a: list[str], b: list[str]) -> list[str]:
    lines = difflib.unified_diff(a, b, lineterm="", n=0)
    return [short(line) for line in lines if not line.startswith(("---", "+++", "@@"))]


def compare_answers(name: str, a: Answer, b: Answer) -> list[Difference]:
    found = []
    if a.code != b.code:
        found.append(Difference("exit code", name, f"{a.code} became {b.code}"))
    out_a, out_b = a.out, b.out
    if a.result is not None and b.result is not None:
        path = ("", *name.split()[:1])
        found += [Difference("result", name, x) for x in compare_values(a.result, b.result, path)]
        out_a, out_b = (text.rstrip("\n").rpartition("\n")[0] for text in (out_a, out_b))
    lines = compare_lines(stable_lines(out_a), stable_lines(out_b))
    found += [Difference("result", name, line) for line in lines]
    lines = compare_lines(stable_lines(a.err), stable_lines(b.err))
    return found + [Difference("message", name, line) for line in lines]


def compare_pages(a: str, b: str) -> list[str]:
    """HTML; the data of the page are JSON, one line."""

    def divided(text: str) -> tuple[list[object], list[str]]:
        lines = text.splitlines()
        data = [line for line in lines if line.startswith(PAGE_DATA)]
        values = [json.loads(x[x.index(">") + 1 : x.rindex("</script>")]) for x in data]
        return values, [stable_text(line) for line in lines if line not in data]

    (data_a, rest_a), (data_b, rest_b) = divided(a), divided(b)
    return compare_values(data_a, data_b, ("", "page")) + compare_lines(rest_a, rest_b)


def fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Number and content of the fields of a protobuf message."""

    def varint(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        tag, at = varint(at)
        if tag & 7 == 0:
            value, at = varint(at)
            found.append((tag >> 3, value))
            continue
        size = {1: 8, 5: 4}.get(tag & 7)
        if size is None:
            size, at = varint(at)
        found.append((tag >> 3, message[at : at + size]))
        at += size
    return found


def events(content: bytes) -> list[object]:
    """Of a file for TensorBoard: steps and values, without times."""
    found: list[object] = []
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from("<Q", content, at)
        for number, value in fields(content[at + 12 : at + 12 + size]):
            if number == 5:  # summary: values, which begin with their tag
                for _, entry in fields(value):
                    (_, tag), *rest = fields(entry)
                    timed = is_unstable((tag.decode().rpartition("/")[2],))
                    found.append([tag.decode(), [] if timed else [repr(x) for x in rest]])
            elif number != 1:  # 1: wall time
                found.append([number, repr(value)])
        at += size + 16
    return found


def compare_bytes(a: bytes, b: bytes) -> list[str]:
    place = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return [f"{len(a)} bytes became {len(b)}, first difference at byte {place}"]


def compare_files(name: str, a: Path, b: Path) -> list[str]:
    if a.is_symlink() or b.is_symlink():
        links = [path.readlink() if path.is_symlink() else None for path in (a, b)]
        return [] if links[0] == links[1] else [f"link to {links[0]} became {links[1]}"]
    if a.is_dir() or b.is_dir():
        return [] if a.is_dir() == b.is_dir() else ["a folder and a file"]
    content_a, content_b = a.read_bytes(), b.read_bytes()
    if content_a == content_b or a.name == ".lock":
        return []
    if ".tfevents." in name:
        return compare_values(events(content_a), events(content_b))
    if a.suffix not in TEXT_KINDS:
        return compare_bytes(content_a, content_b)
    try:
        return compare_text_files(a.suffix, content_a.decode(), content_b.decode())
    except ValueError as error:
        return [f"cannot be read: {error}"]


def compare_text_files(kind: str, a: str, b: str) -> list[str]:
    if kind == ".html":
        return compare_pages(a, b)
    if kind == ".json":
        return compare_values(json.loads(a), json.loads(b))
    if kind == ".jsonl":
        return compare_values(*([json.loads(line) for line in x.splitlines()] for x in (a, b)))
    return compare_lines(stable_lines(a), stable_lines(b))


def listing(folder: Path) -> dict[str, Path]:
    """All entries by name; files for TensorBoard, named after time and machine, are numbered."""
    names: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if ".tfevents." in path.name:
            number = sorted(path.parent.glob("*.tfevents.*")).index(path)
            names[str(path.relative_to(folder).with_name(f"events.out.tfevents.{number}"))] = path
        else:
            names[str(path.relative_to(folder))] = path
    return names


def compare_folders(a: Path, b: Path) -> list[Difference]:
    names_a, names_b = listing(a), listing(b)
    found = [Difference("file", name, "is gone") for name in names_a if name not in names_b]
    found += [Difference("file", name, "is new") for name in names_b if name not in names_a]
    for name in names_a:
        if name in names_b:
            lines = compare_files(name, names_a[name], names_b[name])
            found += [Difference("file", name, line) for line in lines]
    return found
