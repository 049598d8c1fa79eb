"""One constituent, or some, as if they were the network: own scale, null mass and tail. Ours."""

from __future__ import annotations

from collections.abc import Sequence
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
    scale = mme.scale_of(mixed.eigenvalues, mixed.mass, mixed.blur)
    found = tail(mixed.eigenvalues / scale, mixed.mass, mixed.levels)
    return Alone(scale, mme.null_mass(mixed), found)


def distance_alone(one: ConstituentSpectrum, other: ConstituentSpectrum) -> float | None:
    """The distance of two constituents' log spectra, each at its own σ, in e-folds, ≥ 0.

    Null masses count as in docs/method.md, section 6. None where either is skipped.
    """
    if one.skipped is not None or other.skipped is not None:
        return None
    return distance(_cumulative([one]), _cumulative([other]))


def density_of(constituents: Sequence[ConstituentSpectrum]) -> Floats:
    """The density of a network of these constituents only, at their own σ; shape (130,), sum 1.

    At least one, none of them skipped.
    """
    return mme.density(_cumulative(constituents))


def _cumulative(constituents: Sequence[ConstituentSpectrum]) -> Floats:
    mixed = mme.mix(
        [each.eigenvalues for each in constituents],
        [each.weights for each in constituents],
        [each.order for each in constituents],
    )
    return mme.cumulative_density(mixed.eigenvalues, mixed.mass, mixed.blur)
