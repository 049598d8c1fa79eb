"""Catalogs for tests: real results, multiplied by giving them other names and ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from networks import arrays
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.method.analysis import Settings, analyze
from zoo_spectra.runner.rows import Piece, finished, network_row, spectra_rows, spectrum_columns
from zoo_spectra.sources.adapter import NetworkRef
from zoo_spectra.sources.memory import MemoryAdapter

Row = dict[str, Any]
CONSTITUENTS = 3
START = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _real(seed: int) -> tuple[Row, list[Row]]:
    adapter = MemoryAdapter({"net": arrays(seed)})
    (ref,) = adapter.list("net", {})
    spectrum = analyze(adapter.load(ref))
    pieces = [Piece(at, c, "d", 0.1, 0.1, 1) for at, c in enumerate(spectrum.constituents)]
    row = finished(network_row(ref, Settings()) | spectrum_columns(spectrum), "ok")
    return row, spectra_rows("", "", pieces)


def result(name: str, commit_id: str, second: int = 0, **changes: Any) -> tuple[Row, list[Row]]:
    """A network's row and its spectra's: ``second`` says when it was finished."""
    row, spectra = _real(sum(map(ord, commit_id)) % 3)
    source = f"memory:{name}"
    ids = {
        "network_id": NetworkRef(source, "memory", name, "artificial").network_id,
        "commit_id": commit_id,
    }
    when = START + timedelta(seconds=second)
    named = {"name": name, "source": source, "family": name[:1], "finished_at": when}
    return {**row, **ids, **named, **changes}, [{**piece, **ids} for piece in spectra]


def commit(catalog: Catalog, name: str, commit_id: str, second: int = 0, **changes: Any) -> None:
    """Commit one network's whole result."""
    row, spectra = result(name, commit_id, second, **changes)
    catalog.commit(commit_id, [row], spectra)


def tables(catalog: Catalog) -> dict[str, pl.DataFrame]:
    """The three views, each in an order of its own."""
    return {
        "networks": catalog.networks().collect().sort("network_id"),
        "spectra": catalog.spectra().collect().sort("commit_id", "position"),
        "classes": catalog.classes().collect().sort("network_id"),
    }


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    for table, frame in expected.items():
        assert_frame_equal(found[table], frame)


def assert_shows(catalog: Catalog, results: Iterable[tuple[str, str]]) -> None:
    """The views show these (name, commit_id), each once and with all its constituents."""
    expected = sorted(results)
    shown = catalog.networks().select("name", "commit_id").collect().rows()
    assert sorted(shown) == expected
    keys = catalog.spectra().select("commit_id", "position").collect().rows()
    assert sorted(keys) == sorted((key, at) for _, key in expected for at in range(CONSTITUENTS))


def as_written_before(part: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Path:
    """Put in a part's place one that an older version or another program has written."""
    other = part.with_name(f"{part.name.split('.')[0]}.parquet")
    frame = change(pl.read_parquet(part))
    part.unlink()
    frame.write_parquet(other)
    return other
