"""Networks as tasks of known cost and memory: whole, or split into shares of their constituents.

Everything here follows from shapes alone, so that a second run makes the same tasks.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from zoo_spectra.method import ESTIMATE_VERSION, METHOD_VERSION, Part, Settings
from zoo_spectra.sources import NetworkRef

Shapes = tuple[tuple[int, int], ...]

# A guess of one core's speed and of what every network costs; a run corrects it by a factor.
FLOPS_PER_SECOND = 2e10
ENTRIES_PER_SECOND = 1e8
SECONDS_PER_NETWORK = 0.1
# A network of unknown shapes costs as much as one of medium size.
UNKNOWN_SECONDS = 2.0
UNKNOWN_BYTES = 1 << 30
# A network above the first is split into shares of about the second.
SPLIT_FLOPS = 3e12
SHARE_FLOPS = 1e12


@dataclass(frozen=True)
class Task:
    """What is started, ends and is blamed as one.

    ``seconds`` and ``memory`` (whole bytes: their sums are exact) are estimates. ``share``: the
    network's constituents at ``positions``; ``finish``: the network's row, once all its shares are
    committed; ``part``: a ``part`` of the estimate of the constituent at the single position.
    """

    key: str
    network: str
    seconds: float
    memory: int
    kind: Literal["whole", "share", "finish", "part"] = "whole"
    positions: tuple[int, ...] = ()
    part: Part | None = None


@dataclass(frozen=True)
class More:
    """A network is not at its end: its task comes again when the parts have ended."""

    network: str
    parts: tuple[Task, ...]


@lru_cache(maxsize=1 << 16)  # a zoo has millions of constituents, of few shapes
def flops(shape: tuple[int, int]) -> float:
    """2 N² M for the Gram matrix and 4/3 N³ for its eigenvalues."""
    n, m = float(min(shape)), float(max(shape))
    return 2 * n * n * m + 4 / 3 * n**3


def tasks_of(ref: NetworkRef) -> list[Task]:
    """The tasks of one network: one, or its shares."""
    key = ref.network_id
    if ref.shapes is None:
        return [Task(key, key, UNKNOWN_SECONDS, UNKNOWN_BYTES)]
    entries = ref.parameters or sum(p * q for p, q in ref.shapes)
    reading = SECONDS_PER_NETWORK + entries / ENTRIES_PER_SECOND
    # Rounded up, since an adapter's own arithmetic may have left a float.
    memory = math.ceil(4 * entries + max(map(_working_bytes, ref.shapes), default=0))
    costs = list(map(flops, ref.shapes))
    if sum(costs) <= SPLIT_FLOPS or len(costs) < 2:
        return [Task(key, key, reading + sum(costs) / FLOPS_PER_SECOND, memory)]
    return [
        Task(
            key=f"{key}/{number}",
            network=key,
            seconds=reading + sum(costs[at] for at in positions) / FLOPS_PER_SECOND,
            memory=memory,
            kind="share",
            positions=positions,
        )
        for number, positions in enumerate(_shares(costs))
    ]


def finish_task(network: str) -> Task:
    """The task that turns a network's committed shares into its row."""
    return Task(f"{network}/row", network, SECONDS_PER_NETWORK, UNKNOWN_BYTES, "finish")


@lru_cache(maxsize=1 << 16)
def _working_bytes(shape: tuple[int, int]) -> int:
    """Two float64 copies of the matrix, the Gram matrix, and LAPACK's copy of it."""
    n = min(shape)
    return 16 * shape[0] * shape[1] + 16 * n * n


def _shares(costs: list[float]) -> list[tuple[int, ...]]:
    """Positions dealt out to shares, dearest first, each to the cheapest share so far."""
    count = min(len(costs), math.ceil(sum(costs) / SHARE_FLOPS))
    loads = [(0.0, number) for number in range(count)]
    dealt: list[list[int]] = [[] for _ in range(count)]
    for at in sorted(range(len(costs)), key=lambda at: -costs[at]):
        load, number = heapq.heappop(loads)
        dealt[number].append(at)
        heapq.heappush(loads, (load + costs[at], number))
    return [tuple(sorted(positions)) for positions in dealt if positions]


def result_id(ref: NetworkRef, settings: Settings) -> str:
    """The ``commit_id`` of a split network: the same in every run on the same input.

    So the shares that an interrupted run has committed serve the next one, but not those of
    spectra that were estimated in an older way.
    """
    shapes = ref.shapes
    estimated = shapes is None or any(min(shape) > settings.exact_limit for shape in shapes)
    parts = (
        ref.network_id,
        ref.fingerprint,
        settings.realisations,
        settings.exact_limit,
        METHOD_VERSION,
        *((ESTIMATE_VERSION,) if estimated else ()),
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
