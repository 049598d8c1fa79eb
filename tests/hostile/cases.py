"""A case is a file that somebody made to hurt; an attack opens many of them in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from children import Child

SECONDS = 20.0  # of CPU
PEAK = 2 * 10**9  # bytes
WAYS = ("walk", "analyze")
WITNESS = "witness"  # the folder that files make which run


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


def attack(door: str, cases: Sequence[Case], folder: Path, child: Child) -> list[str]:
    """Open every case in each way; what went wrong, a line each."""
    faults = []
    for case, path in zip(cases, written(cases, folder), strict=True):
        options = {k: value.replace("@", str(path.parent)) for k, value in case.options.items()}
        said = child.told(["file", WAYS, door, str(path), options], folder)
        faults += _faults(case, path, said)
    return faults + [f"{path} was made: code ran" for path in folder.rglob(WITNESS)]


def written(cases: Sequence[Case], folder: Path) -> list[Path]:
    """The files of the cases, each in a folder of its number."""
    paths = [folder / str(number) / case.file for number, case in enumerate(cases)]
    for case, path in zip(cases, paths, strict=True):
        path.parent.mkdir(parents=True)
        case.write(path)
    return paths


def _faults(case: Case, path: Path, said: Mapping[str, Any]) -> Iterator[str]:
    if "died" in said:
        yield f"{case.name} ended the process: {said['died']}"
        return
    for how, outcome in said.items():
        fault = _fault(case, how, path, outcome)
        if fault is not None:
            yield fault


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
