"""Children that do hostile tasks, so that a crash, a hang or a flood of memory is theirs alone."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("attack.py")
PATIENCE = 600.0  # seconds of silence after which a child waits for ever: it may be a busy machine

Task = list[Any]  # a number, a key of ``attack.TASKS``, and its arguments


def told(tasks: list[Task], folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """What became of each task. A child that dies is replaced, without the task that killed it,
    which has said nothing but how the child ended: ``died``.
    """
    left = tasks
    while left:
        said, ended, why = _child(left, folder)
        yield from said.items()
        done = len(said)
        if done == len(left):
            return
        number = left[done][0]
        assert ended == number, f"the child ended outside a case: {why}"
        yield number, {"died": why}
        left = left[done + 1 :]


def _child(tasks: list[Task], folder: Path) -> tuple[dict[int, dict[str, Any]], int, str]:
    """The results, the last task that was begun, and how the child ended."""
    plan, log = folder / "plan.json", folder / "stderr"
    plan.write_text(json.dumps(tasks))
    said: dict[int, dict[str, Any]] = {}
    begun, silent = -1, False
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(plan)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            bufsize=0,  # else a line could wait in it, and be missed
            stderr=errors,
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        assert child.stdout is not None
        with child.stdout as stream:
            while select.select([stream], [], [], PATIENCE)[0]:
                line = stream.readline()
                if not line:
                    break
                report = json.loads(line)
                if "begins" in report:
                    begun = report["begins"]
                else:
                    said[report.pop("ends")] = report
            else:
                silent = True
                child.kill()
        code = child.wait()
    why = "silent for too long" if silent else f"the process ended with {code}"
    return said, begun, f"{why}\n{log.read_text(errors='replace')[-2000:]}"
