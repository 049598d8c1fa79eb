"""What shows only along the network: whether the columns of a layer go with the rows before it.

Rows of one layer and columns of the next are the same hidden units, so an order or a scale of the
one is that of the other. And the order of hidden units is what the p-value is made of.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from zoo_spectra.classes.comparing.exchange import cosines, p_of_order
from zoo_spectra.classes.comparing.pairing import Pair
from zoo_spectra.classes.comparing.relation import Relation
from zoo_spectra.classes.comparing.rules import DRAWS, ROWS, SAMPLED_ROWS, SCALE
from zoo_spectra.method import Floats

# Columns for each unit before: a linear layer, one-dimensional kernels, squares, a flattened map.
KERNELS = frozenset({1, 3, 5, 7, 11} | {side * side for side in range(1, 15)})
# Names of rows that are no exchangeable units: heads, gates, and places have an order of their own.
_ATTENTION = ("attn", "attention", "query", "key", "value", "q_proj", "k_proj", "v_proj", "qkv",
              "[q]", "[k]", "[v]")  # fmt: skip
_ORDERED = (*_ATTENTION, "lstm", "gru", "rnn", "_ih", "_hh", "recurrent", "embed", "token", "pos")


def units_before(pair: Pair, after: Pair) -> int | None:
    """Columns of ``after`` for each row of ``pair``, where the sizes fit; None: they do not."""
    rows, columns = pair.shape[0], after.shape[1]
    if pair.one.shape != pair.other.shape or after.one.shape[1] != after.other.shape[1]:
        return None
    times, rest = divmod(columns, rows) if rows else (0, 1)
    return times if rest == 0 and times in KERNELS else None


def exchangeable(pairs: Sequence[Pair]) -> frozenset[int]:
    """The places in ``pairs`` of those whose rows are hidden units, all of one number of rows.

    Told by shapes and names alone, so that the choice does not depend on what is tested. One number
    of rows, since matrices of the same units are to be reordered together; no columns of that
    number, since rows alone are reordered then; and the next layer's columns are they, so that they
    are hidden. Where there is attention only rows that are more than columns: others may be those
    of the stream, to which fixed positions may be added.
    """
    attention = any(word in pair.one.name.lower() for pair in pairs for word in _ATTENTION)
    chosen = defaultdict[int, list[int]](list)
    for at, (pair, after) in enumerate(pairwise(pairs)):
        (p, q), name = pair.shape, (pair.one.name + " " + pair.other.name).lower()
        whole = pair.one.shape == pair.other.shape and pair.by != "part"
        own = q % p == 0 and q // p in KERNELS if p else True
        if not whole or p < ROWS or own or (attention and p <= q):
            continue
        if units_before(pair, after) is None or any(word in name for word in _ORDERED):
            continue
        chosen[p].append(at)
    if not chosen:
        return frozenset()
    most = max(chosen, key=lambda rows: len(chosen[rows]) * min(SAMPLED_ROWS, rows))
    return frozenset(chosen[most])


@dataclass(frozen=True)
class Test:
    """A test of order: its p-value, the smallest that its draws allow, and of what it is."""

    p_value: float
    least: float
    told: str


@dataclass
class Along:
    """What is gathered while the pairs of two networks go by, in order."""

    pairs: Sequence[Pair]
    tested: frozenset[int]
    digests: tuple[str, str]
    alike: Floats | None = None
    orders: list[float] = field(default_factory=list)
    scales: list[bool] = field(default_factory=list)
    learned: Test | None = None
    _before: Relation | None = None

    def see(self, at: int, relation: Relation, one: Floats, other: Floats) -> None:
        """One pair, its relation and its matrices; those before it have been seen."""
        if at in self.tested:
            each = cosines(one, other)
            self.alike = each if self.alike is None else self.alike + each
        before, self._before = self._before, relation
        times = units_before(self.pairs[at - 1], self.pairs[at]) if at else None
        if before is None or times is None:
            return
        if before.order is not None and relation.order is not None:
            units = np.repeat(before.order.rows, times) * times
            expected = units + np.tile(np.arange(times), len(before.order.rows))
            self.orders.append(float(np.mean(relation.order.columns == expected)))
            if self.learned is None and len(before.order.rows) >= ROWS:
                self.learned = self._test(before, relation, one, other, times)
        if before.factors is not None and relation.factors is not None:
            undone = np.repeat(before.factors.rows, times) * relation.factors.columns
            self.scales.append(bool(np.ptp(undone) <= 10 * SCALE * np.max(np.abs(undone))))

    def _test(
        self, before: Relation, relation: Relation, one: Floats, other: Floats, times: int
    ) -> Test:
        """The order learned on the rows before, tested on the columns here."""
        assert before.order is not None
        assert relation.order is not None
        rows, learned = relation.order.rows, before.order.rows[:SAMPLED_ROWS]
        n = len(before.order.rows)
        mine = one[rows].reshape(len(rows), n, times).transpose(1, 0, 2).reshape(n, -1)
        theirs = other.reshape(len(other), n, times).transpose(1, 0, 2).reshape(n, -1)
        each = cosines(theirs, mine[before.order.rows][: len(learned)])
        p = p_of_order(each, self._rng())
        return Test(p, 1 / (DRAWS + 1), f"the order of {n:,} rows, learned there, tested on the "
                    "columns of the next layer, against random orders")  # fmt: skip

    def test(self) -> Test | None:
        """Of the units as they are stored; None where none are known to be exchangeable."""
        if self.alike is None:
            return None
        each = self.alike if self.digests[0] <= self.digests[1] else self.alike.T
        p = p_of_order(each, self._rng())
        number, n = len(self.tested), len(each)
        of = f"{n:,} hidden units in {number} layer{'s' if number > 1 else ''}"
        return Test(p, 1 / (DRAWS + 1), f"{of}, row by row as stored, against random orders")

    def _rng(self) -> np.random.Generator:
        """The same draws for the same two networks, whichever comes first."""
        text = "/".join(sorted(self.digests))
        seed = hashlib.blake2b(text.encode(), digest_size=16).digest()
        return np.random.default_rng(int.from_bytes(seed, "little"))
