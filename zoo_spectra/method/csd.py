"""The cumulative circular spectral difference and its long positive tail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc

from zoo_spectra.method.circular import expected_cumulative
from zoo_spectra.method.mme import BIN_WIDTH, EDGE_TOLERANCE
from zoo_spectra.method.spectrum import Floats

TAIL_START = 2.0
MIN_TAIL = 10
VANISHED = 1e-3


@dataclass(frozen=True)
class Tail:
    """The tail x > 2, beyond the circular support, where CSD = -(1 - F_M).

    All but ``mass`` and ``count`` are None when fewer than 10 eigenvalues lie in the tail.
    ``decay_rate`` κ: CSD ~ x^-κ. ``law``: power_law or exponential, whichever has the higher
    likelihood; ``law_ratio``: log-likelihood ratio (positive: power law), ``law_p_value`` its
    significance. ``vanishing_location``: first x from which |CSD| < 1e-3; None also where one
    eigenvalue of the tail carries more than that, since it alone would be the location.
    """

    mass: float
    count: int
    decay_rate: float | None = None
    decay_rate_se: float | None = None
    law: str | None = None
    law_ratio: float | None = None
    law_p_value: float | None = None
    vanishing_location: float | None = None


def circular_spectral_difference(cumulative: Floats) -> Floats:
    """CSD(s_k) = F_M(s_k) - F_C(s_k) at the 129 edges; shape (129,), in [-1, 1]."""
    return cumulative - expected_cumulative()


def distance(csd_a: Floats, csd_b: Floats) -> float:
    """d(a, b) = Σ_k |CSD_a(s_k) - CSD_b(s_k)| Δs, in e-folds, ≥ 0. Both have shape (129,).

    The first Wasserstein distance of the log spectra (on the grid): a metric, and a convention of
    this package.
    """
    return float(np.sum(np.abs(csd_a - csd_b)) * BIN_WIDTH)


def tail(x: Floats, mass: Floats, levels: Floats | None = None) -> Tail:
    """Fit the tail of spectral locations ``x`` (ascending) with their ``mass``; both (n,).

    κ = Σw / Σ w ln(x/2) is the weighted Hill estimator (Hill 1975), with standard error κ/√n_eff,
    n_eff = (Σw)²/Σw², as for independent eigenvalues. The law is chosen by the log-likelihood
    ratio with Vuong's significance, as in Clauset, Shalizi & Newman, SIAM Rev. 51, 661 (2009), at
    the fixed lower cut-off x = 2. ``levels``: how many eigenvalues each entry stands for
    (``MixedSpectrum.levels``), by default one.
    """
    first = int(np.searchsorted(x, TAIL_START * (1 + EDGE_TOLERANCE), side="right"))
    held = np.ones(len(x) - first) if levels is None else levels[first:]
    x, w = x[first:], mass[first:]
    total, count = float(w.sum()), round(float(held.sum()))
    if count < MIN_TAIL:
        return Tail(total, count)
    n_eff = total**2 / float(np.sum(w**2 / held))
    kappa = total / float(np.sum(w * np.log(x / TAIL_START)))
    ratio, p_value = _compare_laws(x, w / total, kappa, n_eff)
    return Tail(
        mass=total,
        count=count,
        decay_rate=kappa,
        decay_rate_se=kappa / np.sqrt(n_eff),
        law="power_law" if ratio > 0 else "exponential",
        law_ratio=ratio,
        law_p_value=p_value,
        vanishing_location=_vanishing_location(x, w, held),
    )


def _compare_laws(x: Floats, share: Floats, kappa: float, n_eff: float) -> tuple[float, float]:
    """Vuong's test of a power law against an exponential, both cut off at x = 2."""
    rate = 1.0 / float(np.sum(share * (x - TAIL_START)))
    power = np.log(kappa / TAIL_START) - (kappa + 1) * np.log(x / TAIL_START)
    exponential = np.log(rate) - rate * (x - TAIL_START)
    difference = power - exponential
    mean = float(np.sum(share * difference))
    spread = float(np.sqrt(np.sum(share * (difference - mean) ** 2)))
    if spread <= 1e-9 * (1.0 + abs(mean)):  # all eigenvalues are one: the laws cannot be told apart
        return n_eff * mean, 1.0
    return n_eff * mean, float(erfc(abs(mean) * np.sqrt(n_eff / 2) / spread))


def _vanishing_location(x: Floats, w: Floats, held: Floats) -> float | None:
    """The first x ≥ 2 above which less than 1e-3 of the mass lies, if many eigenvalues say it."""
    if np.max(w / held) > VANISHED * (1 + 1e-9):
        return None
    above = np.append(np.cumsum(w[::-1])[::-1], 0.0)
    at = int(np.argmax(above < VANISHED))
    return TAIL_START if at == 0 else float(x[at - 1])
