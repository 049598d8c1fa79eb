"""Results to catalog rows."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from typing import Any

from zoo_spectra.adapter import NetworkRef
from zoo_spectra.analysis import Settings, Spectrum
from zoo_spectra.levels import GapRatio
from zoo_spectra.spectrum import METHOD_VERSION, ConstituentSpectrum

Row = dict[str, Any]
_RECORDED = ("zoo-spectra", "numpy", "scipy", "torch", "timm", "safetensors", "networkx")


def network_row(ref: NetworkRef, settings: Settings, attempts: int = 1) -> Row:
    """What is known of a network before it is analysed; ``commit_id`` is new with every call."""
    return {
        "network_id": ref.network_id,
        "commit_id": secrets.token_hex(8),
        "source": ref.source,
        "adapter": ref.adapter,
        "name": ref.name,
        "kind": ref.kind,
        "family": ref.family,
        "attempts": attempts,
        "fingerprint": ref.fingerprint,
        "metadata": json.dumps(dict(ref.metadata), sort_keys=True),
        "realisations": settings.realisations,
        "exact_limit": settings.exact_limit,
        "method_version": METHOD_VERSION,
    }


def finished(row: Row, status: str, reason: str | None = None) -> Row:
    """The row as it is committed: with its status, the packages in use and the time."""
    return {
        **row,
        "status": status,
        "reason": reason,
        "versions": json.dumps(_versions(), sort_keys=True),
        "finished_at": datetime.now(UTC),
    }


def spectrum_columns(spectrum: Spectrum) -> Row:
    """The columns of ``networks`` that hold what was computed."""
    used, tail = spectrum.used, spectrum.tail
    return {
        "parameters": sum(c.shape[0] * c.shape[1] for c in used),
        "constituents": len(used),
        "skipped": len(spectrum.constituents) - len(used),
        "order_max": max(c.order for c in used),
        "spectrum_kind": spectrum.spectrum_kind,
        "scale": spectrum.scale,
        "null_mass": spectrum.null_mass,
        "density": spectrum.density,
        "density_se": spectrum.density_se,
        "csd": spectrum.csd,
        **{f"csd_fluctuation_{key}": curve for key, curve in spectrum.csd_fluctuation.items()},
        **{f"csd_realisations_{key}": list(c) for key, c in spectrum.csd_realisations.items()},
        "csd_resamples": list(spectrum.csd_resamples),
        "tail_mass": tail.mass,
        "tail_count": tail.count,
        "decay_rate": tail.decay_rate,
        "decay_rate_se": tail.decay_rate_se,
        "tail_law": tail.law,
        "tail_law_ratio": tail.law_ratio,
        "tail_law_p_value": tail.law_p_value,
        "vanishing_location": tail.vanishing_location,
        **_level_columns(spectrum.gap_ratio),
        "metadata": json.dumps(dict(spectrum.metadata), sort_keys=True),
    }


def spectra_rows(
    row: Mapping[str, Any],
    constituents: Sequence[ConstituentSpectrum],
    ratios: Sequence[GapRatio | None] = (),
) -> list[Row]:
    """A row of ``spectra`` for each constituent, the skipped ones with their reason."""
    padded = list(ratios) or [None] * len(constituents)
    return [
        {
            "network_id": row["network_id"],
            "commit_id": row["commit_id"],
            "position": position,
            "constituent": constituent.name,
            "rows": constituent.shape[0],
            "columns": constituent.shape[1],
            "order": constituent.order,
            "skipped": constituent.skipped,
            "spectrum_kind": constituent.kind,
            "eigenvalues": constituent.eigenvalues,
            "weights": constituent.weights,
            **_level_columns(ratio),
            "method_version": METHOD_VERSION,
        }
        for position, (constituent, ratio) in enumerate(zip(constituents, padded, strict=True))
    ]


def _level_columns(ratio: GapRatio | None) -> Row:
    if ratio is None:
        return {}
    return {
        "gap_ratio": ratio.mean,
        "gap_ratio_se": ratio.standard_error,
        "universality": ratio.nearest,
        # Infinite where every ratio is the same: no number in a table.
        "universality_deviation": ratio.deviation if isfinite(ratio.deviation) else None,
    }


def _versions() -> dict[str, str]:
    """The versions of those recorded packages that this process has loaded."""
    loaded = [name for name in _RECORDED if name.replace("-", "_") in sys.modules]
    return {name: found for name in loaded if (found := _version(name)) is not None}


@cache
def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
