"""C++ text with everything blanked out that is no code to plant a fault in; places stay the same."""

import re

TOKENS = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<delimiter>[^(]*)\(.*?\)(?P=delimiter)" """
    r"""| "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+' | ^[ \t]*\#(?:[^\n\\]|\\.)* """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
# Digits may be grouped: 2'000'000.
GROUPED = re.compile(r"(?<=\d)'(?=\d)")
# Calls that make a message, and what guards against errors of ours.
MESSAGES = re.compile(
    r"\b(?:format|log|log_|fail|warn|say|refuse|assert|static_assert|data_error|\w*Error)\(|\bthrow\b"
)


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def end_of_call(text: str, opening: int) -> int:
    """Behind the parenthesis that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(text)):
        depth += text[at] in "([{"
        depth -= text[at] in ")]}"
        if depth == 0:
            return at + 1
    return len(text)


def code_of(text: str) -> str:
    """Without comments, texts, lines of the preprocessor, messages and what is thrown."""
    text = GROUPED.sub("0", text)  # found again in the source by its place
    code = TOKENS.sub(lambda match: blank(match.group()), text)
    at = 0
    while found := MESSAGES.search(code, at):
        if found.group() == "throw":
            end = code.find(";", found.end())
        else:
            end = end_of_call(code, found.end() - 1)
        end = len(code) if end < 0 else end
        code = code[: found.start()] + blank(code[found.start() : end]) + code[end:]
        at = end
    return code
