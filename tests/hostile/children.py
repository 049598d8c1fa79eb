"""A child that does hostile tasks, so that a crash, a hang or a flood of memory is its alone."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

CHILD = Path(__file__).with_name("attack.py")
PATIENCE = 600.0  # seconds of silence after which a child waits for ever: it may be a busy machine

Task = Sequence[Any]  # a key of ``attack.TASKS``, and its arguments


class Child:
    """One process for many tasks, started when there is one, until it is closed.

    A child that dies is replaced, and the task that killed it has said nothing but how: ``died``.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the child

    def close(self) -> None:
        """End it."""
        self._end()
        self._errors.close()

    def told(self, task: Task, folder: Path) -> dict[str, Any]:
        """What became of a task that is done in a folder."""
        self._process = self._process or self._started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it says nothing then
            self._process.stdin.write(json.dumps([str(folder), *task]).encode() + b"\n")
        line, why = self._line()
        if line.endswith(b"\n"):
            said: dict[str, Any] = json.loads(line)
            return said
        code = self._end()
        self._errors.seek(0)
        told = self._errors.read().decode(errors="replace")[-2000:]
        return {"died": f"{why or f'the process ended with {code}'}\n{told}"}

    def _line(self) -> tuple[bytes, str]:
        """Its answer, which lacks its end where it died, and what it does if it still lives."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = bytearray()
        while not line.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], PATIENCE)[0]:
                return bytes(line), f"silent for {PATIENCE:.0f} s"
            more = os.read(self._process.stdout.fileno(), 1 << 20)
            if not more:
                break
            line += more
        return bytes(line), ""

    def _started(self) -> subprocess.Popen[bytes]:
        self._errors.seek(0)
        self._errors.truncate()
        return subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # else a line could wait in it, and be missed
            stderr=self._errors,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def _end(self) -> int:
        """Its exit code. Whatever it still does is of no interest."""
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        if not select.select([process.stdout], [], [], 0)[0]:  # it lives
            process.kill()
        process.stdout.close()
        return process.wait()
