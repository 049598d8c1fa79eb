"""A pair of networks with its truth, and the half of the evidence that it is in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from zoo_spectra.sources import Constituent, Network

Half = Literal["tuning", "held"]
Made = Callable[[Path], Any]  # of a folder for files: what ``compare`` takes


@dataclass(frozen=True)
class Pair:
    """``right``: the verdict by what was done; several only where each is truly right."""

    name: str
    right: tuple[str, ...]
    one: Made
    other: Made

    @property
    def related(self) -> bool:
        """Whether one was made of the other, or both of a third."""
        return self.right[0] not in ("unrelated", "different")

    @property
    def half(self) -> Half:
        """By a hash of the name, before anything is tuned."""
        return half_of(self.name)


def half_of(name: str) -> Half:
    """``tuning`` or ``held``, each for half of all names."""
    return "held" if hashlib.blake2b(name.encode()).digest()[0] & 1 else "tuning"


def pair(name: str, right: str, one: Any, other: Any) -> Pair:
    """``right``: verdicts with a bar between.

    Sides: sources; what makes matrices when asked; or a partial that is given a folder for files.
    """
    return Pair(name, tuple(right.split("|")), _made(one), _made(other))


def _made(side: Any) -> Made:
    if isinstance(side, str):
        return lambda _: side
    if isinstance(side, partial):
        return side
    return lambda _: network(side())


def network(arrays: dict[str, np.ndarray]) -> Network:
    """With the very matrices: arrays by name would be turned where a name is that of Keras."""
    made = [Constituent(name, np.ascontiguousarray(array)) for name, array in arrays.items()]
    return Network("made", "artificial", lambda: iter(made))
