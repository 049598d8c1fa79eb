"""What is started as one, how it can end badly, and what is given up then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zoo_spectra.runner.tasks import Task

Cause = Literal["crash", "memory", "timeout", "frozen", "node", "drained", "late"]
BLAMELESS = ("node", "drained", "late")


@dataclass(frozen=True)
class Unit:
    """Tasks that are started together on one worker: a bundle of whole networks, or one task."""

    worker: str
    tasks: tuple[Task, ...]
    alone: bool = False

    @property
    def memory(self) -> int:
        """Bytes: tasks of a bundle run one after the other."""
        return max(task.memory for task in self.tasks)

    @property
    def seconds(self) -> float:
        """The estimate, uncorrected."""
        return sum(task.seconds for task in self.tasks)


@dataclass(frozen=True)
class GivenUp:
    """A task that will not be tried again, and why."""

    task: Task
    cause: Cause
    attempts: int
