"""What shows only along the network: whether the columns of a layer go with the rows before it.

Rows of one layer and columns of the next are the same hidden units, so an order or a scale of the
one is that of the other. And the order of hidden units is what the p-value is made of.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.exchange import cosines, p_of_order
from zoo_spectra.classes.comparing.orders import Orders
from zoo_spectra.classes.comparing.pairing import Pair
from zoo_spectra.classes.comparing.relation import Relation
from zoo_spectra.classes.comparing.rules import DRAWS, FOLLOWED, ROWS, SAMPLED_ROWS, SCALE
from zoo_spectra.method import Floats
from zoo_spectra.text import count

# Columns for each unit before: a linear layer, one-dimensional kernels, squares, a flattened map.
KERNELS = frozenset({1, 3, 5, 7, 11} | {side * side for side in range(1, 15)})
# Names of rows that are no exchangeable units: heads, gates, and places have an order of their own.
_ATTENTION = ("attn", "attention", "query", "key", "value", "q_proj", "k_proj", "v_proj", "qkv",
              "[q]", "[k]", "[v]")  # fmt: skip
# Names of what a recurrent layer reads of itself, and rows for each of its units: GRU's and LSTM's.
_RECURRENT, GATES = ("_hh", "recurrent"), (3, 4)
_ORDERED = (*_ATTENTION, "lstm", "gru", "rnn", "_ih", "_hh", "recurrent", "embed", "token", "pos")


def units_before(pair: Pair, after: Pair) -> int | None:
    """Columns of ``after`` for each row of ``pair``, where the sizes fit; None: they do not."""
    rows, columns = pair.shape[0], after.shape[1]
    if pair.one.shape != pair.other.shape or after.one.shape[1] != after.other.shape[1]:
        return None
    times, rest = divmod(columns, rows) if rows else (0, 1)
    return times if rest == 0 and times in KERNELS else None


def hidden(pairs: Sequence[Pair]) -> dict[int, frozenset[int]]:
    """The places in ``pairs`` of those whose rows are hidden units, by their number of rows.

    Told by shapes and names alone, so that the choice does not depend on what is tested. The next
    layer's columns are those units, so that they are hidden; their own columns are not of that
    number, since rows alone are reordered in a test. Where there is attention only rows that are
    more than columns: others may be those of the stream, to which fixed positions may be added.
    Of recurrent layers units, not rows, are reordered: the same in all gates.
    """
    attention = any(word in pair.one.name.lower() for pair in pairs for word in _ATTENTION)
    found = defaultdict[int, set[int]](set)
    for at, (pair, after) in enumerate(pairwise(pairs)):
        if gates := gates_of(pair, after):
            found[pair.shape[0] // gates].add(at)
            continue
        (p, q), name = pair.shape, (pair.one.name + " " + pair.other.name).lower()
        if pair.by == "part" or p < ROWS or (attention and p <= q):
            continue
        if units_before(pair, after) is None or (q % p == 0 and q // p in KERNELS):
            continue
        if not any(word in name for word in _ORDERED):
            found[p].add(at)
    return {rows: frozenset(places) for rows, places in found.items()}


def gates_of(pair: Pair, after: Pair) -> int | None:
    """Rows for each hidden unit of a recurrent layer's inputs, ``after`` which it reads itself.

    None: no such layer, or its inputs may be its own units, since they are as many.
    """
    (p, q), own = pair.shape, after.shape
    if any(each.by == "part" or each.one.shape != each.other.shape for each in (pair, after)):
        return None
    if own[0] != p or not any(word in after.one.name.lower() for word in _RECURRENT):
        return None
    gates, rest = divmod(p, own[1]) if own[1] else (0, 1)
    if rest or gates not in GATES or own[1] < ROWS or q % own[1] == 0:
        return None
    return gates


def exchangeable(hidden: Mapping[int, frozenset[int]]) -> frozenset[int]:
    """Those of one number of rows that are tested: where most rows are.

    One number, since matrices of the same units have to be reordered together.
    """
    if not hidden:
        return frozenset()
    return hidden[max(hidden, key=lambda rows: len(hidden[rows]) * min(SAMPLED_ROWS, rows))]


@dataclass(frozen=True)
class Test:
    """A test of order: its p-value, the smallest that its draws allow, and of what it is."""

    p_value: float
    least: float
    told: str


@dataclass
class Along:
    """What is gathered while the pairs of two networks go by, in order.

    ``hidden``: see there; ``digests`` of both networks, for draws that do not depend on which comes
    first. ``orders`` and ``scales``: of each step from hidden rows to the next layer's columns
    where both are reordered (rescaled), whether they go together.
    """

    pairs: Sequence[Pair]
    hidden: Mapping[int, frozenset[int]]
    digests: tuple[str, str]
    orders: list[bool] = field(default_factory=list)
    scales: list[bool] = field(default_factory=list)
    _stored: Floats | None = None
    _learned: Floats | None = None
    _before: Relation | None = None

    def __post_init__(self) -> None:
        self.tested = exchangeable(self.hidden)
        self._steps = frozenset().union(*self.hidden.values())

    def see(self, at: int, relation: Relation, one: Any, other: Any) -> None:
        """One pair, its relation and its matrices; those before it have been seen."""
        if at in self.tested:
            each = cosines(*(self._units(at, matrix) for matrix in (one, other)))
            self._stored = each if self._stored is None else self._stored + each
        before, self._before = self._before, relation
        times = units_before(self.pairs[at - 1], self.pairs[at]) if at else None
        if before is None or times is None or at - 1 not in self._steps:
            return
        if before.order is not None and relation.order is not None:
            rows = before.order.rows
            expected = np.repeat(rows, times) * times + np.tile(np.arange(times), len(rows))
            self.orders.append(bool(np.mean(relation.order.columns == expected) >= FOLLOWED))
            if at - 1 in self.tested:
                each = _across(before.order, relation.order, one, other, times)
                self._learned = each if self._learned is None else self._learned + each
        if before.factors is not None and relation.factors is not None:
            undone = np.repeat(before.factors.rows, times) * relation.factors.columns
            self.scales.append(bool(np.ptp(undone) <= 10 * SCALE * np.max(np.abs(undone))))

    def _units(self, at: int, matrix: Any) -> Any:
        """The rows of each hidden unit one after the other: shape (units, …)."""
        gates = gates_of(self.pairs[at], self.pairs[at + 1])
        if not gates:
            return matrix
        return matrix.reshape(gates, len(matrix) // gates, -1).transpose(1, 0, 2).reshape(
            len(matrix) // gates, -1
        )  # fmt: skip

    def skip(self) -> None:
        """A pair goes by that nothing can be seen of."""
        self._before = None

    def test(self) -> Test | None:
        """Of the units as they are stored; None where none are known to be exchangeable."""
        return self._test(self._stored, "row by row as stored, against random orders")

    def learned(self) -> Test | None:
        """Of the order that was learned on rows, tested on the columns of the next layers.

        None where no order was found there. It takes the two layers as independent.
        """
        told = "in the order learned on rows, by the next layer's columns, against random orders"
        return self._test(self._learned, told)

    def _test(self, each: Floats | None, told: str) -> Test | None:
        if each is None:
            return None
        p = p_of_order(each if self.digests[0] <= self.digests[1] else each.T, self._rng())
        layers = count(len(self.tested), "layer")
        return Test(p, 1 / (DRAWS + 1), f"{len(each):,} hidden units in {layers}, {told}")

    def _rng(self) -> np.random.Generator:
        """The same draws for the same two networks, whichever comes first."""
        text = "/".join(sorted(self.digests))
        seed = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return np.random.default_rng(int.from_bytes(seed, "little"))


def _across(before: Orders, after: Orders, one: Any, other: Any, times: int) -> Floats:
    """Cosines of the columns of each unit, in the order that was learned before; shape (n, n).

    The rows of this layer are in the order that their own sorted entries gave.
    """
    n = len(before.rows)

    def by_unit(matrix: Any) -> Floats:
        wide: Floats = np.asarray(matrix, dtype=np.float64)
        return wide.reshape(len(matrix), n, times).transpose(1, 0, 2).reshape(n, -1)

    return cosines(by_unit(other), by_unit(one[after.rows])[before.rows])
