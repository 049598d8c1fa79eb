"""Bit rot: a single bit that flips in a part is an error that names it, not another number."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import zoo_spectra as zs
from networks import zoo
from zoo_spectra.catalog import parts
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.schema import arrow_schema, parquet_options
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

FLIPS = 150


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rot") / "zoo"
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(3)])
    catalog = zs.Catalog(place)
    classify(catalog)
    catalog.remove("name = 'net2'")
    return place


def flipped(content: bytes, bit: int) -> bytes:
    """The content with one bit turned."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("table", ["networks", "spectra", "classes", "removals"])
def test_every_flipped_bit_is_found(place: Path, table: str) -> None:
    catalog, rng = Catalog(place), np.random.default_rng(0)
    part = max((place / table).iterdir(), key=lambda path: path.stat().st_size)
    content = part.read_bytes()
    message = rf"{table}/{re.escape(part.name)} is damaged \(its bytes are not those"
    try:
        for bit in rng.choice(8 * len(content), FLIPS, replace=False):
            part.write_bytes(flipped(content, int(bit)))
            with pytest.raises(CatalogError, match=message):
                catalog.check()
    finally:
        part.write_bytes(content)
    catalog.check()


@pytest.mark.parametrize("table", ["networks", "spectra", "classes", "removals"])
def test_readers_and_compactions_find_it_as_well(place: Path, table: str) -> None:
    catalog, rng = Catalog(place), np.random.default_rng(1)
    part = max((place / table).iterdir(), key=lambda path: path.stat().st_size)
    content = part.read_bytes()
    try:
        for bit in rng.choice(8 * len(content), 10, replace=False):
            part.write_bytes(flipped(content, int(bit)))
            for use in (lambda: catalog.query(f"FROM {table}"), lambda: compact(catalog)):
                with pytest.raises(CatalogError, match=rf"{re.escape(part.name)} is damaged"):
                    use()
    finally:
        part.write_bytes(content)
    assert not list(place.glob("compactions/*.json"))


def test_a_compact_part_is_looked_at_by_check_and_by_the_next_compaction(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(3)])
    compact(catalog := zs.Catalog(place))
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(4)])
    (part,) = place.glob("spectra/compact-*.parquet")
    content = part.read_bytes()
    part.write_bytes(flipped(content, 4 * len(content)))
    for use in (catalog.check, lambda: compact(catalog)):
        with pytest.raises(CatalogError, match="is damaged .*restore it from a copy"):
            use()
    part.write_bytes(content)
    compact(catalog)


@pytest.mark.parametrize("table", ["networks", "spectra"])
def test_page_checksums_find_it_in_data_without_a_digest(
    place: Path, tmp_path: Path, table: str
) -> None:
    """What other programs, and object stores, are read by: every page that is data is covered."""
    part = max((place / table).iterdir(), key=lambda path: path.stat().st_size)
    rows = pq.read_table(part)
    catalog = Catalog.create(tmp_path / "zoo")
    target = tmp_path / "zoo" / table / "plain.parquet"
    target.parent.mkdir()
    pq.write_table(rows, target, **parquet_options(arrow_schema(table)))
    content, rng = target.read_bytes(), np.random.default_rng(2)
    chunk = pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(0)
    columns = [chunk.column(at) for at in range(chunk.num_columns)]
    # Of one page, whose header is in its first half: headers have no checksum.
    paged = [column for column in columns if not column.has_dictionary_page]
    large = [column for column in paged if column.total_compressed_size >= 400]
    assert large
    for turn in range(FLIPS // 3):
        column = large[turn % len(large)]
        start = column.data_page_offset
        low, high = start + column.total_compressed_size // 2, start + column.total_compressed_size
        target.write_bytes(flipped(content, int(rng.integers(8 * low, 8 * high))))
        with pytest.raises(CatalogError, match=r"plain\.parquet is damaged .*CRC"):
            catalog.check()


def test_parts_are_verified_once_while_they_do_not_change(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = parts.verify

    def counted(snapshot: object, table: str, name: str) -> None:
        verified.append(name)
        verify(snapshot, table, name)  # type: ignore[arg-type]

    monkeypatch.setattr(parts, "_seen", set())
    monkeypatch.setattr(parts, "verify", counted)
    catalog = Catalog(place)
    for _ in range(3):
        catalog.networks().collect()
    names = [path.name for table in ("networks", "removals") for path in (place / table).iterdir()]
    assert sorted(verified) == sorted(names)
