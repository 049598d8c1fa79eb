"""A Ray cluster to work on: reached or started, watched, and left. What fails of it is said."""

from __future__ import annotations

import atexit
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
import ray._private.worker
from ray.exceptions import RayError

from zoo_spectra.errors import ClusterError, text_of
from zoo_spectra.runner.later import Later

T = TypeVar("T")
ANSWER = 10.0  # seconds that a head may take to answer a knock
# Seconds of a head's silence after which a run ends. After 60, Ray ends the whole process itself.
SILENCE = 40.0
LOOK = 2.0  # seconds that an answer may take before the head is knocked at
LEAVING = 10.0  # seconds that a cluster which fails may take to be left
# How a connection of HTTP/2, which Ray speaks, begins: the client's words, then a frame of settings
# from either side.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_SETTINGS = 4


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[None]:
    """Connect to a cluster, or start Ray here.

    A Ray that this process is connected to already is used and left running. Raises ClusterError,
    also for what Ray raises inside.
    """
    if ray.is_initialized():
        with _failing_clearly():
            yield
        return
    _connect(address, workers)
    try:
        with _failing_clearly():
            yield
    except ClusterError:
        _leave_what_fails()
        raise
    except BaseException:
        ray.shutdown()
        raise
    ray.shutdown()


@contextmanager
def _failing_clearly() -> Iterator[None]:
    try:
        yield
    except RayError as error:
        raise ClusterError(
            f"the Ray cluster fails: {first_line(error)}; run the same command again: what is "
            "committed is not done again"
        ) from error


def _leave_what_fails() -> None:
    """Shut Ray down, and go on when it does not come to an end: its head may not answer."""
    leaving = threading.Thread(target=ray.shutdown, daemon=True)
    leaving.start()
    leaving.join(LEAVING)
    if leaving.is_alive():
        ray._private.worker.global_worker.set_mode(None)  # or Ray tells the head of every error
        atexit.register(_exit_at_once)


def _exit_at_once() -> None:
    """End a process that would wait for its Ray for ever, or crash in it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(2)


def _connect(address: str | None, workers: int | None) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address:
            place = _host_and_port(address)
            if place is not None:
                knock(*place)
            ray.init(address=address, **quiet)
        else:
            ray.init(num_cpus=workers or os.cpu_count(), include_dashboard=False, **quiet)
    except (OSError, ValueError, RuntimeError, RayError) as error:
        where = f"the Ray cluster at {address!r}" if address else "a local Ray"
        raise ClusterError(
            f"cannot reach {where}: {error}; check --address, and RAY_AUTH_MODE and "
            "RAY_AUTH_TOKEN if the cluster asks for a token, or leave it out to run here"
        ) from error


def _host_and_port(address: str) -> tuple[str, int] | None:
    """Of HOST:PORT, with or without a scheme; None for words like ``auto``."""
    host, colon, port = address.rpartition("://")[2].partition("/")[0].rpartition(":")
    return (host.strip("[]"), int(port)) if colon and port.isdigit() else None


def knock(host: str, port: int, seconds: float = ANSWER) -> None:
    """Raise OSError when nobody there speaks Ray's protocol: Ray itself would try for minutes."""
    deadline = time.monotonic() + seconds
    with socket.create_connection((host, port), timeout=seconds) as connection:
        if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
            return
        connection.sendall(_HELLO)
        answer = b""
        while len(answer) < 4:  # a frame: three bytes of length, one of its kind
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                heard = connection.recv(64)
            except TimeoutError as error:
                raise TimeoutError(
                    f"{host}:{port} takes a connection and does not answer"
                ) from error
            if not heard:
                break
            answer += heard
    if answer[3:4] != bytes([_SETTINGS]):
        raise ConnectionError(f"{host}:{port} is something else than a Ray head")


class Head:
    """The head that this process is connected to, watched."""

    def __init__(self) -> None:
        self._place = _host_and_port(ray.get_runtime_context().gcs_address)
        self._heard = time.monotonic()

    def answers(self) -> bool:
        """Whether it can be asked now. Raises ClusterError when it has been silent for long."""
        try:
            if self._place is not None:
                knock(*self._place, seconds=LOOK)
        except OSError as error:
            silent = time.monotonic() - self._heard
            if silent < SILENCE:
                return False
            raise ClusterError(
                f"the head of the Ray cluster has not answered for {silent:.0f} s ({error}); run "
                "the same command again on a cluster that is up: what is committed is not done "
                "again"
            ) from error
        self._heard = time.monotonic()
        return True

    def asked(self, question: Callable[[], T]) -> T:
        """What a call of Ray gives or raises, in a thread of its own.

        The head may fall silent after it was knocked at, and Ray would wait, and then end the
        process. Raises ClusterError when it is silent for long.
        """
        answer = Later(question)
        try:
            while not answer.is_there(LOOK):
                self.answers()
        except ClusterError:
            raise
        except BaseException:  # Ray is not left while it is asked
            answer.is_there(LOOK)
            raise
        return answer.result()


def first_line(error: BaseException) -> str:
    """The first line of an error's text that says something."""
    return (text_of(error) or type(error).__name__).splitlines()[0]
