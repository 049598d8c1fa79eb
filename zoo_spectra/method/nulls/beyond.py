"""Where a network lies among draws of a null model: z of its curve, d in units of scatter, p.

Conventions of this package. The curves are CSD at the 129 edges, distances those of ``csd``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.method.mme import BIN_WIDTH
from zoo_spectra.method.spectrum import Floats

LEAST = 2  # draws, of which a scatter can be told
ROUNDING = 1e-12  # of d, in e-folds: curves that are equal are as far as one another


@dataclass(frozen=True)
class Beyond:
    """A network against N draws.

    ``mean``, ``sd``, ``z``, (129,): of the draws' CSD, and the network's in units of ``sd``, NaN
    where that is 0. ``distance``: d to ``mean``, in e-folds. ``scatter``: root mean square of each
    draw's distance to the mean of the others; ``units``: distance / scatter, None where that is 0.
    ``p_value`` in [``floor``, 1], with the floor 1/(1 + N). ``scale_ratio``: the network's scale σ
    over the geometric mean of the draws'; ``scale_z``: ln σ in units of their scatter, or None.
    """

    draws: int
    mean: Floats
    sd: Floats
    z: Floats
    distance: float
    scatter: float
    units: float | None
    p_value: float
    floor: float
    scale_ratio: float
    scale_z: float | None


def beyond(csd: Floats, scale: float, draws: Floats, scales: Floats) -> Beyond:
    """``csd``, (129,), and σ of a network against those of its draws, (N, 129) and (N,).

    For p, each of the N + 1 curves is compared with the mean of the N others, the network's among
    them: so a network that is a draw itself has each rank alike, and p ≤ α as often as α says
    (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 39, 2010). Raises ValueError for fewer than 2
    draws.
    """
    number = len(draws)
    if number < LEAST:
        raise ValueError(f"{number} draws have no scatter; {LEAST} or more are needed")
    mean, sd = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    sd = np.where(sd > ROUNDING, sd, 0.0)  # draws that are equal differ by rounding
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sd > 0, (csd - mean) / sd, np.nan)
    scatter = float(np.sqrt(np.mean(to_others(draws) ** 2)))
    scatter = scatter if scatter > ROUNDING else 0.0
    every = to_others(np.vstack([csd, draws]))
    as_far = int(np.count_nonzero(every[1:] >= every[0] - ROUNDING))
    logs = np.log(scales)
    spread = float(logs.std(ddof=1))
    return Beyond(
        draws=number,
        mean=mean,
        sd=sd,
        z=z,
        distance=float(every[0]),
        scatter=scatter,
        units=float(every[0]) / scatter if scatter > 0 else None,
        p_value=(1 + as_far) / (1 + number),
        floor=1 / (1 + number),
        scale_ratio=float(np.exp(np.log(scale) - logs.mean())),
        scale_z=float((np.log(scale) - logs.mean()) / spread) if spread > ROUNDING else None,
    )


def to_others(curves: Floats) -> Floats:
    """d of each curve to the mean of the others, (n,); curves are (n, 129)."""
    others = (curves.sum(axis=0) - curves) / (len(curves) - 1)
    return np.asarray(np.abs(curves - others).sum(axis=1) * BIN_WIDTH)
