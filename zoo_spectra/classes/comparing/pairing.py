"""Which constituent of one network goes with which of the other, and what is left over.

By digest and name; else by shape, place along the network and spectrum; then fused ones with their
parts, and those that are longer or shorter on one side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from zoo_spectra.classes.comparing.facts import Fact
from zoo_spectra.classes.comparing.rules import NEAR_PLACE, NEAR_SIZE, NEARER
from zoo_spectra.method import Floats

By = Literal["name", "weights", "place", "part", "extended"]
Rows = tuple[int, int]
# The distance of two spectra, of the first network's constituent and the second's; None: not known.
Apart = Callable[[Fact, Fact], float | None]
Key = Callable[[Fact], object]
MOST_PARTS = 8
MOST_SPECTRA = 1 << 16  # pairs of one shape; of more the places decide
MOST_TRIED = 1 << 20  # pairs of different shapes; of more all are left over


@dataclass(frozen=True)
class Pair:
    """Two constituents that go together, ``by`` what. ``rows``: from and to, where only some do.

    Shapes differ where one is ``extended``: then what both have, from the start, is compared.
    """

    one: Fact
    other: Fact
    by: By
    one_rows: Rows | None = None
    other_rows: Rows | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """The (p, q) that is compared."""
        rows = [
            fact.shape[0] if cut is None else cut[1] - cut[0]
            for fact, cut in ((self.one, self.one_rows), (self.other, self.other_rows))
        ]
        return min(rows), min(self.one.shape[1], self.other.shape[1])

    @property
    def entries(self) -> int:
        """How many entries are compared."""
        return self.shape[0] * self.shape[1]


@dataclass(frozen=True)
class Pairing:
    """``pairs`` in the first network's order; ``left_one`` and ``left_other``: of no pair.

    ``again_one`` and ``again_other``: of none either, since the network has the very matrix in
    another place too, as tied ones are stored.
    """

    pairs: tuple[Pair, ...]
    left_one: tuple[Fact, ...]
    left_other: tuple[Fact, ...]
    again_one: tuple[Fact, ...] = ()
    again_other: tuple[Fact, ...] = ()


Step = Callable[[Sequence[Fact], Sequence[Fact]], list[Pair]]


def paired(one: Sequence[Fact], other: Sequence[Fact], apart: Apart) -> Pairing:
    """The pairs of two networks, each constituent (or each part of a fused one) in one at most."""
    pairs: list[Pair] = []
    one_left, other_left = list(one), list(other)
    by_name = _names_of_both(one, other)
    sizes = len(one), len(other)

    def named(*parts: str) -> Key:
        return lambda f: (f.name, *(getattr(f, p) for p in parts)) if f.name in by_name else None

    steps: tuple[Step, ...] = (
        partial(_keyed, by="name", key=named("digest")),
        partial(_keyed, by="weights", key=lambda fact: fact.digest),
        partial(_keyed, by="name", key=named("shape")),
        partial(_assigned, sizes=sizes, apart=apart),
        partial(_fused, turned=False),
        lambda a, b: _fused(b, a, turned=True),
        partial(_extended, sizes=sizes, names=by_name),
    )
    for step in steps:
        found = step(one_left, other_left)
        pairs += found
        gone_one, gone_other = {p.one.at for p in found}, {p.other.at for p in found}
        one_left = [fact for fact in one_left if fact.at not in gone_one]
        other_left = [fact for fact in other_left if fact.at not in gone_other]
    pairs.sort(key=lambda pair: (pair.one.at, pair.other.at))
    (alone_one, again_one), (alone_other, again_other) = (
        _stored_once(left, every) for left, every in ((one_left, one), (other_left, other))
    )
    return Pairing(tuple(pairs), alone_one, alone_other, again_one, again_other)


def _names_of_both(one: Sequence[Fact], other: Sequence[Fact]) -> set[str]:
    """The names that each of the networks has, and has once."""
    counts = [Counter(fact.name for fact in each) for each in (one, other)]
    return {name for name in counts[0] if counts[0][name] == counts[1][name] == 1}


def _stored_once(
    left: Sequence[Fact], every: Sequence[Fact]
) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """What is left over, without and with a matrix that the network has under another name too."""
    places = {fact.at for fact in left}
    elsewhere = {fact.digest for fact in every if fact.at not in places}
    alone = tuple(fact for fact in left if fact.digest not in elsewhere)
    return alone, tuple(fact for fact in left if fact.digest in elsewhere)


def _keyed(one: Iterable[Fact], other: Iterable[Fact], by: By, key: Key) -> list[Pair]:
    """Pairs of one key, where each side has it once."""
    sides: list[dict[object, list[Fact]]] = []
    for facts in (one, other):
        found = defaultdict(list)
        for fact in facts:
            if (k := key(fact)) is not None:
                found[k].append(fact)
        sides.append(found)
    return [
        Pair(facts[0], sides[1][k][0], by)
        for k, facts in sides[0].items()
        if len(facts) == 1 and len(sides[1].get(k, ())) == 1
    ]


def _assigned(
    one: Sequence[Fact], other: Sequence[Fact], sizes: tuple[int, int], apart: Apart
) -> list[Pair]:
    """Of each shape the pairs whose spectra decide, and for the rest those of nearest places."""
    from scipy.optimize import linear_sum_assignment

    found = []
    for shape in dict.fromkeys(fact.shape for fact in one):
        mine = [fact for fact in one if fact.shape == shape]
        theirs = [fact for fact in other if fact.shape == shape]
        if not theirs:
            continue
        cost = np.array([[_place_apart(a, b, sizes) for b in theirs] for a in mine])
        if 1 < cost.size <= MOST_SPECTRA:
            cost += _undecided(np.array([[_known(apart(a, b)) for b in theirs] for a in mine]))
        found += [
            Pair(mine[int(i)], theirs[int(j)], "place")
            for i, j in zip(*linear_sum_assignment(cost), strict=True)
        ]
    return found


def _known(distance: float | None) -> float:
    return np.nan if distance is None else distance


def _undecided(spectral: Floats) -> Floats:
    """What the spectra add to the cost of each pair: -2, more than places can, where they decide.

    That is where a pair is nearer than any other pair of either of the two by far.
    """
    known = np.where(np.isnan(spectral), np.inf, spectral)
    rows = np.sort(np.pad(known, ((0, 0), (0, 1)), constant_values=np.inf), axis=1)[:, :2]
    columns = np.sort(np.pad(known, ((0, 1), (0, 0)), constant_values=np.inf), axis=0)[:2]
    best = np.isfinite(known) & (known == rows[:, :1]) & (known == columns[:1])
    far = np.minimum(rows[:, 1:], columns[1:])
    return np.where(best & (NEARER * known < far), -2.0, 0.0)


def _place_apart(one: Fact, other: Fact, sizes: tuple[int, int]) -> float:
    """How far apart they are along their networks, in [0, 1]."""
    return abs((one.at + 0.5) / sizes[0] - (other.at + 0.5) / sizes[1])


def _fused(whole: Sequence[Fact], parts: Sequence[Fact], turned: bool) -> list[Pair]:
    """Matrices whose rows are those of several neighbours on the other side, one below the other.

    ``turned``: whether the whole ones are of the second network.
    """
    found: list[Pair] = []
    free = sorted(parts, key=lambda fact: fact.at)
    for each in whole:
        run = _run_of(each, free)
        start = 0
        for part in run:
            rows = (start, start + part.shape[0])
            start = rows[1]
            found.append(
                Pair(part, each, "part", None, rows) if turned
                else Pair(each, part, "part", rows, None)
            )  # fmt: skip
        free = [part for part in free if part not in run]
    return found


def _run_of(whole: Fact, parts: Sequence[Fact]) -> list[Fact]:
    """The first run of two to eight neighbours that have its columns, and together its rows."""
    alike = [part for part in parts if part.shape[1] == whole.shape[1]]
    for start in range(len(alike)):
        rows = 0
        for end in range(start, min(start + MOST_PARTS, len(alike))):
            rows += alike[end].shape[0]
            if rows == whole.shape[0] and end > start:
                return alike[start : end + 1]
    return []


def _extended(
    one: Sequence[Fact], other: Sequence[Fact], sizes: tuple[int, int], names: set[str]
) -> list[Pair]:
    """Pairs of one equal side, of one name or about one place: tokens added, another head."""
    from scipy.optimize import linear_sum_assignment

    if not 0 < len(one) * len(other) <= MOST_TRIED:
        return []
    never = 10.0
    cost = np.full((len(one), len(other)), never)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            if (a.shape[0] == b.shape[0]) == (a.shape[1] == b.shape[1]):
                continue
            small, large = sorted((a.entries, b.entries))
            place = _place_apart(a, b, sizes)
            same_name = a.name == b.name and a.name in names
            if small and small >= NEAR_SIZE * large and (same_name or place <= NEAR_PLACE):
                cost[i, j] = place + (1 - small / large) - (2.0 if same_name else 0.0)
    return [
        Pair(one[int(i)], other[int(j)], "extended")
        for i, j in zip(*linear_sum_assignment(cost), strict=True)
        if cost[i, j] < never
    ]
