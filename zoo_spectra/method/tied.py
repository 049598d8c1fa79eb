"""Matrices that a network stores twice (tied, saved as copies): each counts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from zoo_spectra.method.spectrum import ConstituentSpectrum
from zoo_spectra.sources import Constituent, Kind, Network, digest

ROUNDING = 1e-9  # of the largest eigenvalues of equal matrices


def stored_once(spectra: Iterable[ConstituentSpectrum], kind: Kind) -> list[ConstituentSpectrum]:
    """The same spectra; of equal matrices, by digest, all but the first are skipped.

    Only of artificial networks: two blocks of a connectome may well be equal.
    """
    first: dict[str, str] = {}
    found = []
    for each in spectra:
        if kind == "artificial" and each.skipped is None and each.digest:
            if each.digest in first:
                each = _copy(each, first[each.digest])
            else:
                first[each.digest] = each.name
        found.append(each)
    return found


def recognised(spectra: list[ConstituentSpectrum], network: Network) -> list[ConstituentSpectrum]:
    """The same spectra, with the digests of those matrices that may be equal.

    Equal matrices have one shape and, up to rounding, one largest eigenvalue, or are estimated;
    only they are read again, for a digest takes a tenth of a small network's time.
    """
    alike = defaultdict[object, list[tuple[float, int]]](list)
    for at, each in enumerate(spectra):
        if each.skipped is None:  # an estimate depends on the name: any of one shape may be equal
            largest = 0.0 if each.kind == "slq" else float(each.eigenvalues[-1])
            alike[each.shape, each.kind].append((largest, at))
    doubtful = {
        at
        for places in alike.values()
        for (below, one), (largest, other) in pairwise(sorted(places))
        if largest - below <= ROUNDING * largest
        for at in (one, other)
    }
    if not doubtful:
        return spectra
    found = list(spectra)
    for at, constituent in enumerate(network.constituents()):
        if at in doubtful:
            found[at] = replace(found[at], digest=digest(constituent.matrix))
    return found


def unsolved(constituent: Constituent) -> ConstituentSpectrum:
    """What ``stored_once`` needs of a constituent: its name and its matrix's digest."""
    rows, columns = map(int, constituent.matrix.shape)
    return ConstituentSpectrum(
        constituent.name, (rows, columns), np.empty(0), digest=digest(constituent.matrix)
    )


def _copy(spectrum: ConstituentSpectrum, name: str) -> ConstituentSpectrum:
    reason = f"the same as {name} (stored twice)"
    nothing = replace(spectrum, eigenvalues=np.empty(0), weights=None, probe=None, skipped=reason)
    return replace(nothing, steps_error=None)
