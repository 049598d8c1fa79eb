"""Results to catalog rows."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from typing import Any

import polars as pl

from zoo_spectra.catalog import constituents_of
from zoo_spectra.method import METHOD_VERSION, ConstituentSpectrum, GapRatio, Settings, Spectrum
from zoo_spectra.runner.place import Place
from zoo_spectra.sources import NetworkRef, Scalar
from zoo_spectra.text import clean

Row = dict[str, Any]
_RECORDED = ("zoo-spectra", "numpy", "scipy", "torch", "timm", "safetensors", "networkx")


@dataclass(frozen=True)
class Piece:
    """One constituent's result: what a network's row is made of, at once or share by share."""

    position: int
    spectrum: ConstituentSpectrum
    digest: str
    seconds: float
    load_seconds: float
    peak_memory: int


def network_row(
    ref: NetworkRef,
    settings: Settings,
    attempts: int = 1,
    commit_id: str | None = None,
    place: Place | None = None,
) -> Row:
    """What is known of a network before it is analysed; ``commit_id`` is new unless it is given."""
    return {
        "network_id": ref.network_id,
        "commit_id": commit_id or secrets.token_hex(8),
        **(said := described(ref)),
        "adapter": clean(ref.adapter),
        "kind": ref.kind,
        "attempts": attempts,
        "fingerprint": clean(ref.fingerprint),
        "metadata": said["described"],
        "realisations": settings.realisations,
        "exact_limit": settings.exact_limit,
        "method_version": METHOD_VERSION,
        **asdict(place or Place.here()),
    }


def described(ref: NetworkRef) -> Row:
    """What a reference says of its network: the columns that another one may change."""
    return {
        "source": clean(ref.source),
        "name": clean(ref.name),
        "family": clean(ref.family),
        "described": _json(ref.metadata),
    }


def finished(row: Row, status: str, reason: str | None = None) -> Row:
    """The row as it is committed: with its status, the packages in use and the time."""
    return {
        **row,
        "status": status,
        "reason": None if reason is None else clean(reason),
        "versions": json.dumps(_versions(), sort_keys=True),
        "finished_at": datetime.now(UTC),
    }


def _json(metadata: Mapping[str, Scalar]) -> str:
    """Metadata as JSON that every reader takes: no number of it is NaN or infinite."""
    plain = {clean(key): _storable(value) for key, value in metadata.items()}
    return json.dumps(plain, sort_keys=True, allow_nan=False)


def _storable(value: Scalar) -> Scalar:
    if isinstance(value, float) and not isfinite(value):
        return None
    return clean(value) if isinstance(value, str) else value


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
        "csd_error": spectrum.csd_error,
        "csd_depth": list(spectrum.csd_depth),
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
        "metadata": _json(spectrum.metadata),
        "coverage": spectrum.coverage,
        "left_out": _json(spectrum.left_out) if spectrum.left_out else None,
        "notes": "; ".join(map(clean, spectrum.notes)) or None,
    }


def spectra_rows(network_id: str, commit_id: str, pieces: Iterable[Piece]) -> list[Row]:
    """A row of ``spectra`` for each piece, the skipped ones with their reason."""
    return [
        {
            "network_id": network_id,
            "commit_id": commit_id,
            "position": piece.position,
            "constituent": clean(piece.spectrum.name),
            "rows": piece.spectrum.shape[0],
            "columns": piece.spectrum.shape[1],
            "order": piece.spectrum.order,
            "skipped": piece.spectrum.skipped,
            "spectrum_kind": piece.spectrum.kind,
            "eigenvalues": piece.spectrum.eigenvalues,
            "weights": piece.spectrum.weights,
            "probe": piece.spectrum.probe,
            "steps_error": piece.spectrum.steps_error,
            **_level_columns(piece.spectrum.gap_ratio),
            "digest": piece.digest,
            "method_version": METHOD_VERSION,
            "seconds": piece.seconds,
            "load_seconds": piece.load_seconds,
            "peak_memory": piece.peak_memory,
        }
        for piece in pieces
    ]


def pieces_of(frame: pl.DataFrame) -> list[Piece]:
    """Rows of ``spectra`` back to pieces, in the frame's order."""
    told = frame.select("position", "digest", "seconds", "load_seconds", "peak_memory").iter_rows()
    return [
        Piece(position, spectrum, *others)
        for spectrum, (position, *others) in zip(constituents_of(frame), told, strict=True)
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
