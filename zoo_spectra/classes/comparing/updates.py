"""A difference of low rank, as that of a merged LoRA."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_spectra.classes.comparing.casts import LOOKED_AT, Format, quanta
from zoo_spectra.classes.comparing.rules import BEYOND_NOISE, EXACT, LOW_RANK
from zoo_spectra.classes.comparing.spectra import spectrum_of
from zoo_spectra.method import Floats
from zoo_spectra.sources import Constituent

GLANCED_AT = 512  # the order of matrices that are too dear to be looked at whole at once


def rank_of_change(
    one: Floats, other: Floats, first: Format, second: Format, levels: Sequence[float] = ()
) -> int | None:
    """The numerical rank of A - B, beyond what the rounding of their types leaves; None: not low.

    ``levels``: the steps of levels that they were rounded to besides (quantised ones).
    Rounding is noise of independent entries, whose singular values end near σ(√p + √q) (Marchenko
    and Pastur 1967); the rank is the number of those beyond, where the others are of such noise. At
    least one, at most a quarter of the order.
    """
    p, q = one.shape
    most = int(LOW_RANK * min(p, q))
    if most < 1:
        return None
    # A unit's rounding is even between ± half of it: a variance of unit²/12, of each of the two.
    flat = slice(None, None, max(1, one.size // LOOKED_AT))
    units = quanta(one.reshape(-1)[flat], first), quanta(other.reshape(-1)[flat], second)
    squares = float(np.mean(units[0] ** 2 + units[1] ** 2)) + sum(step**2 for step in levels)
    noise = float(np.sqrt(squares / 12))
    difference = one - other
    if min(p, q) >= GLANCED_AT:  # half of the rows and columns tell most that are of full rank
        rank = _rank(difference[::2, ::2], noise)
        if rank is None or rank > most:
            return None
    rank = _rank(difference, noise)
    return rank if rank is not None and 1 <= rank <= most else None


def _rank(difference: Floats, noise: float) -> int | None:
    """The singular values beyond the edge of noise of that standard deviation.

    None where they are not known, or where what is left is more than that noise.
    """
    found = spectrum_of(Constituent("difference", difference))
    if found.skipped is not None or found.kind != "exact":
        return None
    squares = found.eigenvalues
    p, q = difference.shape
    least = EXACT * np.sqrt(squares[-1])
    edge = max(BEYOND_NOISE * noise * (np.sqrt(p) + np.sqrt(q)), least)
    rank = int(np.count_nonzero(squares > edge**2))
    # So many directions less in rows and in columns have the rest of the noise.
    room = max(BEYOND_NOISE * noise * np.sqrt((p - rank) * (q - rank)), least)
    return rank if np.sqrt(np.sum(squares[squares <= edge**2])) <= room else None


def changed_rows(one: Floats, other: Floats) -> int:
    """How many rows are not equal, entry by entry."""
    return int(np.count_nonzero(np.any(one != other, axis=1)))
