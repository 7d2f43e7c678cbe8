"""dbot on two hosts that are namespaces of one machine, its ranks started by hand."""

import contextlib
import socket
import time
from collections.abc import Iterator

from bench_answer import TOLERANCE, bench, computed_bytes, read_answer
from slurm_cluster import cluster
from training import PROCESSES, Training
from two_hosts import GIGABIT, TwoHosts, two_hosts
from workplace import Answer, Skip, Unexpected, Workplace, await_that, expect, expect_equal, noted

PORT = 29_517  # of networks that nobody else is in
MOST_SECONDS_TO_END = 10  # when the cable is cut


@contextlib.contextmanager
def opened(place: Workplace) -> Iterator[TwoHosts]:
    with two_hosts(place) as hosts:
        yield hosts


def run_on_both(hosts: TwoHosts, words: list[object], address: str = "") -> list[Answer]:
    with contextlib.ExitStack() as stack:
        ranks = [
            stack.enter_context(hosts.rank_on(host, PORT, *words, address=address))
            for host in hosts.both()
        ]
        return [rank.wait() for rank in ranks]


def expect_end(answer: Answer, code: int, *texts: str) -> None:
    expect_equal(f"exit code of {answer.end()}", answer.code, code)
    for text in texts:
        expect(text in answer.err, f"expected {text!r}: {answer.end()}")


def the_cable_carries_what_is_computed(hosts: TwoHosts) -> None:
    """By the kernel's own counters of both ends, headers subtracted: they are 66 of 1514 bytes of each
    packet, more than what is allowed."""
    megabytes, rounds = 20, 2
    before = hosts.sent()
    first, second = run_on_both(hosts, bench(hosts.place, megabytes, rounds))
    sent = hosts.sent() - before
    expect_end(second, 0)
    for text in (second.out, second.err, first.err):
        expect_equal("what is said beside the answer", text, "")
    found = read_answer(first, 2, megabytes, threads=max(1, cores_in(first)))
    # One round more than asked for: the first does not count.
    computed = (rounds + 1) * sum(computed_bytes(2, megabytes * 1_000_000).values())
    expect(
        abs(sent - computed) <= TOLERANCE * computed,
        f"the cable carried {sent} bytes, expected {computed} within {TOLERANCE:.0%}",
    )
    if hosts.limited:
        seconds = next(one["seconds"] for one in found["collectives"] if one["name"] == "broadcast")
        least = 0.9 * megabytes * 8e6 / GIGABIT
        expect(seconds > least, f"a broadcast took {seconds} s, expected {least} by that cable")


def cores_in(answer: Answer) -> int:
    """Each host has all of the machine's."""
    return int(answer.out.partition('"cores":')[2].partition(",")[0] or 0)


def a_name_that_leads_to_its_own_host_is_a_meeting_place(hosts: TwoHosts) -> None:
    """Debian writes a host's name at 127.0.1.1 into its own /etc/hosts. The others know it by its
    address."""
    first, _ = run_on_both(hosts, bench(hosts.place, 1, 1), address=hosts.first.name)
    read_answer(first, 2, 1, threads=max(1, cores_in(first)))


def an_address_of_ipv6_is_a_meeting_place(hosts: TwoHosts) -> None:
    try:
        for number, host in enumerate(hosts.both(), 1):
            host.system("ip", "address", "add", f"fd77::{number}/64", "dev", host.name, "nodad")
    except Unexpected as reason:
        print(f"an_address_of_ipv6_is_a_meeting_place  left out: {reason}")
        return
    first, _ = run_on_both(hosts, bench(hosts.place, 1, 1), address="fd77::1")
    read_answer(first, 2, 1, threads=max(1, cores_in(first)))


def a_cut_cable_ends_both(hosts: TwoHosts) -> None:
    """Each says that the other is gone, and where that one is."""
    words = bench(hosts.place, 100, 500)
    with contextlib.ExitStack() as stack:
        ranks = [stack.enter_context(hosts.rank_on(host, PORT, *words)) for host in hosts.both()]
        before = hosts.sent()
        await_that(lambda: hosts.sent() - before > 30_000_000, "data travels")
        hosts.first.cut()
        stack.callback(hosts.first.mend)
        cut = time.monotonic()
        answers = [rank.wait(60) for rank in ranks]
        seconds = time.monotonic() - cut
    expect_end(answers[0], 1, "rank 1 (host-b)")
    expect_end(answers[1], 1, "rank 0 (host-a)")
    expect(
        seconds <= MOST_SECONDS_TO_END,
        f"both ended {seconds:.1f} s after the cut, expected {MOST_SECONDS_TO_END} at most: "
        f"{answers[0].end()}{answers[1].end()}",
    )


def an_address_that_is_nobodys_is_named(hosts: TwoHosts) -> None:
    words = bench(hosts.place, 1, 1)
    for answer in run_on_both(hosts, words, address="no-such-host.invalid"):
        expect_end(answer, 2, "no-such-host.invalid", "MASTER_ADDR")


def a_port_that_is_taken_is_named(hosts: TwoHosts) -> None:
    """On the host of rank 0, which is where this process is."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("", PORT))
        other.listen()
        with hosts.rank_on(hosts.first, PORT, *bench(hosts.place, 1, 1)) as rank:
            expect_end(rank.wait(20), 2, f"port {PORT}", "MASTER_PORT")


def slurm_on_both_hosts_gives_one_answer(hosts: TwoHosts) -> None:
    """The processes meet at the first name of the step's list of nodes."""
    environments = hosts.place.path("environments")
    try:
        with cluster(hosts.place, hosts.both()) as slurm:
            words = ["srun", "-N", 2, "--ntasks-per-node", 2, *hosts.place.noting(environments)]
            answer = slurm.run(*words, *bench(hosts.place, 4, 2))
    except Skip as reason:
        print(f"slurm_on_both_hosts_gives_one_answer  left out: {reason}")
        return
    read_answer(answer, processes=4, megabytes=4, threads=max(1, cores_in(answer) // 2))
    nodes = sorted(one["SLURM_NODEID"] for one in noted(environments).values())
    expect_equal("nodes of the processes", nodes, ["0", "0", "1", "1"])


def training_on_both_has_the_same_bits(hosts: TwoHosts) -> None:
    """The folder of the run is on both."""
    training = Training(hosts.place)
    out = hosts.place.path("run")
    for answer in run_on_both(hosts, training.words(out)):
        expect_end(answer, 0)
    training.expect_same_bits(out)


CHECKS = [
    the_cable_carries_what_is_computed,
    a_name_that_leads_to_its_own_host_is_a_meeting_place,
    an_address_of_ipv6_is_a_meeting_place,
    a_cut_cable_ends_both,
    an_address_that_is_nobodys_is_named,
    a_port_that_is_taken_is_named,
    slurm_on_both_hosts_gives_one_answer,
]
if PROCESSES > 1:
    CHECKS.append(training_on_both_has_the_same_bits)
