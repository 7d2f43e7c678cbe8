"""dbot as a step of a real Slurm."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from bench_answer import bench, read_answer
from slurm_cluster import Cluster, cluster
from torchrun_checks import Torchrun, python_with_torchrun
from training import Training
from workplace import Answer, Skip, Unexpected, Workplace, await_that, expect, expect_equal, noted


class Slurm:
    def __init__(self, place: Workplace, nodes: Cluster):
        self.place, self.cluster = place, nodes
        self.training = Training(place)

    def bench_text(self, megabytes: int, rounds: int) -> str:
        """The program's command line in a script."""
        return " ".join(map(str, bench(self.place, megabytes, rounds)))


@contextlib.contextmanager
def opened(place: Workplace) -> Iterator[Slurm]:
    with cluster(place) as nodes:
        yield Slurm(place, nodes)


def answers_in(text: str) -> list[Answer]:
    """One a line of JSON."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    return [Answer("a step", 0, line, "", 0) for line in lines]


# Lines of bash: a task tells that it is there, and waits for as many as both jobs have.
MEET = """
meet() {
  touch "$MEETING/$SLURM_JOB_ID.$SLURM_STEP_ID.$SLURM_PROCID"
  for _ in {1..600}; do
    (($(ls "$MEETING" | wc -l) == 4)) && break
    sleep 0.05
  done
}
export -f meet
"""


def four_tasks_give_one_answer(slurm: Slurm) -> None:
    environments = slurm.place.path("environments")
    words = ["srun", "-n", 4, *slurm.place.noting(environments), *bench(slurm.place, 4, 2)]
    read_answer(slurm.cluster.run(*words), processes=4, megabytes=4)
    ranks = sorted(one["SLURM_PROCID"] for one in noted(environments).values())
    expect_equal("ranks that Slurm gave", ranks, ["0", "1", "2", "3"])


def the_cores_of_a_task_are_its_threads(slurm: Slurm) -> None:
    """Slurm's number differs from the machine's cores divided by its tasks."""
    cores = len(os.sched_getaffinity(0))
    given = 1 if cores // 2 > 1 else 2
    words = ["srun", "-n", 2, "-c", given, *bench(slurm.place, 1, 1)]
    answer = slurm.cluster.run(*words)
    read_answer(answer, processes=2, megabytes=1, threads=min(given, cores))


def two_jobs_meet_at_once(slurm: Slurm) -> None:
    meeting = slurm.place.path("meeting")
    meeting.mkdir()
    command = f"meet; exec {slurm.bench_text(4, 2)}"
    script = f"{MEET}export MEETING={meeting}\nsrun -n 2 bash -c '{command}'\n"
    jobs = [slurm.cluster.submit(script, "--ntasks=2") for _ in range(2)]
    for job in jobs:
        job.await_end()
        answers = answers_in(job.text())
        expect_equal(f"number of answers of job {job.number}: {job.text()}", len(answers), 1)
        read_answer(answers[0], processes=2, megabytes=4)
    expect_equal("number of tasks that met", len(list(meeting.iterdir())), 4)


def two_steps_of_a_job_meet_at_once(slurm: Slurm) -> None:
    meeting = slurm.place.path("meeting")
    meeting.mkdir()
    command = f"meet; exec {slurm.bench_text(4, 2)}"
    step = f"srun --exact -n 2 bash -c '{command}' &\n"
    script = f"{MEET}export MEETING={meeting}\n{step}{step}wait -n && wait -n\n"
    job = slurm.cluster.submit(script, "--ntasks=4")
    job.await_end()
    answers = answers_in(job.text())
    expect_equal(f"number of answers of two steps: {job.text()}", len(answers), 2)
    for answer in answers:
        read_answer(answer, processes=2, megabytes=4)
    expect_equal("number of tasks that met", len(list(meeting.iterdir())), 4)


def the_others_name_a_task_that_is_killed(slurm: Slurm) -> None:
    """Slurm itself waits for them."""
    environments = slurm.place.path("environments")
    words = ["srun", "-n", 4, *slurm.place.noting(environments), *bench(slurm.place, 20, 1000)]
    with slurm.cluster.started(*words) as under_way:
        await_that(lambda: len(noted(environments)) == 4, "all tasks begin")
        ranks = {one["SLURM_PROCID"]: number for number, one in noted(environments).items()}
        await_that(lambda: seconds_at_work(ranks["2"]) > 2, "task 2 is in the middle of its work")
        os.kill(ranks["2"], signal.SIGKILL)
        answer = under_way.wait()
    expect(answer.code != 0, f"expected a failure: {answer.end()}")
    named = answer.err.count("rank 2 (")
    expect_equal(f"number of tasks that name rank 2 in {answer.end()}", named, 3)


def seconds_at_work(process: int) -> float:
    """On a core; beginning and meeting the others take less than one."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def the_script_of_a_job_is_one_process(slurm: Slurm) -> None:
    """It may start processes of its own; as one of Slurm's tasks it would be refused."""
    job = slurm.cluster.submit(slurm.bench_text(4, 2) + " --processes 2\n", "--ntasks=2")
    job.await_end()
    (answer,) = answers_in(job.text())
    read_answer(answer, processes=2, megabytes=4)


