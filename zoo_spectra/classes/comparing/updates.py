"""What was done to single entries: zeros, and a difference of low rank (a merged LoRA)."""

from __future__ import annotations

import numpy as np

from zoo_spectra.classes.comparing.casts import Format, quanta
from zoo_spectra.classes.comparing.rules import EXACT, LOW_RANK
from zoo_spectra.method import Floats


def zeros_gained(one: Floats, other: Floats) -> float:
    """The share of entries that are zero in the other and not in the one, in [0, 1]."""
    return float(np.mean((other == 0) & (one != 0)))


def change_of_kept(one: Floats, other: Floats) -> float:
    """‖B - A‖/‖A‖ over the entries where the other is not zero; 0 where there are none."""
    kept = other != 0
    before = float(np.linalg.norm(one[kept]))
    return float(np.linalg.norm(other[kept] - one[kept])) / before if before else 0.0


def rank_of_change(one: Floats, other: Floats, first: Format, second: Format) -> int | None:
    """The numerical rank of A - B, beyond what the rounding of their types leaves; None: not low.

    Rounding is noise of independent entries, whose singular values end near σ(√p + √q) (Marchenko
    and Pastur 1967); the rank is the number of those beyond. At least one, at most a quarter of the
    order.
    """
    p, q = one.shape
    most = int(LOW_RANK * min(p, q))
    if most < 1:
        return None
    difference = one - other
    gram = difference @ difference.T if p <= q else difference.T @ difference
    values = np.sqrt(np.clip(np.linalg.eigvalsh(gram)[::-1], 0, None))
    # A unit's rounding is even between ± half of it: a variance of unit²/12, of each of the two.
    noise = np.sqrt(np.mean(quanta(one, first) ** 2 + quanta(other, second) ** 2) / 12)
    edge = max(1.2 * noise * (np.sqrt(p) + np.sqrt(q)), EXACT * values[0])
    rank = int(np.count_nonzero(values > edge))
    return rank if 1 <= rank <= most else None


def changed_rows(one: Floats, other: Floats) -> int:
    """How many rows are not equal, entry by entry."""
    return int(np.count_nonzero(np.any(one != other, axis=1)))
