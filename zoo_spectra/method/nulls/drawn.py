"""A network's draw by a null model: each of its matrices made random, and how well that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.method.nulls.degree import Mixing, degree, mixing
from zoo_spectra.method.nulls.edges import Edges, edges_of, matrix_of
from zoo_spectra.method.nulls.entries import gaussian, shuffled
from zoo_spectra.method.nulls.places import block, erdos_renyi
from zoo_spectra.method.nulls.seeds import MIXING, TOGETHER, generator
from zoo_spectra.method.nulls.strength import agreement, strength
from zoo_spectra.method.nulls.weights import deal
from zoo_spectra.sources import Matrix, Sparse

SINGLY = ("weights", "shuffled", "gaussian")  # of each matrix alone: nothing is known of others
TRADED = ("degree", "strength")


@dataclass(frozen=True)
class Original:
    """A matrix of the network that is drawn from, (p, q).

    ``seat``: its position, or that of the first one that is equal to it where equal ones count
    once; equal ones are then drawn equal. ``loops``: whether its diagonal holds loops.
    """

    seat: int
    matrix: Matrix | Sparse
    loops: bool


@dataclass(frozen=True)
class Drawn:
    """The matrices of a draw, in their order, and what is to be known of it.

    ``rounds``: the most that a constituent needed, and ``in_place``, the share of edges that are
    where they were (None: no trades). ``agreement``: the correlation of strengths with those of the
    network, the least of all constituents. ``note``: what this draw cannot tell.
    """

    matrices: tuple[Matrix | Sparse, ...]
    rounds: int | None = None
    in_place: float | None = None
    agreement: float | None = None
    note: str | None = None


def drawn_alone(
    original: Original, model: str, network_id: str, draw: int, limit: int
) -> Matrix | Sparse:
    """One matrix of a draw by a model of ``SINGLY``. ``limit``: the largest order that is exact.

    Raises NetworkError as the models do.
    """
    random = generator(network_id, model, draw, original.seat)
    if model == "shuffled":
        return shuffled(original.matrix, random)
    if model == "gaussian":
        return gaussian(original.matrix, random, limit)
    return matrix_of(deal(edges_of(original.matrix, original.loops), random))


def mixings(originals: Sequence[Original], network_id: str) -> dict[int, Mixing]:
    """The rounds of trades that each constituent needs, by its seat: the same for all draws."""
    return {
        each.seat: mixing(
            edges_of(each.matrix, each.loops), generator(network_id, "mixing", MIXING, each.seat)
        )
        for each in _once(originals)
    }


def drawn(
    originals: Sequence[Original],
    model: str,
    network_id: str,
    draw: int,
    mixed: Mapping[int, Mixing],
) -> Drawn:
    """A draw by a model that is none of ``SINGLY``; ``mixed`` is what ``mixings`` found.

    Raises NetworkError where the model has nothing to draw, and as the models do.
    """
    once = _once(originals)
    before = {each.seat: edges_of(each.matrix, each.loops) for each in once}
    check(list(before.values()), model, len(originals))
    if model == "erdos-renyi":
        random = generator(network_id, model, draw, TOGETHER)
        after = dict(zip(before, erdos_renyi(list(before.values()), random), strict=True))
    else:
        after = {
            seat: _one(edges, model, mixed, seat, generator(network_id, model, draw, seat))
            for seat, edges in before.items()
        }
    matrices = {seat: matrix_of(edges) for seat, edges in after.items()}
    made = tuple(matrices[each.seat] for each in originals)
    if model not in TRADED:
        return Drawn(made)
    edges = sum(each.count for each in before.values())
    in_place = sum(mixed[at].in_place * each.count for at, each in before.items()) / edges
    near = None if model == "degree" else _least(before, after)
    note = _NOTHING_MOVES if in_place == 1.0 else None
    return Drawn(made, max(each.rounds for each in mixed.values()), in_place, near, note)


_NOTHING_MOVES = (
    "the numbers of edges in rows and columns leave no other place for any edge: this null is that "
    "of the values alone"
)


def check(edges: Sequence[Edges], model: str, constituents: int) -> None:
    """Raise NetworkError where a model has nothing to draw from constituents of these edges."""
    if model == "block" and constituents < 2:
        raise NetworkError(
            "the model block keeps the number of edges in each block, and there is one: name the "
            "source with partition=ATTRIBUTE and run it, or take --model erdos-renyi"
        )
    if not any(each.count for each in edges):
        raise NetworkError("there is no edge, so there is nothing to draw")
    if all(each.count == each.cells for each in edges if each.cells):
        raise NetworkError(
            f"the model {model} moves edges, and every place has one: the matrices are dense; take "
            "--model weights, shuffled or gaussian"
        )


def _one(
    edges: Edges, model: str, mixed: Mapping[int, Mixing], seat: int, random: np.random.Generator
) -> Edges:
    if model == "block":
        return block(edges, random)
    move = degree if model == "degree" else strength
    return move(edges, mixed[seat].rounds, random)


def _least(before: Mapping[int, Edges], after: Mapping[int, Edges]) -> float | None:
    found = [agreement(each, after[seat]) for seat, each in before.items()]
    known = [each for each in found if each is not None]
    return min(known) if known else None


def _once(originals: Sequence[Original]) -> list[Original]:
    seen: dict[int, Original] = {}
    for each in originals:
        seen.setdefault(each.seat, each)
    return list(seen.values())