def mpirun_in_a_job_is_open_mpis(slurm: Slurm) -> None:
    if shutil.which("mpirun") is None:
        print("mpirun_in_a_job_is_open_mpis  left out: there is no mpirun")
        return
    environments = slurm.place.path("environments")
    noting = " ".join(map(str, slurm.place.noting(environments)))
    options = "--allow-run-as-root --oversubscribe --bind-to none"
    script = f"mpirun -n 2 {options} {noting} {slurm.bench_text(4, 2)}\n"
    job = slurm.cluster.submit(script, "--ntasks=2")
    job.await_end()
    found = noted(environments).values()
    both = [one for one in found if "SLURM_JOB_ID" in one and "OMPI_COMM_WORLD_RANK" in one]
    expect_equal("number of processes with both launchers' variables", len(both), 2)
    (answer,) = answers_in(job.text())
    read_answer(answer, processes=2, megabytes=4)


def torchrun_in_a_step_is_torchruns(slurm: Slurm) -> None:
    """As on several nodes, where srun starts one torchrun each."""
    try:
        torchrun = Torchrun(slurm.place, python_with_torchrun())
    except Skip as reason:
        print(f"torchrun_in_a_step_is_torchruns  left out: {reason}")
        return
    environments = slurm.place.path("environments")
    words = ["srun", "-n", 1, *torchrun.words(2, environments), *bench(slurm.place, 4, 2)]
    read_answer(slurm.cluster.run(*words), processes=2, megabytes=4)
    found = noted(environments).values()
    both = [one for one in found if "SLURM_STEP_ID" in one and "TORCHELASTIC_RUN_ID" in one]
    expect_equal("number of processes with both launchers' variables", len(both), 2)


def a_job_that_is_queued_again_meets_again(slurm: Slurm) -> None:
    """It has its number, and so its port, from before."""
    script = f"""srun -n 2 {slurm.bench_text(4, 2)} || exit
if [[ -z $SLURM_RESTART_COUNT ]]; then
  scontrol requeue "$SLURM_JOB_ID"
  sleep 60
fi
"""
    job = slurm.cluster.submit(script, "--ntasks=2", "--requeue")
    job.await_end()
    answers = answers_in(job.text())
    expect_equal(f"number of answers of both lives: {job.text()}", len(answers), 2)
    for answer in answers:
        read_answer(answer, processes=2, megabytes=4)


def a_training_that_is_stopped_and_queued_again_has_the_same_bits(slurm: Slurm) -> None:
    """As Slurm does before a job's time is over: SIGTERM to the step, exit code 75, another turn."""
    training, out, codes = slurm.training, slurm.place.path("run"), slurm.place.path("codes")
    words = " ".join(map(str, training.words(out)))
    script = f"""srun -n {training.processes} {words}
code=$?
echo "$code" >>{codes}
if [[ $code == 75 ]]; then
  scontrol requeue "$SLURM_JOB_ID"
  sleep 60
fi
exit "$code"
"""
    job = slurm.cluster.submit(script, f"--ntasks={training.processes}", "--requeue")
    training.await_checkpoint(out)
    answer = slurm.cluster.run("scancel", "--signal=TERM", job.number)
    expect_equal(f"exit code of {answer.end()}", answer.code, 0)
    try:
        job.await_end()
    except Unexpected as complaint:
        raise Unexpected(f"{complaint}; exit codes {codes.read_text().split()}") from None
    expect_equal("exit codes of the step, of each turn", codes.read_text().split(), ["75", "0"])
    training.expect_same_bits(out)


CHECKS = [
    four_tasks_give_one_answer,
    the_cores_of_a_task_are_its_threads,
    two_jobs_meet_at_once,
    two_steps_of_a_job_meet_at_once,
    the_others_name_a_task_that_is_killed,
    the_script_of_a_job_is_one_process,
    mpirun_in_a_job_is_open_mpis,
    torchrun_in_a_step_is_torchruns,
    a_job_that_is_queued_again_meets_again,
    a_training_that_is_stopped_and_queued_again_has_the_same_bits,
]
