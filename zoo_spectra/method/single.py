"""One constituent as if it were the network: its own scale, null mass and tail. Ours."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_spectra.method import mme
from zoo_spectra.method.csd import Tail, distance, tail
from zoo_spectra.method.spectrum import ConstituentSpectrum, Floats


@dataclass(frozen=True)
class Alone:
    """``scale``: its own σ, > 0; ``null_mass``: in [0, 1]; ``tail``: of x = λ/σ."""

    scale: float
    null_mass: float
    tail: Tail


def alone(constituent: ConstituentSpectrum) -> Alone | None:
    """What a network of this constituent only would have; None for one that is skipped."""
    if constituent.skipped is not None:
        return None
    mixed = mme.mix([constituent.eigenvalues], [constituent.weights], [constituent.order])
    scale = mme.scale_of(mixed.eigenvalues, mixed.mass)
    found = tail(mixed.eigenvalues / scale, mixed.mass, mixed.levels)
    return Alone(scale, mme.null_mass(mixed), found)


def distance_alone(one: ConstituentSpectrum, other: ConstituentSpectrum) -> float | None:
    """The distance of two constituents' log spectra, each at its own σ, in e-folds, ≥ 0.

    Null masses count as in docs/method.md, section 6. None where either is skipped.
    """
    if one.skipped is not None or other.skipped is not None:
        return None
    return distance(_cumulative(one), _cumulative(other))


def _cumulative(constituent: ConstituentSpectrum) -> Floats:
    mixed = mme.mix([constituent.eigenvalues], [constituent.weights], [constituent.order])
    return mme.cumulative_density(mixed.eigenvalues, mixed.mass)
