"""Quantisation: whether the entries of a matrix lie on few levels, block by block, and how coarse.

Each block has a step and perhaps an offset of its own: the whole matrix, a row (or column), or 16
to 256 neighbours of a row, as GGUF's blocks of 32 are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.chunked import chunks
from zoo_spectra.classes.comparing.rules import (
    A_BLOCK,
    BLOCKS,
    FITTED,
    HALF,
    MOST_BITS,
    OFF_GRID,
    ON_GRID,
    ROUGH,
    TRIED_BLOCKS,
)
from zoo_spectra.method import Floats

GLANCE = 1 << 12  # entries
MOST_VALUES = 2 * 2**MOST_BITS  # rounding may make two of a level
LEAST_VALUES = 5  # of a block that has a say
MOST_DIVISOR = 32  # steps that may lie between the two nearest values of a small block


@dataclass(frozen=True)
class Grid:
    """``bits``: of the levels, 1 to 8. ``block``: tensor, row, column, or a number of neighbours.

    ``step``: the median distance of levels, of even ones; None where they are not even (a codebook,
    as NF4's).
    """

    bits: int
    block: str | int
    step: float | None


def grid_of(matrix: Any) -> Grid | None:
    """The grid on which all entries (p, q) lie, with the largest blocks that fit; None: no grid.

    Smaller ones where they take a bit less for an entry: the few levels of several small blocks
    together are nearly on many fine ones.
    """
    even = uneven = None
    least = np.inf
    for name, blocks in _cuts(matrix):
        found = _grid(name, blocks)
        if found is None:
            continue
        if found.step is None:
            uneven = uneven or found  # perhaps the even levels of several smaller blocks
            continue
        taken = found.bits + A_BLOCK / len(blocks[0])
        if taken < least - 1:
            even, least = found, taken
    return even or uneven


def quantised(fine: Any, coarse: Any, grid: Grid, change: float) -> bool:
    """Whether ``coarse`` (p, q), which has that grid, is ``fine`` on it: within a step or two.

    Of even levels of the whole nearly all are within one step, with room for clipped ends; of
    blocks and codebooks the ``change``, ‖coarse - fine‖/‖fine‖, has to be small.
    """
    if grid.step is None:
        return change < 2.0 ** (2 - grid.bits)
    if grid.block != "tensor":
        return change < 4 * 2.0**-grid.bits
    near = some = 0
    for a, b in chunks(fine, coarse):
        some += int(np.count_nonzero(a))
        near += int(np.count_nonzero((np.abs(a - b) <= grid.step) & (a != 0)))
    return near >= ON_GRID * some


def _cuts(matrix: Any) -> Iterator[tuple[str | int, list[Any]]]:
    p, q = matrix.shape
    flat = matrix.reshape(-1)
    yield "tensor", [_some(flat)]
    yield "row", [matrix[at] for at in _places(p)]
    yield "column", [matrix[:, at] for at in _places(q)]
    for size in BLOCKS:
        if number := flat.size // size:  # of rows one after the other, and a rest
            whole = flat[: number * size].reshape(-1, size)
            yield size, [whole[at] for at in _places(number)]


def _places(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, min(count, TRIED_BLOCKS)).round().astype(int))


def _some(flat: Any) -> Any:
    """At most a million entries, spread over all."""
    return flat[:: max(1, flat.size // 1_000_000)]


def _grid(name: str | int, blocks: list[Any]) -> Grid | None:
    """The grid of blocks, each with a step of its own; blocks of few values have no say."""
    levels, steps, may_fail = [], [], int((1 - ON_GRID) * len(blocks))
    for block in blocks:
        values = _levels(block)
        if len(values) < LEAST_VALUES and len(block) < 4 * LEAST_VALUES:
            continue
        if len(values) < 2:
            continue
        step = _step(values) if len(values) <= MOST_VALUES else None
        if step is not None:
            levels.append(round((values[-1] - values[0]) / step) + 1)
            steps.append(step)
        elif len(values) <= 16 and len(block) >= 4 * len(values):
            levels.append(len(values))  # uneven ones, fewer than the entries have by themselves
        else:
            may_fail -= 1
            if may_fail < 0:
                return None
    if 2 * len(levels) < len(blocks):
        return None
    bits = max(1, int(np.ceil(np.log2(np.quantile(levels, 0.9)))))
    even = 2 * len(steps) > len(levels)
    return Grid(bits, name, float(np.median(steps)) if even else None)


def _levels(block: Any) -> Floats:
    """Its values, sorted; of a long one the first entries tell most that have too many."""
    for some in (block[:GLANCE], block):
        values = np.unique(np.asarray(some, dtype=np.float64))
        if len(values) > MOST_VALUES:
            break
    return values


def _step(values: Floats) -> float | None:
    """The step of sorted, distinct values if all are whole numbers of it apart, with evidence.

    There must be more values than a grid of that many levels would catch by chance.
    """
    gaps = np.diff(values)
    scale = float(np.max(np.abs(values)))
    gaps = gaps[gaps > 1e-6 * scale]
    if not len(gaps):
        return None
    least = float(gaps.min())
    for divisor in range(1, MOST_DIVISOR):
        step = least / divisor
        if (values[-1] - values[0]) / step + 1 > ROUGH * 2**MOST_BITS:
            break
        # The mean over all gaps is a better step than the least gap.
        whole = np.rint(gaps / step)
        step = float(gaps.sum() / whole.sum())
        apart = np.abs((values - values[0]) / step - np.rint((values - values[0]) / step))
        found = np.max(apart) <= OFF_GRID and _surprising(len(values), apart)
        if not found:
            step, apart = _fitted(values, np.sort(gaps), least / divisor)
            limit = FITTED + HALF * np.abs(values) / step
            found = bool(np.all(apart <= limit)) and _surprising(len(values) - 2, limit)
        if found and (values[-1] - values[0]) / step + 1 <= 2**MOST_BITS + 0.5:
            return step
    return None


def _fitted(values: Floats, gaps: Floats, step: float) -> tuple[float, Floats]:
    """A better step than a rough guess, and how far the values are from its levels, in steps.

    As levels are that were rounded to half precision: only short gaps tell then how many steps they
    are, so these come first; at last a line through all levels.
    """
    for longest in (2.5, 8.0, 32.0, np.inf):
        some = gaps[gaps <= longest * step]
        whole = np.rint(some / step).sum()
        if whole:
            step = float(some.sum() / whole)
    places = np.rint((values - values[0]) / step)
    if not places.any():
        return step, np.abs(values - values[0]) / step
    centred = places - places.mean()
    better = float(centred @ values / (centred @ centred))
    level = values.mean() - better * places.mean()
    return better, np.abs((values - level) / better - places)


def _surprising(count: int, apart: Floats) -> bool:
    """Whether so many values so near to whole numbers are no chance: 1 in a million."""
    within = max(float(np.max(apart)), 1e-4)
    return bool((count - 2) * np.log10(2 * within) <= -6)
