"""Shuffled designs: which unit gets whose group, within strata; and p-values from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import comb, factorial, prod

import numpy as np
import numpy.typing as npt

from zoo_spectra.classes.grouping.model import Model
from zoo_spectra.errors import DesignError
from zoo_spectra.method import Floats, Integers

# Statistics are shares of a sum of squares; nearer than this they are equal but for rounding.
TIED = 1e-10
MOST = 1 << 29  # places of units in all shuffles, of four bytes
WHOLE = 2  # times the number asked for: up to there all are made
Orders = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Shuffles:
    """``order``: shape (P, n); in shuffle p, unit j has the row ``order[p, j]`` of the design.

    ``whole``: whether they are all that there are, the given one among them; else they are drawn.
    ``least``: the least p-value that there can be.
    """

    order: Orders
    whole: bool
    least: float

    def p_value(self, given: float, shuffled: Floats) -> float:
        """The share of designs whose statistic is at least the given one, in (0, 1].

        The given design counts as one of them (Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9,
        39, 2010). Statistics within 1e-10 are tied, and count.
        """
        reached = int(np.count_nonzero(shuffled >= given - TIED))
        return reached / len(shuffled) if self.whole else (1 + reached) / (1 + len(shuffled))


def shuffles_of(model: Model, number: int, seed: int = 0) -> Shuffles:
    """All shuffles, where they are at most twice ``number``; else ``number`` drawn, by a seed.

    Without covariates only who is in which group matters, and each such labelling is one; with
    covariates every order of the units is. Raises DesignError for more than fit memory.
    """
    if WHOLE * number * len(model.label) > MOST:
        most = MOST // (WHOLE * len(model.label))
        raise DesignError(
            f"{number:,} permutations of {len(model.label):,} units do not fit memory: give at "
            f"most {most:,}"
        )
    members = [np.flatnonzero(model.stratum == each) for each in np.unique(model.stratum)]
    if distinct(model) <= WHOLE * number:
        order = _all(model, members)
        return Shuffles(order, True, _renamings(model) / len(order))
    draws = np.random.default_rng(seed)
    order = np.empty((number, len(model.label)), dtype=np.int32)
    for each in members:
        rows = np.tile(each.astype(np.int32), (number, 1))
        order[:, each] = draws.permuted(rows, axis=1)
    return Shuffles(order, False, 1 / (1 + number))


def distinct(model: Model) -> int:
    """How many shuffles differ."""
    found = 1
    for each in np.unique(model.stratum):
        labels = model.label[model.stratum == each]
        if model.covariates:
            found *= factorial(len(labels))
            continue
        counts = np.bincount(labels).tolist()
        found *= prod(comb(sum(counts[: at + 1]), size) for at, size in enumerate(counts))
    return found


def _renamings(model: Model) -> int:
    """Shuffles that only rename groups of equal sizes, which no statistic sees."""
    if model.covariates:
        return 1
    sizes = [
        tuple(
            np.bincount(model.stratum[model.label == each], minlength=int(model.stratum.max()) + 1)
        )
        for each in range(model.groups)
    ]
    return prod(factorial(sizes.count(each)) for each in set(sizes))


def _all(model: Model, members: list[Integers]) -> Orders:
    choices = []
    for each in members:
        kinds = list(range(len(each))) if model.covariates else model.label[each].tolist()
        choices.append([each[list(found)] for found in _arrangements(kinds)])
    order = np.empty((prod(map(len, choices)), len(model.label)), dtype=np.int32)
    for row, chosen in zip(order, product(*choices), strict=True):
        for each, rows in zip(members, chosen, strict=True):
            row[each] = rows
    return order


def _arrangements(kinds: list[int]) -> Iterator[tuple[int, ...]]:
    """Each order of places that gives another row of kinds, once; equals in rising order."""
    rows = {
        kind: [at for at, own in enumerate(kinds) if own == kind] for kind in sorted(set(kinds))
    }
    left = {kind: len(own) for kind, own in rows.items()}

    def go(taken: list[int]) -> Iterator[tuple[int, ...]]:
        if len(taken) == len(kinds):
            yield tuple(taken)
            return
        for kind, own in rows.items():
            if left[kind]:
                left[kind] -= 1
                yield from go([*taken, own[len(own) - left[kind] - 1]])
                left[kind] += 1

    return go([])


def blocks(count: int, entries: int, most: int) -> Iterator[slice]:
    """Pieces of ``count`` shuffles of ``entries`` numbers each, at most ``most`` at once."""
    step = max(1, most // max(entries, 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
