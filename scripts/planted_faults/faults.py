"""The faults that are planted: small, one at a time, such as a slip of the hand leaves."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planted_faults.code import code_of, end_of_call

Change = tuple[str, int, int, str]  # kind, begin, end, what stands there instead

COMPARISONS = {
    " < ": " > ",
    " <= ": " >= ",
    " > ": " < ",
    " >= ": " <= ",
    " == ": " != ",
    " != ": " == ",
    " && ": " || ",
    " || ": " && ",
}
EDGES = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "}
SIGNS = {
    " + ": " - ",
    " - ": " + ",
    " * ": " / ",
    " / ": " * ",
    " += ": " -= ",
    " -= ": " += ",
    "std::min(": "std::max(",
    "std::max(": "std::min(",
}
NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)((?:[eE][+-]?\d+)?)([fFuUlL]*)(?![\w.])")
# Not min and max, whose arguments may stand in any order.
CALL = re.compile(r"\b(?!(?:if|for|while|switch|return|sizeof|min|max)\b)[A-Za-z_]\w*\(")
ARGUMENT = re.compile(r"[\w.:*&\->\[\]()]+")
TARGET = r"[A-Za-z_*][\w.:\->\[\]()*]*"
STATEMENT = re.compile(
    rf"^ *({TARGET} ?(?:[-+*/|&]?=) [^;]*|[A-Za-z_][\w.:\->]*\([^;]*\)"
    r"|(?:\+\+|--)[\w.\->]+|break|continue);$"
)


@dataclass(frozen=True)
class Fault:
    file: str  # from the root of the checkout
    line: int
    kind: str
    before: str  # the line, and what becomes of it
    after: str
    occurrence: int  # among equal ones of the file
    text: str  # the whole file with the fault

    @property
    def key(self) -> str:
        return f"{self.file} | {self.before} | {self.after} | {self.occurrence}"


def replaced(kind: str, code: str, old: str, new: str) -> Iterator[Change]:
    at = code.find(old)
    while at >= 0:
        if not code[:at].endswith("template"):
            yield kind, at, at + len(old), new
        at = code.find(old, at + 1)


def constants(code: str, text: str) -> Iterator[Change]:
    for match in NUMBER.finditer(code):
        whole, exponent, suffix = text[match.start(1) : match.end(1)], match[2], match[3]
        if "." in whole or exponent:
            other = "1.0" if float(whole) == 0 else f"10 * {whole}{exponent}{suffix}"
        else:
            other = str(int(match[1] if "'" not in whole else whole.replace("'", "")) + 1) + suffix
        yield "constant", match.start(), match.end(), other
    for word, other in (("true", "false"), ("false", "true")):
        for match in re.finditer(rf"\b{word}\b", code):
            yield "constant", match.start(), match.end(), other


def signs(code: str) -> Iterator[Change]:
    for old, new in SIGNS.items():
        yield from replaced("sign", code, old, new)
    for match in re.finditer(r"(?<=[(=,] )-(?=[\w(])|(?<=[(])[-!](?=[\w(])|(?<= )!(?=[\w(])", code):
        yield "sign", match.start(), match.end(), ""


def swapped_arguments(code: str) -> Iterator[Change]:
    for match in CALL.finditer(code):
        end = end_of_call(code, match.end() - 1)
        places, depth, begin = [], 0, match.end()
        for at in range(match.end(), end):
            if depth == 0 and (code[at] == "," or at == end - 1):
                places.append((begin, at))
                begin = at + 1
            depth += code[at] in "([{"
            depth -= code[at] in ")]}"
        for (a, b), (c, d) in zip(places, places[1:]):
            one, two = code[a:b].strip(), code[c:d].strip()
            if one != two and ARGUMENT.fullmatch(one) and ARGUMENT.fullmatch(two):
                begin = a + code[a:b].index(one)
                yield "swapped argument", begin, c + code[c:d].index(two) + len(two), f"{two}, {one}"


def dropped_statements(code: str) -> Iterator[Change]:
    at = 0
    for line in code.splitlines(keepends=True):
        statement = STATEMENT.match(line.rstrip("\n"))
        if statement and line.count("(") == line.count(")"):
            yield "dropped statement", at + statement.start(1), at + len(line.rstrip()), ";"
        at += len(line)


def changes(text: str, edges: bool) -> Iterator[Change]:
    code = code_of(text)
    for old, new in COMPARISONS.items():
        yield from replaced("comparison", code, old, new)
    for old, new in EDGES.items() if edges else ():
        yield from replaced("edge", code, old, new)
    yield from constants(code, text)
    yield from signs(code)
    yield from swapped_arguments(code)
    yield from dropped_statements(code)


def line_at(text: str, place: int) -> str:
    begin = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return text[begin : end if end >= 0 else len(text)].strip()


def faults_of(root: Path, file: Path, edges: bool) -> list[Fault]:
    """All of one file, in the order of its lines. `edges`: with < for <=, which real numbers hardly
    ever tell apart."""
    text, name = file.read_text(), str(file.relative_to(root))
    found, seen = [], Counter()
    for kind, begin, end, new in sorted(set(changes(text, edges)), key=lambda change: change[1:]):
        changed = text[:begin] + new + text[end:]
        before, after = line_at(text, begin), line_at(changed, begin)
        if before.startswith(("using ", "namespace ", "template ")):
            continue
        seen[before, after] += 1
        line = text.count("\n", 0, begin) + 1
        found.append(Fault(name, line, kind, before, after, seen[before, after], changed))
    return found
