"""One network to its spectrum: everything the method computes, in one frozen value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from zoo_spectra import svg
from zoo_spectra.defaults import DEFAULT_MEASURE, Measure
from zoo_spectra.errors import MeasureError, NetworkError
from zoo_spectra.method import circular, levels, mme, replicates, resolved
from zoo_spectra.method.bootstrap import resampled_csd
from zoo_spectra.method.csd import Tail, circular_spectral_difference
from zoo_spectra.method.csd import tail as fit_tail
from zoo_spectra.method.engine import all_threads, solve
from zoo_spectra.method.estimate import TOLERANCE, expected_distance
from zoo_spectra.method.spectrum import (
    EXACT_LIMIT,
    ConstituentSpectrum,
    Floats,
    stream,
)
from zoo_spectra.method.tied import recognised, stored_once
from zoo_spectra.sources import Kind, Matrix, Network, Scalar, network_from_arrays
from zoo_spectra.text import count, percent, sparkline, visible


@dataclass(frozen=True)
class Settings:
    """What changes a result beside the network: it is stored with every row.

    ``realisations``: draws of each conjugate ensemble, ≥ 0. ``exact_limit``: the largest order
    that is diagonalised; above it the spectrum is estimated.
    """

    realisations: int = 0
    exact_limit: int = EXACT_LIMIT


@dataclass(frozen=True, repr=False)
class Spectrum:
    """The MME spectrum of one network, its conjugate ensembles, CSD, tail and level statistics.

    Curves have shape (129,), at the edges ``zoo_spectra.S_EDGES`` of s = ln(λ/σ); ``density`` has
    shape (130,): underflow, 128 bins, overflow; it sums to 1. ``csd_depth`` has shape (4, 129): the
    CSD of each quarter of the network's depth. ``csd_fluctuation`` and
    ``csd_realisations`` have the keys coe, cue and cse; a realisation array is (R, 129).
    ``csd_error``: None where all spectra are exact, else an upper limit of 95 % to the distance of
    ``csd`` from what exact spectra would give, in e-folds.
    ``left_out``, ``coverage`` and ``notes`` are those of the network: what of it was not analysed.
    ``constituents`` is empty for one read from a catalog that holds no spectra.
    """

    name: str
    kind: Kind
    family: str
    source: str
    constituents: tuple[ConstituentSpectrum, ...]
    scale: float
    null_mass: float
    density: Floats
    density_se: Floats | None
    csd: Floats
    csd_error: float | None
    csd_depth: Floats
    csd_fluctuation: Mapping[str, Floats]
    csd_realisations: Mapping[str, Floats]
    csd_resamples: Floats
    tail: Tail
    gap_ratio: levels.GapRatio | None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    coverage: float | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """A few lines: what it is, its figures, and its CSD in blocks."""
        lines = [
            f"Spectrum of {visible(self.name)} ({self.kind}, {self.spectrum_kind})",
            f"  {self._of_what()}",
            f"  scale {self.scale:.4g}, null mass {self.null_mass:.3g}, "
            f"tail mass {self.tail.mass:.3g}",
        ]
        if self.decay_rate is not None:
            lines.append(f"  decay rate {self.decay_rate:.3g} ± {self.tail.decay_rate_se or 0:.2g}")
        if self.gap_ratio is not None:
            lines.append(f"  gap ratio {self.gap_ratio.mean:.3f}, nearest {self.gap_ratio.nearest}")
        if self.coverage is not None:
            lines.append(f"  {percent(self.coverage)} of all stored entries")
        lines.append(f"  CSD {sparkline(self.csd.tolist())} from s = -8 to 8")
        lines += [f"  note: {visible(note)}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same in a notebook, with the CSD and twice the fluctuation of the COE around zero."""
        title = f"CSD of {visible(self.name)} from s = -8 to 8"
        band = (2 * self.csd_fluctuation["coe"]).tolist()
        return svg.shown(repr(self), svg.curve(title, self.csd.tolist(), band))

    def _of_what(self) -> str:
        orders = [c.order for c in self.used]
        if not orders:
            return "constituents: not in the catalog that it was read from"
        skipped = len(self.constituents) - len(orders)
        left = f"; {skipped:,} left out" if skipped else ""
        return f"{count(len(orders), 'constituent')} of order {min(orders)} to {max(orders)}{left}"

    @property
    def decay_rate(self) -> float | None:
        """κ of the long positive tail, CSD ~ x^-κ; None below 10 eigenvalues in the tail."""
        return self.tail.decay_rate

    @property
    def spectrum_kind(self) -> str:
        """``exact``, or ``slq`` when any constituent was estimated."""
        return "exact" if self.density_se is None else "slq"

    @property
    def weights_digest(self) -> str | None:
        """BLAKE2b-128 of the sorted digests of all constituents, hex; None where one has none."""
        return combined_digest(c.digest for c in self.constituents)

    @property
    def used(self) -> tuple[ConstituentSpectrum, ...]:
        """The constituents that are in the ensemble (the others carry ``skipped``)."""
        return tuple(c for c in self.constituents if c.skipped is None)

    @cached_property
    def named(self) -> tuple[list[str], Floats]:
        """The constituents' names and cumulative densities F_l at σ, shape (n, 129).

        Matrices that are all zero are among them, as all null. Raises MeasureError where the
        constituents are not known.
        """
        if not self.constituents:
            raise MeasureError(
                f"the constituents of {visible(self.name)} are not in the catalog that it was read "
                "from (a published one has none); use the measure pooled or depth"
            )
        return resolved.named_curves(self.constituents, self.scale)

    def distance(self, other: Spectrum, measure: Measure = DEFAULT_MEASURE) -> float:
        """The distance of two networks, in e-folds, ≥ 0: of log spectra (first Wasserstein).

        ``pooled``: of their curves. ``depth``: of the curves of four equal intervals of depth, in
        the mean. ``matched``: of each constituent and its namesake, in the mean; one that is
        missing or zero counts as all null. Raises MeasureError where no name is shared, and
        ValueError for another measure.
        """
        return resolved.measure_between(self, other, measure)


