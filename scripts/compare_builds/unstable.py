"""What two runs of one and the same program differ in: times, rates, memory, what else the machine
does just then. Such figures only have to be there."""

import re

# Keys of JSON objects whose values are not compared.
UNSTABLE_KEYS = {
    # times
    "seconds", "extraction_seconds", "fastest_seconds", "slowest_seconds", "reference_seconds",
    "read_seconds", "decode_seconds", "resize_seconds", "transform_seconds", "normalise_seconds",
    "decode_whole_seconds", "seconds_left",
    # rates
    "images_per_second", "cached_images_per_second", "synthetic_images_per_second",
    "flops_per_second", "bytes_per_second", "model_flops_utilization",
    # how loading keeps up
    "data_wait_fraction", "batches_ready",
    # memory
    "peak_memory_bytes",
}  # fmt: skip
# The same, where a key means other things elsewhere: endings of the path to a value, which begins
# with the command. The program's own size in memory is measured, and stands in a sum.
UNSTABLE_PATHS = (
    "plan.memory.program", "plan.memory_bytes", "report.bytes", "operations.ratio",
    "data.bottleneck",
)  # fmt: skip
# Entries of lists, by themselves or by their `id`: advice that comes of the clock.
UNSTABLE_ENTRIES = {"data_wait"}

# Parts of texts, for people and in JSON, and what stands for them.
UNSTABLE_TEXTS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\b[0-9a-f]{32}\b(?=['\"])", "NONCE"),
        (r"\d[\d.,e+-]* ?(?:images/s|GFLOP/s|GB/s|MB/s|TFLOP/s)", "RATE"),
        (r"(?:\b\d[\d.,]* ?(?:µs|ms|s|min|h|d)\b ?)+", "TIME "),
        (r"\d[\d.]* ?[kMGT]i?B(?= free)", "ROOM"),
        (r"\d+ inodes", "INODES"),
        (r"data wait \d+ ?%", "data wait"),
        (r"The process took [\d.]+ of [\d.]+ GB", "The process took MEMORY"),
        (r"queue [\d.]+/", "queue /"),
        (r"process \d+", "process N"),
        (r"about [\d.]+ [kMGT]B: program [\d.]+ [kMGT]B", "about MEMORY"),
    )
]
# Lines for people that come by the clock.
UNSTABLE_LINES = re.compile(r"^(stage \d+/\d+  epoch |[\d,]+ of [\d,]+ images(  |$))")


def is_unstable(path: tuple[str, ...]) -> bool:
    name = ".".join(part for part in path if not part.isdigit())
    return path[-1] in UNSTABLE_KEYS or name.endswith(UNSTABLE_PATHS)


def stable_entries(entries: list) -> list:
    ids = [x.get("id") if isinstance(x, dict) else x for x in entries]
    unstable = [isinstance(x, str) and x in UNSTABLE_ENTRIES for x in ids]
    return [x for x, leave_out in zip(entries, unstable) if not leave_out]


def stable_text(text: str) -> str:
    for pattern, replacement in UNSTABLE_TEXTS:
        text = pattern.sub(replacement, text)
    return text


def stable_lines(text: str) -> list[str]:
    lines = re.split(r"[\r\n]+", text)
    return [stable_text(line) for line in lines if line and not UNSTABLE_LINES.match(line)]
