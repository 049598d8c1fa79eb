"""A Ray cluster of several nodes on this machine: each node a tree of processes of its own.

Nodes are started by ``ray start --block``, on free ports, with folders of their own, and a node is
ended by ending its processes, never by ``ray stop``, which ends every Ray on the machine. Linux
only: processes are found in /proc.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from networks import arrays
from waiting import PATIENT_RAY, free_port, wait_for
from zoo_spectra.sources.adapter import NetworkRef
from zoo_spectra.sources.memory import MemoryAdapter
from zoo_spectra.sources.network import Network
from zoo_spectra.sources.source import Source

TESTS = Path(__file__).parent
RAY = Path(sys.executable).with_name("ray")
READY = "This command will now block"
# The head notices a dead node in about two seconds; Ray's own default is fifteen.
QUICK = {"RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "3"}


@dataclass(frozen=True)
class Node:
    """One Ray node: its ``ray start --block``, and the mark that all its processes carry."""

    process: subprocess.Popen[bytes]
    mark: str
    log: Path

    def processes(self) -> set[int]:
        """The ids of every living process of the node: raylet, workers, agents, job drivers."""
        return marked(f"RAY_TEST_NODE={self.mark}".encode())

    def kill(self) -> None:
        """End the whole node by SIGKILL, as a spot machine that is taken away; it returns ended."""
        wait_for(self._has_ended)

    def _has_ended(self) -> bool:
        living = self.processes()
        signal_all(living)
        return self.process.poll() is not None and not living


class RayCluster:
    """A head, and nodes that come and go. Use as a context: leaving it ends every process.

    ``nodes``: workers beside the head, ``cpus`` each; ``head_cpus``: 0 keeps work off the head.
    ``dashboard``: with the server for jobs, at ``dashboard_url``. ``token``: with token
    authentication; without one authentication is off. ``environment``: for processes that use the
    cluster, and for its nodes. Node 0 is the head; ``kill_node`` keeps the numbers of the others.
    """

    def __init__(
        self,
        nodes: int = 0,
        cpus: int = 1,
        head_cpus: int = 0,
        dashboard: bool = False,
        token: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        inherited = os.environ.get("PYTHONPATH")
        auth = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {}
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("RAY_")},
            "PYTHONPATH": f"{TESTS}{os.pathsep}{inherited}" if inherited else str(TESTS),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "disabled",
            **PATIENT_RAY,
            **auth,
            **(environment or {}),
        }
        self._count, self._cpus, self._head_cpus = nodes, cpus, head_cpus
        self._dashboard = dashboard
        # Sockets live below it, and their paths may have 107 characters at most.
        self._folder = Path(tempfile.mkdtemp(prefix="zs-ray-", dir="/tmp"))
        self._port = free_port()
        self._dashboard_port = free_port()
        self.nodes: list[Node] = []

    @property
    def address(self) -> str:
        """For ``ray.init`` and ``--address``."""
        return f"127.0.0.1:{self._port}"

    @property
    def dashboard_url(self) -> str:
        """For Ray's job API."""
        return f"http://127.0.0.1:{self._dashboard_port}"

    def __enter__(self) -> RayCluster:
        try:
            self._start_head()
            for _ in range(self._count):
                self.add_node(wait=False)
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start_head(self) -> None:
        self._start(
            "--head",
            f"--port={self._port}",
            f"--num-cpus={self._head_cpus}",
            f"--include-dashboard={str(self._dashboard).lower()}",
            f"--dashboard-port={self._dashboard_port}",
            f"--ray-client-server-port={free_port()}",
        )
        self._wait(0)

    def add_node(self, cpus: int | None = None, wait: bool = True) -> int:
        """Start another node and give its number; with ``wait`` it is part of the cluster then."""
        self._start(f"--address={self.address}", f"--num-cpus={cpus or self._cpus}")
        number = len(self.nodes) - 1
        if wait:
            self._wait(number)
        return number

    def wait(self) -> None:
        """Until every node that was not killed is part of the cluster."""
        for number, node in enumerate(self.nodes):
            if node.process.returncode is None:
                self._wait(number)

    def _start(self, *arguments: str) -> None:
        mark = secrets.token_hex(8)
        place = self._folder / str(len(self.nodes))
        place.mkdir()
        command = [
            str(RAY),
            "start",
            "--block",
            "--disable-usage-stats",
            "--node-ip-address=127.0.0.1",
            "--object-store-memory=100000000",
            "--min-worker-port=0",  # any free port: nodes of one machine must not share a range
            "--max-worker-port=0",
            f"--dashboard-agent-listen-port={free_port()}",
            f"--temp-dir={place}",
            *arguments,
        ]
        log = place / "start.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                # setproctitle would else write over the mark
                env={**self.environment, **QUICK, "RAY_TEST_NODE": mark, "SPT_NOENV": "1"},
                start_new_session=True,  # Ctrl-C of the tests is not the nodes'
                cwd=place,
            )
        self.nodes.append(Node(process, mark, log))

    def _wait(self, number: int) -> None:
        node = self.nodes[number]

        def said() -> str:
            return node.log.read_text(errors="replace")

        wait_for(lambda: READY in said() or node.process.poll() is not None)
        if READY not in said():
            raise RuntimeError(f"Ray node {number} did not start:\n{said()}")

    def kill_node(self, number: int = -1) -> None:
        """SIGKILL every process of a node, by default of the newest."""
        self.nodes[number].kill()

    def stop(self) -> None:
        """End every node, the head last, and remove their folders. May be called again."""
        for node in reversed(self.nodes):
            node.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def marked(mark: bytes) -> set[int]:
    """Ids of living processes with ``mark`` in the environment they were started with."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
        except OSError:
            continue  # it has ended, or is another user's
    return found


def signal_all(processes: Iterable[int], number: int = signal.SIGKILL) -> None:
    """Send a signal to processes; those that have ended meanwhile do not matter."""
    for process_id in processes:
        with suppress(ProcessLookupError):
            os.kill(process_id, number)


@dataclass(frozen=True)
class PlacedAdapter:
    """``placed:NAME``: a small network whose metadata say which Ray node has read it.

    None is read before workers on ``nodes`` nodes have met in ``folder``: else the first could
    have done everything before the second has started.
    """

    folder: Path
    nodes: int
    name: str = "placed"
    options: Mapping[str, str] = field(default_factory=dict)

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        source = str(Source(self.name, pattern))
        return [NetworkRef(source, self.name, pattern, "artificial")]

    def load(self, ref: NetworkRef) -> Network:
        import ray

        node = ray.get_runtime_context().get_node_id()
        (self.folder / node).touch()
        wait_for(lambda: len(list(self.folder.iterdir())) >= self.nodes)
        walk = MemoryAdapter({ref.name: arrays(0)}).load(
            NetworkRef(ref.source, "memory", ref.name, "artificial")
        )
        return Network(
            ref.name, "artificial", walk.constituents, "", ref.source, {"ray_node": node}
        )