def combined_digest(digests: Iterable[str]) -> str | None:
    """One digest of those of all matrices of a network; None where one has none."""
    # Sorted: safetensors keeps tensors by size and name, torch as the module does.
    ordered = sorted(digests)
    if not all(ordered) or not ordered:
        return None
    return hashlib.blake2b("".join(ordered).encode(), digest_size=16).hexdigest()


def analyze(
    what: Network | Mapping[str, Matrix] | Any,
    settings: Settings | None = None,
    *,
    digests: bool = False,
) -> Spectrum:
    """The spectrum of a network, of arrays or tensors by name, or of a torch module.

    Arrays may be numpy's, or scipy's sparse ones: up to ``exact_limit`` they are made dense, above
    it they are estimated as they are.

    Which tensors count, and in what shape, is what it would be of a file that holds them. With
    ``digests`` every constituent has that of its matrix, and the spectrum a ``weights_digest``.

    Raises NetworkError when no constituent is left (the message says why each was skipped) or what
    is there is not understood, and TypeError for anything else.
    """
    chosen = settings or Settings()
    network = as_network(what)
    identity = (network.identity or network.source or network.name).encode("utf-8", "surrogatepass")
    seed = hashlib.blake2b(identity, digest_size=16).hexdigest()
    engine = replace(all_threads(), digests=digests)
    solved = solve(network.constituents(), chosen.exact_limit, seed, engine)
    spectra = [each.spectrum for each in solved]
    spectra = spectra if digests else recognised(spectra, network)
    return combine(network, spectra, chosen, seed)


def as_network(what: Network | Mapping[str, Matrix] | Any) -> Network:
    """A Network as it is; arrays and torch modules wrapped. Raises TypeError otherwise."""
    if isinstance(what, Network):
        return what
    if isinstance(what, Mapping):
        return network_from_arrays("arrays", what)
    if callable(getattr(what, "named_parameters", None)):
        from zoo_spectra.sources import network_from_module

        return network_from_module(what)
    raise TypeError(f"cannot analyze {type(what).__name__}: give a Network, arrays or a module")


