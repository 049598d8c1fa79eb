"""Matrices that a network stores twice (tied, saved as copies): each counts once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from zoo_spectra.method.spectrum import ConstituentSpectrum
from zoo_spectra.sources import Kind


def stored_once(spectra: Iterable[ConstituentSpectrum], kind: Kind) -> list[ConstituentSpectrum]:
    """The same spectra; of equal matrices, by digest, all but the first are skipped.

    Only of artificial networks: two blocks of a connectome may well be equal.
    """
    first: dict[str, str] = {}
    found = []
    for each in spectra:
        if kind == "artificial" and each.skipped is None and each.digest:
            name = first.setdefault(each.digest, each.name)
            if name != each.name:
                each = _copy(each, name)
        found.append(each)
    return found


def _copy(spectrum: ConstituentSpectrum, name: str) -> ConstituentSpectrum:
    reason = f"the same as {name} (stored twice)"
    return replace(spectrum, eigenvalues=np.empty(0), weights=None, probe=None, skipped=reason)
