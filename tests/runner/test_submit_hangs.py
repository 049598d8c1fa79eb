"""A cluster that takes a connection and never answers, or drips: a bound, and one message."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from zoo_spectra.errors import ClusterError
from zoo_spectra.runner.submit import _follow, submit

MODULE = sys.modules["zoo_spectra.runner.submit"]
VERSION = json.dumps(
    {"version": "4", "ray_version": "2.60.0", "ray_commit": "", "session_name": "s"}
)


def silent(connection: socket.socket, asked: bytes, over: threading.Event) -> None:
    over.wait()


def dripping(connection: socket.socket, asked: bytes, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not over.wait(0.05):
        connection.sendall(b"x")


def knowing_its_version(connection: socket.socket, asked: bytes, over: threading.Event) -> None:
    """Answers the knock, and nothing after it."""
    if b"/api/version" in asked:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(VERSION)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + VERSION.encode())
    else:
        over.wait()


def hanging_up(connection: socket.socket, asked: bytes, over: threading.Event) -> None:
    return


@contextmanager
def serving(answer: Callable[[socket.socket, bytes, threading.Event], None]) -> Iterator[str]:
    over = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                answer(connection, connection.recv(65536), over)
            except OSError:
                return

    def accept(server: socket.socket) -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("ANSWER", 1.0), ("TAKEN", 1.0), ("QUIET", 0.3), ("RECONNECT", 0.0)):
        monkeypatch.setattr(MODULE, name, seconds)


@pytest.mark.parametrize("answer", [silent, dripping, knowing_its_version, hanging_up])
def test_a_cluster_that_does_not_answer_is_one_message(
    tmp_path: Path, answer: Callable[[socket.socket, bytes, threading.Event], None]
) -> None:
    job = tmp_path / "job.toml"
    job.write_text('sources = "memory:x"\ncatalog = "/zoo"\n')
    told = "does not take the job|no Ray dashboard answers"
    with serving(answer) as address, pytest.raises(ClusterError, match=told) as caught:
        submit(job, address, say=lambda text: None)
    assert "\n" not in str(caught.value)


class Silent:
    """A job client whose connection is lost without a word, ``times`` times."""

    LOG = ("one\n", "two\n", "three\n")

    def __init__(self, times: int, answers: bool = True) -> None:
        self._times, self._answers = times, answers

    async def tail_job_logs(self, name: str) -> AsyncIterator[str]:
        for number, line in enumerate(self.LOG):
            if number == 2 and self._times:
                self._times -= 1
                await asyncio.sleep(3600)
            yield line

    def get_job_status(self, name: str) -> Any:
        from ray.job_submission import JobStatus

        if not self._answers:
            threading.Event().wait()
        return JobStatus.SUCCEEDED


def test_a_connection_that_is_lost_in_silence_is_taken_up_again() -> None:
    heard: list[str] = []
    asyncio.run(_follow(Silent(2), "job", "http://head", heard.append))
    assert heard == list(Silent.LOG)


def test_a_cluster_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "ANSWER", 0.05)
    with pytest.raises(ClusterError, match="out of reach: no answer within.*\n.*ray job logs"):
        asyncio.run(_follow(Silent(10**6, answers=False), "job", "http://head", lambda text: None))
