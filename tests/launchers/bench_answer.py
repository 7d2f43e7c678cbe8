"""dbot bench processes, and what it must say."""

import json

from workplace import Answer, Workplace, expect, expect_equal

# Of large buffers: the messages of the meeting and the heartbeat are beside them.
TOLERANCE = 0.03
MOST_BESIDE = 50_000


def bench(place: Workplace, megabytes: int, rounds: int) -> list[object]:
    sizes = ["--megabytes", megabytes, "--rounds", rounds]
    return [place.program, "bench", "processes", *sizes, "--json"]


def computed_bytes(processes: int, size: int) -> dict[str, int]:
    """What all processes together send of a buffer of `size` bytes, by the collective's name. The
    number of processes is a power of two."""
    once = (processes - 1) * size
    computed = {"sum": 2 * once, "ring": 2 * once, "reduce_scatter": once, "all_gather": once}
    return {**computed, "broadcast": once, "minimum": 0}


def read_answer(answer: Answer, processes: int, megabytes: int, threads: int | None = None) -> dict:
    """The one answer of so many processes. Raises Unexpected if anything of it is not as computed."""
    expect_equal(f"exit code of {answer.end()}", answer.code, 0)
    lines = [line for line in answer.out.splitlines() if line.startswith("{")]
    expect_equal(f"number of answers of {answer.end()}", len(lines), 1)
    found = json.loads(lines[0])
    expect_equal("number of processes", found["processes"], processes)
    if threads is None:
        threads = max(1, found["cores"] // processes)
    expect_equal("threads of a process", found["threads"], threads)
    computed = computed_bytes(processes, megabytes * 1_000_000)
    collectives = {one["name"]: one for one in found["collectives"]}
    expect_equal("collectives", set(collectives), set(computed))
    for name, size in computed.items():
        one = collectives[name]
        expect_equal(f"computed bytes of {name}", one["bytes_computed"], size)
        expect(one["seconds"] > 0, f"{name} took {one['seconds']} s, expected more than none")
        beside = abs(one["bytes_sent"] - size)
        expect(
            beside <= max(TOLERANCE * size, MOST_BESIDE),
            f"{name} sent {one['bytes_sent']} bytes, expected {size} within {TOLERANCE:.0%}",
        )
    return found
