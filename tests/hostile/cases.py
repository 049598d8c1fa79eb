"""A case is a file that somebody made to hurt; an attack opens many of them in another process."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("attack.py")
SECONDS = 20.0  # of CPU
PEAK = 2 * 10**9  # bytes
SLOW = 1.0  # seconds of CPU
PATIENCE = 400.0  # seconds of silence after which a child hangs


@dataclass(frozen=True)
class Case:
    """One hostile file: how it is called, and how it is written.

    ``expected``: the digest of what it holds, where it is a good file; "refused"; or "either",
    where only the manner counts. ``says``: what the refusal must say. ``options`` may name files
    of the same folder as ``@``.
    """

    name: str
    file: str
    write: Callable[[Path], object]
    expected: str = "refused"
    says: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def of_bytes(content: bytes) -> Callable[[Path], object]:
    """Writes these bytes."""
    return lambda path: path.write_bytes(content)


def attack(door: str, cases: Sequence[Case], folder: Path, analyze: bool = False) -> list[str]:
    """Open every case; what went wrong, a line each.

    With ``analyze`` also in the way of a notebook, but for those that took long to refuse.
    """
    paths = [_written(case, folder / str(number)) for number, case in enumerate(cases)]
    every = range(len(cases))
    said = {"walk": dict(_run(_tasks("walk", door, cases, paths, every), folder))}
    if analyze:
        quick = [number for number in every if said["walk"][number]["seconds"] < SLOW]
        said["analyze"] = dict(_run(_tasks("analyze", door, cases, paths, quick), folder))
    assert len(said["walk"]) == len(cases)
    return [
        fault
        for how, outcomes in said.items()
        for number, outcome in outcomes.items()
        if (fault := _fault(cases[number], how, paths[number], outcome)) is not None
    ]


def _written(case: Case, place: Path) -> Path:
    place.mkdir()
    path = place / case.file
    case.write(path)
    return path


def _tasks(
    how: str, door: str, cases: Sequence[Case], paths: Sequence[Path], numbers: Iterable[int]
) -> list[list[Any]]:
    tasks: list[list[Any]] = []
    for number in numbers:
        place = str(paths[number].parent)
        options = {k: value.replace("@", place) for k, value in cases[number].options.items()}
        tasks.append([number, how, door, str(paths[number]), options])
    return tasks


def _run(tasks: list[list[Any]], folder: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """What became of each task. A child that dies is replaced, without the task that killed it."""
    left = tasks
    while left:
        said, ended, why = _child(left, folder)
        yield from said.items()
        done = len(said)
        if done == len(left):
            return
        number = left[done][0]
        assert ended == number, f"the child ended outside a case: {why}"
        yield number, {"outcome": "escaped", "message": why, "seconds": 0.0, "peak": 0}
        left = left[done + 1 :]


def _child(tasks: list[list[Any]], folder: Path) -> tuple[dict[int, dict[str, Any]], int, str]:
    """The results, the last task that was begun, and how the child ended."""
    plan, log = folder / "plan.json", folder / "stderr"
    plan.write_text(json.dumps(tasks))
    said: dict[int, dict[str, Any]] = {}
    begun, silent = -1, False
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(plan)],
            stdout=subprocess.PIPE,
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
                told = json.loads(line)
                if "begins" in told:
                    begun = told["begins"]
                else:
                    said[told["ends"]] = told
            else:
                silent = True
                child.kill()
        code = child.wait()
    why = "silent for too long" if silent else f"the process ended with {code}"
    return said, begun, f"{why}\n{log.read_text(errors='replace')[-2000:]}"


def _fault(case: Case, how: str, path: Path, said: Mapping[str, Any]) -> str | None:
    """What is wrong with an outcome, if anything."""
    outcome, message = said["outcome"], said.get("message", "")
    wrong = None
    if outcome == "escaped":
        wrong = "was no error of ours"
    elif said["peak"] > PEAK:
        wrong = f"took {said['peak'] / 1e9:.2f} GB"
    elif said["seconds"] > SECONDS:
        wrong = f"took {said['seconds']:.0f} s"
    elif outcome == "refused" and not _is_named(path, message):
        wrong = "was refused without its name"
    elif outcome == "refused" and "this machine's memory" in message:
        wrong = "was let to ask for more memory than there is"
    elif how == "walk" and case.expected == "refused" and outcome == "read":
        wrong = "was read"
    elif how == "walk" and case.expected not in ("refused", "either"):
        if outcome == "refused" or said["digest"] != case.expected:
            wrong = "was not read as what it is"
    elif how == "walk" and outcome == "refused" and case.says not in message:
        wrong = f"does not say {case.says!r}"
    return None if wrong is None else f"{case.name} ({how}) {wrong}: {message[-1500:]}"


def _is_named(path: Path, message: str) -> bool:
    """Whether a message names the file, one beside it, or the network that it is."""
    network = f"{path.parent.name}/{path.name.partition('.')[0]}"
    return network in message or any(each.name in message for each in path.parent.iterdir())
