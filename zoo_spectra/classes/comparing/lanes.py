"""One pair of matrices of one shape, entry by entry: the ladder from equal to unlike.

Each rung is tried in turn, the least change first, and the first that explains the pair is taken.
The dear ones (spectra of differences, orders, rotations) are tried where ``deep``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing import casts, exchange, orders, scales, steps, updates
from zoo_spectra.classes.comparing.chunked import chunks
from zoo_spectra.classes.comparing.plain import is_plain
from zoo_spectra.classes.comparing.relation import Relation
from zoo_spectra.classes.comparing.rules import (
    ALIKE,
    BITS,
    DEVIATIONS,
    EXPLAINED,
    FEW,
    FEW_VALUES,
    MATCHED_COSINE,
    PRUNED,
    REORDERED,
    ROWS,
    SCALE,
    SMALL_CHANGE,
    UPDATED_COSINE,
)
from zoo_spectra.classes.comparing.two import Sums, Two, sums_of
from zoo_spectra.text import count, percent

UNSEEN = "not in the sample of layers that were looked at whole; --all looks at all"


def aligned(one: Any, other: Any, deep: bool = True) -> Relation:
    """The relation of two dense, real matrices of one shape (p, q); entry by entry.

    ``deep``: also by orders, rotations and the rank of the difference.
    """
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    if reason := _no_numbers(one, other):
        return reason
    sums = sums_of(one, other)
    if reason := _incomparable(one, other, sums):
        return reason
    two = Two(one, other, sums)
    rungs: tuple[Callable[[Two], Relation | None], ...] = (_equal, _cast, _scaled, _quantised)
    rungs += (_pruned, _by_factors)
    if deep:
        rungs += (_low_rank, _reordered)
    rungs += (_tuned,)
    if deep:
        rungs += (_permuted, _rotated)
    for rung in rungs:
        if found := rung(two):
            return found
    if max(two.one.shape) < ROWS or two.one.size < FEW:
        return _relation(two, "unknown", f"not alike, and too few entries to tell ({two.one.size})")
    if deep:
        return _relation(two, "unlike", "no relation found")
    facts = {"looked_at_whole": False}
    return _relation(two, "unknown", f"not alike entry by entry; {UNSEEN}", facts=facts)


def _no_numbers(one: Any, other: Any) -> Relation | None:
    for which, matrix in (("the first", one), ("the second", other)):
        if matrix.size == 0:
            return Relation("unknown", "no entries")
        if matrix.dtype.kind not in "fiub":
            return Relation("unknown", f"{which} is of {matrix.dtype}, no real numbers")
    return None


def _incomparable(one: Any, other: Any, sums: Sums) -> Relation | None:
    if not np.all(np.isfinite(sums.largest)):
        which, at = ("the first", 0) if not np.isfinite(sums.largest[0]) else ("the second", 1)
        bad = sum(int(np.count_nonzero(~np.isfinite(both[at]))) for both in chunks(one, other))
        return Relation("unknown", f"{bad} non-finite entries (NaN or Inf) in {which}")
    for which, largest in zip(("the first", "the second"), sums.largest, strict=True):
        if largest and not 1e-140 < largest < 1e140:
            return Relation("unknown", f"entries of {which} are so far from 1 ({largest:.0e}) that "
                            "their squares are outside the range of float64")  # fmt: skip
    empty = [largest == 0 for largest in sums.largest]
    if all(empty):
        return Relation("identical", "all entries are zero", plain=True)
    if any(empty):
        which = "first" if empty[0] else "second"
        return Relation("unknown", f"all entries of the {which} are zero")
    return None


def _relation(two: Two, kind: Any, told: str, **more: Any) -> Relation:
    return Relation(kind, told, two.change, two.cosine, plain=is_plain(two.one), **more)


def _equal(two: Two) -> Relation | None:
    if not two.sums.equal:
        return None
    first, second = str(two.one.dtype), str(two.other.dtype)
    if first == second:
        return _relation(two, "identical", "equal bits")
    told = f"equal numbers, stored as {first} and {second}"
    return _relation(two, "cast", told, facts={"dtype": second, "from": first})


def _cast(two: Two) -> Relation | None:
    first, second = two.formats
    if not casts.are_casts(two.one, two.other, first, second):
        return None
    told = f"equal up to rounding: {first.name} and {second.name}"
    return _relation(two, "cast", told, facts={"dtype": second.name, "from": first.name})


def _scaled(two: Two) -> Relation | None:
    scale, residual = two.scale
    if residual > two.rounding or abs(scale - 1) <= max(SCALE, 4 * two.rounding):
        return None
    return _relation(two, "rescaled", f"one scale, {scale:.6g}", facts={"scale": scale})


def _quantised(two: Two) -> Relation | None:
    one, other = two.grids
    pairs = ((two.one, two.other, one, other, "second"), (two.other, two.one, other, one, "first"))
    for (fine, coarse, before, grid, which), change in zip(pairs, two.changes, strict=True):
        if grid is None or not steps.quantised(fine, coarse, grid, change):
            continue
        if before is not None and (before.step is None or 2 * before.step > (grid.step or 0)):
            continue  # on levels as coarse: whole numbers, say, and not rounded to these
        block = f"blocks of {grid.block}" if isinstance(grid.block, int) else f"per {grid.block}"
        even = "" if grid.step is not None else ", uneven levels"
        facts = {"bits": grid.bits, "block": grid.block, "step": grid.step, "which": which}
        told = f"the {which} is on levels of {grid.bits} bits, {block}{even}"
        return _relation(two, "quantised", told, facts=facts)
    return None


def _pruned(two: Two) -> Relation | None:
    zeros = two.sums.zeros
    for cut, whole, which in ((*zeros, "second"), (*zeros[::-1], "first")):
        share = cut.gained / two.one.size
        if share < PRUNED or whole.gained > cut.gained / 10:
            continue
        scale, kept = 1.0, cut.change_of_kept
        if kept > max(SMALL_CHANGE, two.rounding):  # perhaps it was scaled besides
            scale, kept = two.sums.scale_of_kept(which == "second")
            if kept > two.rounding:
                continue
        told = f"the {which} has zeros in place of {percent(share)}"
        told += f", and the rest is scaled by {scale:.6g}" if scale != 1 else ""
        told += f", and the rest changed by {kept:.2g}" if kept > two.rounding else ""
        facts = {"share": share, "which": which, "change_of_kept": kept, "scale": scale}
        return _relation(two, "pruned", told, facts=facts)
    return None


def _by_factors(two: Two) -> Relation | None:
    most = min(2 * two.rounding, EXPLAINED * two.scale[1])
    found = scales.factors(two.one, two.other, most)
    if found is None or found.residual > most:
        return None
    sides = found.uneven(two.rounding)
    if not sides:
        return None
    told = f"a scale for each of the {' and the '.join(sides)}"
    facts = {"scale": found.scale, "sides": sides}
    return _relation(two, "rescaled", told, facts=facts, factors=found)


def _low_rank(two: Two) -> Relation | None:
    if two.cosine < UPDATED_COSINE:  # an update that outweighs the matrix is no update
        return None
    levels = [grid.step or 0.0 for grid in two.grids if grid is not None]
    rank = updates.rank_of_change(*two.wide, *two.stored, levels)
    if rank is None:
        return None
    p, q = two.one.shape
    rows = updates.changed_rows(two.one, two.other)
    columns = updates.changed_rows(two.one.T, two.other.T)
    if min(rows, columns) <= rank:  # of so low a rank because so few were touched
        side, number, of = ("row", rows, p) if rows <= rank else ("column", columns, q)
        told = f"{count(number, side)} of {of:,} changed, by {two.change:.2g} of the whole"
        return _relation(two, "fine_tuned", told, facts={f"{side}s_changed": number})
    told = f"the difference has rank {rank} of {min(p, q)}"
    return _relation(two, "low_rank_update", told, facts={"rank": rank})


def _tuned(two: Two) -> Relation | None:
    found = exchange.likeness(two.one, two.other)
    facts: dict[str, object] = {}
    if found is not None:
        facts = {"own": found.own, "others": found.others, "deviations": found.deviations}
        alike = found.own - found.others >= ALIKE and found.deviations >= DEVIATIONS
    else:
        alike = two.change <= SMALL_CHANGE
    if not alike and two.change > SMALL_CHANGE / 10:
        return None
    return _relation(two, "fine_tuned", f"changed by {two.change:.2g}", facts=facts)


def _reordered(two: Two) -> Relation | None:
    """An exact order of what is not alike as it is stored; near ones come after a fine-tune."""
    if two.change <= REORDERED or two.order is None or two.order.residual > 2 * two.rounding:
        return None
    return _permuted(two)


def _permuted(two: Two) -> Relation | None:
    found = two.order
    if found is None or min(two.one.shape) < 2:
        return None
    moved = [name for name, order in (("rows", found.rows), ("columns", found.columns))
             if not np.array_equal(order, np.arange(len(order)))]  # fmt: skip
    if found.residual > 2 * two.rounding and found.cosine < MATCHED_COSINE:
        return None
    if not moved or not _surprising(two, found.residual):
        return None
    exact = found.residual <= 2 * two.rounding
    told = f"{' and '.join(moved)} in another order"
    told += "" if exact else f", and changed (cosine {found.cosine:.3f})"
    scale = two.norms[1] / two.norms[0]
    facts: dict[str, object] = {"sides": moved, "exact": exact, "cosine": found.cosine}
    if abs(scale - 1) > max(SCALE, 4 * two.rounding):
        facts["scale"] = scale
        told += f", scaled by {scale:.6g}"
    return _relation(two, "permuted", told, facts=facts, order=found)


def _surprising(two: Two, residual: float) -> bool:
    """Whether an order that was looked for would not be as good between matrices of no relation.

    Each entry that is met up to ``residual`` is worth its bits, each row and column that was put in
    order costs those of its place; what is left has to be no chance. A few values in many entries
    can always be sorted to fit.
    """
    p, q = two.one.shape
    values = len(np.unique(two.one.reshape(-1)[:FEW_VALUES]))
    if is_plain(two.one) or values < min(two.one.size, FEW_VALUES) / 4:
        return False
    bits = p * q * float(np.log2(1 / max(residual, 1e-7)))
    return bool(bits - p * np.log2(p) - q * np.log2(q) >= BITS)


def _rotated(two: Two) -> Relation | None:
    side = orders.rotated(*two.wide, two.rounding)
    if side is None:
        return None
    told = f"the {side} are rotated or reflected: their products are equal"
    return _relation(two, "permuted", told, facts={"rotated": side})
