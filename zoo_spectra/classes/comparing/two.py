"""Two matrices of one shape, and what one walk over their entries says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from math import fsum, sqrt
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing import casts, orders, steps
from zoo_spectra.classes.comparing.casts import Format
from zoo_spectra.classes.comparing.chunked import CHUNK, chunk
from zoo_spectra.classes.comparing.orders import Orders
from zoo_spectra.classes.comparing.rules import EXACT
from zoo_spectra.classes.comparing.steps import Grid
from zoo_spectra.method import Floats, all_threads, limited

BFLOAT16 = next(each for each in casts.FORMATS if each.name == "bfloat16")


@dataclass(frozen=True)
class Zeros:
    """What one has in place of the other's zeros, and how the rest differs.

    ``gained``: entries that are zero in the other alone. ``kept`` and ``before``: the sums of
    squares of the difference, and of the one, where the other is not zero.
    """

    gained: int
    kept: float
    before: float

    @property
    def change_of_kept(self) -> float:
        """‖B - A‖/‖A‖ where B is not zero; 0 where A is zero there."""
        return sqrt(self.kept / self.before) if self.before else 0.0


@dataclass(frozen=True)
class Sums:
    """Over all entries: largest sizes (NaN where one is), sums of squares, of products.

    ``zeros``: of the second against the first, and of the first against the second.
    """

    largest: tuple[float, float]
    squares: tuple[float, float]
    product: float
    difference: float
    zeros: tuple[Zeros, Zeros]
    equal: bool

    def scale_of_kept(self, second: bool) -> tuple[float, float]:
        """c that makes ‖B - cA‖ least where B, the second or the first, is not zero.

        And that, relative to ‖cA‖ there, within 1e-7. 0 and infinite where nothing was kept.
        """
        before, after = self.zeros[not second].before, self.squares[second]
        if not before or not self.product:
            return 0.0, float("inf")
        return self.product / before, sqrt(max(0.0, after * before / self.product**2 - 1))


def sums_of(one: Any, other: Any) -> Sums:
    """Of two real arrays of one shape, not empty; the same on any number of threads."""
    flat, beside = one.reshape(-1), other.reshape(-1)
    starts = range(0, flat.size, CHUNK)

    def parts(first: int) -> list[Sums]:
        return [_part(chunk(flat, at), chunk(beside, at)) for at in starts[first::side_by_side]]

    side_by_side = all_threads().threads if len(starts) >= 16 else 1
    with limited(1), ThreadPoolExecutor(side_by_side) as pool:
        found = list(pool.map(parts, range(side_by_side)))
    return _added([part for each in found for part in each])


def _part(a: Floats, b: Floats) -> Sums:
    largest = (_largest(a), _largest(b))
    with np.errstate(over="ignore", invalid="ignore"):
        apart = b - a
        squares = (float(a @ a), float(b @ b))
        difference = float(apart @ apart)
        zeros = (_zeros(a, b, apart, squares[0], difference),
                 _zeros(b, a, apart, squares[1], difference))  # fmt: skip
        product = float(a @ b)
    equal = difference == 0 and bool(np.array_equal(a, b))
    return Sums(largest, squares, product, difference, zeros, equal)


def _largest(values: Floats) -> float:
    high, low = float(values.max()), -float(values.min())
    return low if low > high else high  # NaN where either is


def _zeros(a: Floats, b: Floats, apart: Floats, squares: float, difference: float) -> Zeros:
    """Of b against a."""
    kept = b != 0
    if kept.all():
        return Zeros(0, difference, squares)
    gained = int(np.count_nonzero(a[~kept]))
    return Zeros(gained, float(np.sum(apart[kept] ** 2)), float(np.sum(a[kept] ** 2)))


def _added(parts: Sequence[Sums]) -> Sums:
    largest = (_most(p.largest[0] for p in parts), _most(p.largest[1] for p in parts))
    squares = (fsum(p.squares[0] for p in parts), fsum(p.squares[1] for p in parts))
    zeros = (_zeros_added([p.zeros[0] for p in parts]), _zeros_added([p.zeros[1] for p in parts]))
    product = fsum(p.product for p in parts)
    difference = fsum(p.difference for p in parts)
    return Sums(largest, squares, product, difference, zeros, all(p.equal for p in parts))


def _zeros_added(parts: Sequence[Zeros]) -> Zeros:
    kept, before = fsum(p.kept for p in parts), fsum(p.before for p in parts)
    return Zeros(sum(p.gained for p in parts), kept, before)


def _most(values: Iterable[float]) -> float:
    return float(np.max(list(values)))


class Two:
    """Two dense, real matrices (p, q) as they are stored, finite, not all zero."""

    def __init__(self, one: Any, other: Any, sums: Sums) -> None:
        self.one, self.other, self.sums = one, other, sums
        self.norms = (sqrt(sums.squares[0]), sqrt(sums.squares[1]))
        self.formats = (casts.format_of(one), casts.format_of(other))
        # Numbers of few bits may be whole ones or levels, which no rounding to eight bits made.
        first, second = (max(each, BFLOAT16, key=_bits) for each in self.formats)
        self.stored: tuple[Format, Format] = (first, second)
        self.rounding = max(EXACT, first.rounding, second.rounding)
        self.changes = (
            sqrt(sums.difference) / self.norms[0],
            sqrt(sums.difference) / self.norms[1],
        )
        self.cosine = sums.product / (self.norms[0] * self.norms[1])

    @property
    def change(self) -> float:
        """‖A - B‖/‖A‖."""
        return self.changes[0]

    @property
    def scale(self) -> tuple[float, float]:
        """c that makes ‖B - cA‖ least, and that, relative to ‖B‖, within 1e-7."""
        return self.sums.product / self.sums.squares[0], sqrt(max(0.0, 1 - self.cosine**2))

    @cached_property
    def wide(self) -> tuple[Floats, Floats]:
        """Both as float64, whole."""
        return np.asarray(self.one, dtype=np.float64), np.asarray(self.other, dtype=np.float64)

    @cached_property
    def grids(self) -> tuple[Grid | None, Grid | None]:
        """The levels that the entries of each lie on, where they do."""
        return steps.grid_of(self.one), steps.grid_of(self.other)

    @cached_property
    def order(self) -> Orders | None:
        """The orders of rows and columns that are best, as far as was found."""
        return orders.orders(*self.wide)


def _bits(form: Format) -> int:
    return form.bits
