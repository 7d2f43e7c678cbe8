"""dbot under Open MPI's mpirun."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from bench_answer import bench, read_answer
from training import Training
from workplace import Workplace, await_that, expect, expect_equal, need_tools, noted


class OpenMpi:
    def __init__(self, place: Workplace):
        self.place = place
        self.training = Training(place)

    def words(self, processes: int, environments: Path) -> list[object]:
        """mpirun for so many processes on this machine, whose environments are kept."""
        options = ["--oversubscribe", "--bind-to", "none"]
        if os.geteuid() == 0:
            options.append("--allow-run-as-root")
        return ["mpirun", "-n", processes, *options, *self.place.noting(environments)]


@contextlib.contextmanager
def opened(place: Workplace) -> Iterator[OpenMpi]:
    need_tools("mpirun")
    yield OpenMpi(place)


def two_processes_give_one_answer(mpi: OpenMpi) -> None:
    environments = mpi.place.path("environments")
    answer = mpi.place.run(*mpi.words(2, environments), *bench(mpi.place, 4, 2))
    read_answer(answer, processes=2, megabytes=4)
    ranks = sorted(one["OMPI_COMM_WORLD_RANK"] for one in noted(environments).values())
    expect_equal("ranks that mpirun gave", ranks, ["0", "1"])


def two_jobs_meet_at_once(mpi: OpenMpi) -> None:
    """Their ports are made of their names: each meets its own processes."""
    folders = [mpi.place.path("environments") for _ in range(2)]
    with contextlib.ExitStack() as stack:
        jobs = [
            stack.enter_context(mpi.place.started(*mpi.words(2, folder), *bench(mpi.place, 20, 4)))
            for folder in folders
        ]
        await_that(lambda: all(len(noted(folder)) == 2 for folder in folders), "both jobs begin")
        for job in jobs:
            read_answer(job.wait(), processes=2, megabytes=20)
    names = {one["PMIX_NAMESPACE"] for folder in folders for one in noted(folder).values()}
    expect_equal("number of names of two jobs", len(names), 2)


def what_another_launcher_left_is_refused(mpi: OpenMpi) -> None:
    words = [*mpi.words(2, mpi.place.path("environments")), *bench(mpi.place, 1, 1)]
    answer = mpi.place.run(*words, WORLD_SIZE="3")
    expect_equal(f"exit code of {answer.end()}", answer.code, 2)
    expect("WORLD_SIZE=3" in answer.err, f"expected WORLD_SIZE=3 named: {answer.end()}")


def training_is_as_without_a_launcher(mpi: OpenMpi) -> None:
    training = mpi.training
    out = mpi.place.path("run")
    words = mpi.words(training.processes, mpi.place.path("environments"))
    answer = mpi.place.run(*words, *training.words(out))
    expect_equal(f"exit code of {answer.end()}", answer.code, 0)
    training.expect_same_bits(out)


CHECKS = [
    two_processes_give_one_answer,
    two_jobs_meet_at_once,
    what_another_launcher_left_is_refused,
    training_is_as_without_a_launcher,
]
