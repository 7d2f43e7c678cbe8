"""The blocks of code in the documents: indented by four spaces, or fenced."""

import re
from dataclasses import dataclass
from pathlib import Path

# What stands for something of the reader's own: such a block is a synopsis, nothing to type.
PLACEHOLDER = re.compile(r"\b(RECIPE|DIR|OUT|FILE|FOLDER|RUN|SOURCE|CAPTURE|PATH|PACK|N)\b|\[--")


@dataclass(frozen=True)
class Block:
    page: str  # from the root of the checkout
    line: int  # of its first line, from 1
    language: str  # of a fenced one
    text: str

    @property
    def first(self) -> str:
        """Its first line without the comment: what the lists of the test know it by."""
        return re.split(r"\s{2,}#", self.text.splitlines()[0])[0].strip()

    @property
    def is_dbot(self) -> bool:
        return re.match(r"(bin/)?dbot( |$)", self.first) is not None

    @property
    def is_synopsis(self) -> bool:
        return self.is_dbot and PLACEHOLDER.search(self.text) is not None


def blocks_of(page: Path, root: Path) -> list[Block]:
    found, lines, start = [], [], 0
    language = fence = None
    previous = ""
    name = str(page.relative_to(root))

    def close() -> None:
        if any(line.strip() for line in lines):
            found.append(Block(name, start, language or "", "\n".join(lines).rstrip()))
        lines.clear()

    for number, line in enumerate([*page.read_text().splitlines(), ""], 1):
        mark = line.strip().startswith("```")
        if fence:
            if mark:
                close()
                fence, language = False, None
            else:
                lines.append(line)
        elif mark:
            close()
            fence, language, start = True, line.strip()[3:].strip(), number + 1
        elif lines and (line.startswith("    ") or not line.strip()):
            lines.append(line[4:])
        elif line.startswith("    ") and not previous.strip():
            start = number
            lines.append(line[4:])
        else:
            close()
        previous = line
    close()
    return found


def pages_of(root: Path) -> list[Path]:
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
