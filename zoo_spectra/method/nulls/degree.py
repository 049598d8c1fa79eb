"""Null model ``degree``: each row and each column keeps its number of edges; values are dealt.

Places by global curveball trades (Carstens, Hamann, Meyer, Penschuck, Tran & Wagner, ESA 2018), as
NetworKit has them: in the limit of many rounds every matrix of these numbers is equally likely.
Without loops the trades of a directed graph do not reach all of them, so nodes of equal degrees are
exchanged first (Berger & Carstens, arXiv:1803.02624).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.method.nulls.edges import Edges, Places
from zoo_spectra.method.nulls.weights import deal

FIRST_ROUNDS, MOST_ROUNDS = 16, 4096
SCATTERS = 3.0  # standard errors within which two shares are the same
LOOKED_AT = 20_000  # edges, of as many trials as it takes, of which a share is measured
MOST_TRIALS = 64


@dataclass(frozen=True)
class Mixing:
    """``rounds`` of trades, after which ``in_place``, the share of the edges that are where they
    were, in [0, 1], does not change any more by twice as many.
    """

    rounds: int
    in_place: float


def degree(edges: Edges, rounds: int, random: np.random.Generator) -> Edges:
    """Other edges with the same numbers in each row and column, and the same values dealt anew."""
    return deal(moved(edges, rounds, random), random)


def moved(edges: Edges, rounds: int, random: np.random.Generator) -> Edges:
    """The same with the values in their old order. Raises NetworkError without networkit."""
    if edges.count == 0 or edges.count == edges.cells:
        return edges
    rows, columns = _traded(edges, rounds, random)
    order = np.lexsort((columns, rows))
    return replace(edges, rows=rows[order], columns=columns[order])


def mixing(edges: Edges, random: np.random.Generator) -> Mixing:
    """The rounds that these edges need: doubled until the share in place stays.

    Two shares are the same within 3 standard errors, of 20,000 edges at least, or 64 trials. Raises
    NetworkError where 4,096 rounds are too few.
    """
    if edges.count == 0 or edges.count == edges.cells:
        return Mixing(0, 1.0)
    trials = min(MOST_TRIALS, math.ceil(LOOKED_AT / edges.count))
    rounds, share = FIRST_ROUNDS, _in_place(edges, FIRST_ROUNDS, trials, random)
    while rounds < MOST_ROUNDS:
        twice = _in_place(edges, 2 * rounds, trials, random)
        variance = (share * (1 - share) + twice * (1 - twice)) / (trials * edges.count)
        if abs(share - twice) <= SCATTERS * math.sqrt(variance):
            return Mixing(rounds, twice)
        rounds, share = 2 * rounds, twice
    raise NetworkError(
        f"the edges of a block of shape {edges.shape} are not mixed after {MOST_ROUNDS:,} rounds: "
        "take --model erdos-renyi or weights"
    )


def _in_place(edges: Edges, rounds: int, trials: int, random: np.random.Generator) -> float:
    before = edges.keys
    found = [moved(edges, rounds, random).keys for _ in range(trials)]
    same = sum(np.intersect1d(before, after, assume_unique=True).size for after in found)
    return float(same / (trials * edges.count))


def _traded(edges: Edges, rounds: int, random: np.random.Generator) -> tuple[Places, Places]:
    """The places after so many global trades.

    A matrix whose diagonal is no exception is a graph from rows to columns that may have loops, on
    as many nodes as the longer side has.
    """
    networkit = _networkit()
    nodes = max(edges.shape)
    ends = edges.rows.astype(np.uint64), edges.columns.astype(np.uint64)
    # NetworKit has one random engine for all: seeded for each call, and used by one thread.
    networkit.setNumberOfThreads(1)
    networkit.setSeed(int(random.integers(1 << 63)), False)
    graph = networkit.GraphFromCoo(ends, n=nodes, directed=not edges.symmetric)
    with_loops = not edges.held
    trades = networkit.randomization.GlobalCurveball(graph, rounds, with_loops, not with_loops)
    trades.run()
    flat = (end for edge in trades.getGraph().iterEdges() for end in edge)
    found = np.fromiter(flat, dtype=np.int64, count=2 * edges.count).reshape(-1, 2)
    if edges.symmetric:
        found.sort(axis=1)
    return found[:, 0], found[:, 1]


def _networkit() -> Any:
    try:
        import networkit
    except ImportError as error:
        raise NetworkError(
            f"null models that keep degrees need networkit ({error}); "
            "pip install 'zoo-spectra[nulls]'"
        ) from error
    return networkit
