"""dbot under torchrun, whose agent serves the store."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench_answer import bench, read_answer
from slurm_cluster import free_ports
from training import Training
from workplace import Skip, Started, Workplace, await_that, expect, expect_equal, noted

CHECKOUT = Path(__file__).resolve().parents[2]


class Torchrun:
    def __init__(self, place: Workplace, python: Path):
        self.place, self._python = place, python
        self.training = Training(place)

    def words(self, processes: int, environments: Path, *options: object) -> list[object]:
        """torchrun for so many processes of this machine, whose environments are kept."""
        run = [self._python, "-m", "torch.distributed.run", "--nproc-per-node", processes]
        near = ["--master-port", *free_ports(1)] if "--nnodes" not in options else []
        noting = self.place.noting(environments)
        return [*run, *near, "--monitor-interval=0.1", *options, "--no-python", *noting]


def python_with_torchrun() -> Path:
    """Raises Skip where there is none."""
    folder = Path(os.environ.get("DBOT_INTERCHANGE", CHECKOUT / ".deps/interchange"))
    if not (folder / "requirements.txt").exists():
        raise Skip(
            f"{folder} is not there; tests/interchange/setup.sh makes it, with torchrun in it"
        )
    return folder / "bin/python"


@contextlib.contextmanager
def opened(place: Workplace) -> Iterator[Torchrun]:
    yield Torchrun(place, python_with_torchrun())


@dataclass(frozen=True)
class Agent:
    under_way: Started
    environments: Path


def expect_agents_store(environments: Path, processes: int) -> None:
    """It is torchrun's agent that serves the store, and OMP_NUM_THREADS is torchrun's."""
    found = list(noted(environments).values())
    expect_equal("number of processes that began", len(found), processes)
    for one in found:
        expect_equal("the agent serves", one.get("TORCHELASTIC_USE_AGENT_STORE"), "True")
        expect_equal("threads that torchrun sets", one.get("OMP_NUM_THREADS"), "1")


def two_processes_give_one_answer(torchrun: Torchrun) -> None:
    """Were rank 0 to serve a store of its own, the agent would have its port already."""
    environments = torchrun.place.path("environments")
    words = [*torchrun.words(2, environments), *bench(torchrun.place, 4, 2)]
    read_answer(torchrun.place.run(*words), processes=2, megabytes=4)
    expect_agents_store(environments, 2)


def start_agents(torchrun: Torchrun, stack: contextlib.ExitStack, rounds: int) -> list[Agent]:
    """As on two hosts: each starts one process, the first one's agent serves the store."""
    (port,) = free_ports(1)
    options = ["--nnodes", 2, "--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{port}"]
    options += ["--rdzv-id=two", "--local-addr=127.0.0.1", "--max-restarts=1"]
    agents = []
    for _ in range(2):
        environments = torchrun.place.path("environments")
        words = [*torchrun.words(1, environments, *options), *bench(torchrun.place, 20, rounds)]
        started = torchrun.place.started(*words, OMP_NUM_THREADS="1")
        agents.append(Agent(stack.enter_context(started), environments))
    return agents


def expect_one_answer(agents: list[Agent]) -> None:
    """Each process has all cores of this machine: its agent started no other."""
    answers = [agent.under_way.wait() for agent in agents]
    for answer in answers:
        expect_equal(f"exit code of {answer.end()}", answer.code, 0)
    said = [answer for answer in answers if answer.out]
    expect_equal("number of agents whose process gives an answer", len(said), 1)
    cores = len(os.sched_getaffinity(0))
    read_answer(said[0], processes=2, megabytes=20, threads=cores)


def two_agents_make_one_group(torchrun: Torchrun) -> None:
    with contextlib.ExitStack() as stack:
        agents = start_agents(torchrun, stack, rounds=2)
        expect_one_answer(agents)
        for agent in agents:
            expect_agents_store(agent.environments, 1)


def two_agents_start_again(torchrun: Torchrun) -> None:
    """torchrun counts the restart where a process was killed, and not beside it: the numbers of the
    attempts differ, and both processes meet all the same."""
    with contextlib.ExitStack() as stack:
        agents = start_agents(torchrun, stack, rounds=40)
        await_that(lambda: all(noted(agent.environments) for agent in agents), "both begin")
        (number,) = noted(agents[1].environments)
        os.kill(number, signal.SIGKILL)
        expect_one_answer(agents)
        expect_agents_store(agents[1].environments, 2)


def wrong_options_end_with_the_way_out(torchrun: Torchrun) -> None:
    words = [*torchrun.words(2, torchrun.place.path("environments")), *bench(torchrun.place, 1, 1)]
    answer = torchrun.place.run(*words, "--processes", 2)
    expect(answer.code != 0, f"expected a failure: {answer.end()}")
    for text in ("--processes 2", "leave it out", "exitcode  : 2"):
        expect(text in answer.err, f"expected {text!r}: {answer.end()}")


def a_training_whose_rank_is_killed_starts_again_with_the_same_bits(torchrun: Torchrun) -> None:
    training, out = torchrun.training, torchrun.place.path("run")
    environments = torchrun.place.path("environments")
    words = torchrun.words(training.processes, environments, "--max-restarts=1")
    with torchrun.place.started(*words, *training.words(out), OMP_NUM_THREADS="1") as under_way:
        training.await_checkpoint(out)
        last = max(noted(environments).items(), key=lambda one: int(one[1]["RANK"]))
        os.kill(last[0], signal.SIGKILL)
        answer = under_way.wait()
    expect_equal(f"exit code of {answer.end()}", answer.code, 0)
    restarts = sorted(one["TORCHELASTIC_RESTART_COUNT"] for one in noted(environments).values())
    expect_equal("restarts that torchrun counts", restarts, sorted(["0", "1"] * training.processes))
    training.expect_same_bits(out)


CHECKS = [
    two_processes_give_one_answer,
    two_agents_make_one_group,
    two_agents_start_again,
    wrong_options_end_with_the_way_out,
    a_training_whose_rank_is_killed_starts_again_with_the_same_bits,
]
