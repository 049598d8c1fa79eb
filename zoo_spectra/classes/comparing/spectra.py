"""The spectral lane: the distance of two matrices' log spectra, each at its own scale."""

from __future__ import annotations

from dataclasses import replace

from zoo_spectra.method import EXACT_LIMIT, ConstituentSpectrum, all_threads, solve
from zoo_spectra.sources import Constituent


def spectrum_of(constituent: Constituent) -> ConstituentSpectrum:
    """Its spectrum by the method, or why there is none; estimated above order 8192."""
    engine = replace(all_threads(), digests=False)
    (solved,) = solve([constituent], EXACT_LIMIT, "", engine)
    return solved.spectrum
