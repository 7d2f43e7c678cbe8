"""A Slurm in a folder: its own munge, controller and nodes, on free ports, without root's services."""

import contextlib
import os
import pwd
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workplace import Skip, Started, Unexpected, Workplace, await_that, need_tools

CORES = 8  # that the node is said to have, whatever the machine has
TOOLS = ("munged", "slurmctld", "slurmd", "srun", "sbatch", "scancel", "scontrol", "sinfo")
SHORTEST_CREDENTIAL = 5  # seconds: a job that is queued again waits so long for those it had

CONFIGURATION = """ClusterName=dbot-test
SlurmctldHost={controller}
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire={credential}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
MpiDefault=none
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=10 State=UP
"""


@dataclass(frozen=True)
class Node:
    """A host by its own name. `enter`: words before a command, so that it runs there."""

    name: str
    address: str
    enter: Sequence[str] = ()


def this_host() -> Node:
    return Node(socket.gethostname().split(".")[0], "127.0.0.1")


class Cluster:
    def __init__(self, place: Workplace, folder: Path):
        self.place, self.folder = place, folder
        self._variables = {"SLURM_CONF": str(folder / "slurm.conf")}

    def run(self, *words: object, **variables: str):
        return self.place.run(*words, **self._variables, **variables)

    def started(self, *words: object):
        return self.place.started(*words, **self._variables)

    def submit(self, script: str, *options: object) -> "Job":
        """A batch job of these lines of bash; both outputs go to one file."""
        file, out = self.place.path("job"), self.place.path("job-output")
        file.write_text("#!/bin/bash\n" + script)
        words = ["sbatch", "--parsable", "--open-mode=append", f"--output={out}", *options, file]
        answer = self.run(*words)
        if answer.code != 0:
            raise Unexpected(answer.end())
        return Job(self, int(answer.out), out)


class Job:
    def __init__(self, cluster: Cluster, number: int, out: Path):
        self.cluster, self.number, self.out = cluster, number, out

    def state(self) -> str:
        shown = self.cluster.run("scontrol", "--oneliner", "show", "job", self.number).out
        fields = dict(field.partition("=")[::2] for field in shown.split())
        return fields.get("JobState", "UNKNOWN")

    def text(self) -> str:
        return self.out.read_text(errors="replace") if self.out.exists() else ""

    def await_end(self) -> None:
        """Raises Unexpected unless it ends well."""
        going_on = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED")
        await_that(lambda: self.state() not in going_on, f"job {self.number} ends")
        if self.state() != "COMPLETED":
            raise Unexpected(f"job {self.number} is {self.state()}, it wrote: {self.text()}")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def write_configuration(folder: Path, nodes: Sequence[Node]) -> None:
    controller_port, node_port = free_ports(2)
    lines = [f"NodeName={one.name} NodeAddr={one.address} CPUs={CORES}" for one in nodes]
    text = CONFIGURATION.format(
        folder=folder, controller=f"{nodes[0].name}({nodes[0].address})", user=own_name(),
        controller_port=controller_port, node_port=node_port, nodes="\n".join(lines),
        credential=SHORTEST_CREDENTIAL,
    )  # fmt: skip
    (folder / "slurm.conf").write_text(text)


def own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise Skip(f"user {os.getuid()} has no name, which Slurm wants") from None


def munge_words(folder: Path) -> list[str]:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    files = {"key-file": key}
    for name in ("socket", "pid-file", "log-file", "seed-file"):
        files[name] = folder / f"munge.{name.removesuffix('-file')}"
    return [
        "munged",
        "--foreground",
        "--force",
        *(f"--{name}={file}" for name, file in files.items()),
    ]


def last_words(folder: Path, services: list[Started]) -> str:
    ends = [service.answer().end() for service in services if service.process.poll() is not None]
    return (
        "\n".join(ends)
        or f"all services run; configuration:\n{(folder / 'slurm.conf').read_text()}"
    )


@contextlib.contextmanager
def cluster(place: Workplace, nodes: Sequence[Node] = ()) -> Iterator[Cluster]:
    """Up and idle; its jobs and services end with the block. The controller is on the first node, where
    this process is. Raises Skip where Slurm is not there."""
    need_tools(*TOOLS)
    nodes = nodes or [this_host()]
    folder = place.path("slurm")
    (folder / "state").mkdir(parents=True)
    folder.chmod(0o755)  # munge wants its socket to be reachable
    place.folder.chmod(0o755)
    write_configuration(folder, nodes)
    slurm = Cluster(place, folder)
    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(place.started(*munge_words(folder)))]
        await_that((folder / "munge.socket").exists, "munged serves its socket", 20)
        options = ["-D", "-f", folder / "slurm.conf"]
        services.append(stack.enter_context(slurm.started("slurmctld", *options)))
        for node in nodes:
            (folder / f"spool-{node.name}").mkdir()
            services.append(stack.enter_context(slurm.started(*node.enter, "slurmd", *options)))
        try:
            await_idle(slurm)
        except Unexpected as complaint:
            raise Unexpected(f"{complaint}\n{last_words(folder, services)}") from None
        stack.callback(end_jobs, slurm)
        yield slurm


def await_idle(slurm: Cluster) -> None:
    def idle() -> bool:
        return slurm.run("sinfo", "--noheader", "--format=%T").out.strip() == "idle"

    await_that(idle, "the nodes of Slurm are idle", 30)


def end_jobs(slurm: Cluster) -> None:
    """Before the services end: what a job has started would outlive them."""
    slurm.run("scancel", f"--user={own_name()}")
    await_idle(slurm)