def combine(
    network: Network,
    spectra: Iterable[ConstituentSpectrum],
    settings: Settings,
    network_id: str,
) -> Spectrum:
    """Everything that is computed from the constituents' spectra. Raises NetworkError on none."""
    constituents = tuple(stored_once(spectra, network.kind))
    used = [c for c in constituents if c.skipped is None]
    if not used:
        raise NetworkError(nothing_left(network, constituents))
    orders = [c.order for c in used]
    mixed = mme.mix([c.eigenvalues for c in used], [c.weights for c in used], orders)
    scale = mme.scale_of(mixed.eigenvalues, mixed.mass, mixed.blur)
    cumulative = mme.cumulative_density(mixed.eigenvalues, mixed.mass, mixed.blur)
    scattered = replicates.replicates(
        [c.eigenvalues for c in used], [c.weights for c in used], [c.probe for c in used], orders
    )
    estimated = len(scattered) > 0
    return Spectrum(
        name=network.name,
        kind=network.kind,
        family=network.family,
        source=network.source,
        constituents=constituents,
        scale=scale,
        null_mass=mme.null_mass(mixed),
        density=mme.density(cumulative),
        density_se=replicates.standard_error(mme.density(scattered)) if estimated else None,
        csd=circular_spectral_difference(cumulative),
        csd_error=_csd_error(used, scattered) if estimated else None,
        csd_depth=resolved.depth_csd(resolved.curves_of(mixed, scale)),
        csd_fluctuation={k: circular.fluctuation(orders, b) for k, b in circular.BETAS.items()},
        csd_realisations={
            key: _realisations(orders, cumulative, beta, settings.realisations, network_id)
            for key, beta in circular.BETAS.items()
        },
        csd_resamples=resampled_csd(mixed, stream(network_id, "bootstrap")),
        tail=fit_tail(mixed.eigenvalues / scale, mixed.mass, mixed.levels),
        gap_ratio=levels.average_gap_ratio([c.gap_ratio for c in used], orders),
        metadata=network.metadata,
        left_out=network.left_out,
        coverage=network.coverage,
        notes=(*network.notes, *_short_of_tolerance(used, scattered)),
    )


def _csd_error(used: list[ConstituentSpectrum], scattered: Floats) -> float:
    """What too few probes and, in the mean of the constituents, too few steps may have moved."""
    scatter = float(np.sum(replicates.standard_error(scattered))) * mme.BIN_WIDTH
    return replicates.student_factor(scattered) * scatter + _steps_error(used)


def _steps_error(used: list[ConstituentSpectrum]) -> float:
    return float(np.mean([c.steps_error or 0.0 for c in used]))


def _short_of_tolerance(used: list[ConstituentSpectrum], scattered: Floats) -> list[str]:
    """A line where neither more steps nor more probes were allowed, and the tolerance not met."""
    steps, probes = _steps_error(used), expected_distance(scattered) if len(scattered) else 0.0
    short = [
        f"{what} may move it by {apart:.3f}"
        for what, apart in (("more steps", steps / 2), ("more probes", probes))
        if apart > TOLERANCE / 2
    ]
    if not short:
        return []
    return [f"estimated as far as is allowed, not to {TOLERANCE} e-folds: {', '.join(short)}"]


def _realisations(
    orders: list[int], cumulative: Floats, beta: int, count: int, network_id: str
) -> Floats:
    """F_M minus the F_C of each draw: the CSD against real ensembles, shape (count, 129)."""
    draws = [
        circular.realisation(orders, beta, circular.stream(network_id, beta, number))
        for number in range(count)
    ]
    return cumulative - np.array(draws) if draws else np.empty((0, len(cumulative)))


def nothing_left(network: Network, constituents: tuple[ConstituentSpectrum, ...]) -> str:
    """Why a network has no constituent left, for an error message."""
    name = network.name
    if not constituents:
        left = ", ".join(f"{reason} {count:,}" for reason, count in network.left_out.items())
        said = f" (left out: {left})" if left else ""
        return f"{name}: holds no matrix of two or more dimensions{said}; nothing to analyse"
    reasons = dict.fromkeys(cast(str, c.skipped) for c in constituents)
    first = constituents[0].name
    return (
        f"{name}: all {len(constituents)} matrices were skipped ({'; '.join(list(reasons)[:3])}); "
        f"the first is {first!r}"
    )
