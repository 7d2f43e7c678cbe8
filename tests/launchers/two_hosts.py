"""Two hosts on one machine: namespaces of the network, of the host's name and of mounts, and a cable
between them. This process is on the first host."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from workplace import Skip, Unexpected, Workplace, await_that, need_tools

MTU = 1500
GIGABIT = 1_000_000_000
# Of each packet that carries data: Ethernet, IPv4, TCP with its time stamps.
HEADER_BYTES = 14 + 20 + 20 + 12


def system(*words: object) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise Unexpected(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr}")
    return done.stdout


class Host:
    """`enter`: words before a command, so that it runs on this host."""

    def __init__(self, name: str, address: str, enter: list[str]):
        self.name, self.address, self.enter = name, address, enter

    def system(self, *words: object) -> str:
        return system(*self.enter, *words)

    def begin(self, hosts_file: Path) -> None:
        self.system("hostname", self.name)
        self.system("ip", "link", "set", "lo", "up")
        # A network that no other host reaches, before the cable: containers and machines have such.
        self.system("ip", "link", "add", "inside", "type", "veth", "peer", "name", "inside-end")
        self.system("ip", "address", "add", "172.17.0.1/16", "dev", "inside")
        for end in ("inside", "inside-end"):
            self.system("ip", "link", "set", end, "up")
        self.system("mount", "--bind", hosts_file, "/etc/hosts")

    def connect(self) -> None:
        """The cable's end. Packets of the kernel are those of the wire: none is cut up later."""
        self.system("ip", "link", "set", self.name, "addrgenmode", "none")
        self.system("ip", "address", "add", f"{self.address}/24", "dev", self.name)
        self.system("ip", "link", "set", self.name, "mtu", MTU, "gso_max_segs", 1, "up")

    def slow_down(self, bits: int) -> None:
        limits = ["rate", f"{bits}bit", "burst", "256kb", "latency", "50ms"]
        self.system("tc", "qdisc", "add", "dev", self.name, "root", "tbf", *limits)

    def cut(self) -> None:
        self.system("ip", "link", "set", self.name, "down")

    def mend(self) -> None:
        self.system("ip", "link", "set", self.name, "up")

    def sent(self) -> int:
        """Bytes that have left by the cable, without headers."""
        (link,) = json.loads(self.system("ip", "-json", "-stats", "link", "show", "dev", self.name))
        sent = link["stats64"]["tx"]
        return sent["bytes"] - sent["packets"] * HEADER_BYTES


class TwoHosts:
    def __init__(self, place: Workplace, first: Host, second: Host, limited: bool):
        self.place, self.first, self.second, self.limited = place, first, second, limited

    def both(self) -> tuple[Host, Host]:
        return self.first, self.second

    def rank_on(self, host: Host, port: int, *words: object, address: str = ""):
        """Starts the program as the only rank there, by torchrun's variables."""
        rank = 0 if host is self.first else 1
        variables = {"RANK": rank, "WORLD_SIZE": 2, "LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1}
        variables |= {"MASTER_ADDR": address or self.first.address, "MASTER_PORT": port}
        texts = {name: str(value) for name, value in variables.items()}
        return self.place.started(*host.enter, *words, **texts)

    def sent(self) -> int:
        return sum(host.sent() for host in self.both())


def hosts_files(place: Workplace, first: str, second: str) -> list[Path]:
    """/etc/hosts of each. As on Debian, a host's own name leads to itself, and is no way in."""
    files = []
    for own, lines in (
        ("first", f"127.0.1.1 {first}\n10.77.0.2 {second}\n"),
        ("second", f"10.77.0.1 {first}\n127.0.1.1 {second}\n"),
    ):
        path = place.path(f"hosts-of-{own}")
        path.write_text("127.0.0.1 localhost\n" + lines)
        files.append(path)
    return files


@contextlib.contextmanager
def second_namespaces(place: Workplace) -> Iterator[int]:
    """The number of a process that holds those of the second host."""
    with place.started("unshare", "--net", "--uts", "--mount", "sleep", "infinity") as holder:
        number, own = holder.process.pid, os.readlink("/proc/self/ns/uts")
        command = Path(f"/proc/{number}/comm")
        await_that(lambda: command.read_text().strip() == "sleep", "the second host is there", 10)
        if os.readlink(f"/proc/{number}/ns/uts") == own:
            raise Unexpected("the second host has the name of the first")
        yield number


def begin_both(place: Workplace, first: Host, second: Host) -> None:
    files = hosts_files(place, first.name, second.name)
    for host, file in zip((first, second), files, strict=True):
        host.begin(file)


@contextlib.contextmanager
def two_hosts(place: Workplace) -> Iterator[TwoHosts]:
    need_tools("ip", "unshare", "nsenter", "mount", "hostname")
    with second_namespaces(place) as number:
        enter = ["nsenter", "--target", str(number), "--net", "--uts", "--mount"]
        first, second = Host("host-a", "10.77.0.1", []), Host("host-b", "10.77.0.2", enter)
        pair = ["type", "veth", "peer", "name", second.name, "netns", number]
        try:
            begin_both(place, first, second)
            system("ip", "link", "add", first.name, *pair)
        except Unexpected as complaint:
            raise Skip(f"no cable between two networks: {complaint}") from None
        for host in (first, second):
            host.connect()
        limited = shutil.which("tc") is not None
        if limited:
            for host in (first, second):
                host.slow_down(GIGABIT)
        yield TwoHosts(place, first, second, limited)
