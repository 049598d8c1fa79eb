"""Waiting for what happens, however long it takes: that a machine is slow or busy is no fault."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE = 600.0  # seconds after which what a test waits for will not come any more
# The same for Ray: its own limits are for machines that do nothing else, and so is the place of its
# workers behind all else that runs.
PATIENT_RAY = {
    "RAY_worker_niceness": "0",
    "RAY_gcs_rpc_server_connect_timeout_s": "60",
    "RAY_gcs_server_port_wait_time_s": "300",
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "300",
}


def wait_for(happened: Callable[[], object]) -> None:
    """Until ``happened()`` is true. Raises AssertionError when it never is."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"it has not happened in {PATIENCE:.0f} s"
        time.sleep(0.02)


def free_port() -> int:
    """A TCP port that nobody has now, and that no connection is given before it is used."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(given.read_text().split()[0]) if given.exists() else 32768
    ports = range(max(1024, first - 10000), first)
    while True:
        port = random.SystemRandom().choice(ports)
        with suppress(OSError), socket.create_server(("", port)):
            return port
