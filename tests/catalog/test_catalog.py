"""Catalogs: commits, views, versions, and places that cannot hold one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from networks import arrays
from parts import as_written_before
from permissions import open_to_all
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.schema import TABLES
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError, CatalogVersionError
from zoo_spectra.method.analysis import Settings, analyze
from zoo_spectra.runner.rows import Piece, finished, network_row, spectra_rows, spectrum_columns
from zoo_spectra.sources.memory import MemoryAdapter


def commit(catalog: Catalog, key: str, later: int = 0, **changes: Any) -> dict[str, Any]:
    """A real result in the catalog, ``later`` seconds after now."""
    adapter = MemoryAdapter({key: arrays(1) | {"thin.weight": arrays(0)["layer0"][:1]}})
    (ref,) = adapter.list(key, {})
    spectrum = analyze(adapter.load(ref))
    pieces = [Piece(at, c, "d", 0.1, 0.1, 1) for at, c in enumerate(spectrum.constituents)]
    row = finished(network_row(ref, Settings()) | spectrum_columns(spectrum), "ok") | changes
    row["finished_at"] = datetime.now(UTC) + timedelta(seconds=later)
    part = f"{row['network_id']}-{row['commit_id']}"
    catalog.commit(part, [row], spectra_rows(row["network_id"], row["commit_id"], pieces))
    return row


def test_an_empty_catalog_has_every_column(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    for table, frame in (
        ("networks", catalog.networks()),
        ("spectra", catalog.spectra()),
        ("classes", catalog.classes()),
    ):
        assert frame.collect().is_empty()
        assert frame.collect_schema().names() == [column.name for column in TABLES[table]]


def test_what_is_committed_comes_back(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    row = commit(catalog, "a")
    found = catalog.network("a")
    assert found["csd"] == pytest.approx(row["csd"])
    assert found["network_id"] == row["network_id"]
    spectra = catalog.spectra().sort("position").collect()
    assert spectra["constituent"].to_list() == ["layer0", "layer1", "layer2", "thin.weight"]
    assert spectra["skipped"].to_list()[:3] == [None] * 3
    assert "order below 2" in spectra["skipped"][3]
    assert spectra["eigenvalues"].list.len().to_list() == [20, 28, 36, 0]
    assert not list((tmp_path / "zoo").rglob("*.tmp"))


def test_the_newest_result_is_the_one_that_is_shown(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "b")
    commit(catalog, "a", later=5, family="new")
    commit(catalog, "a", later=1, family="old")
    assert catalog.networks().select("name", "family").sort("name").collect().rows() == [
        ("a", "new"), ("b", ""),
    ]  # fmt: skip
    assert catalog.spectra().collect().height == 8


def test_a_network_is_found_by_name_source_or_id(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    row = commit(catalog, "resnet18")
    for text in ("resnet18", "memory:resnet18", row["network_id"], row["network_id"][:6]):
        assert catalog.network(text)["name"] == "resnet18"
    with pytest.raises(CatalogError, match="did you mean 'resnet18'"):
        catalog.network("resnet81")
    commit(catalog, "other", name="resnet18")
    with pytest.raises(CatalogError, match="names 2 networks"):
        catalog.network("resnet18")


def test_a_part_of_an_older_version_lacks_columns_and_is_read(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "a")
    (part,) = (tmp_path / "zoo/networks").glob("*.parquet")
    as_written_before(part, lambda rows: rows.drop("peak_memory"))
    commit(catalog, "b")
    assert catalog.networks().sort("name").collect()["peak_memory"].null_count() == 2
    assert catalog.networks().collect().height == 2


def test_no_catalog_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no catalog at .*zoo-spectra run SOURCE --catalog"):
        Catalog(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_of_other_things_is_not_made_a_catalog(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(CatalogError, match="holds other files"):
        Catalog.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(CatalogError, match="is a file"):
        Catalog.create(tmp_path / "thesis.tex")


@pytest.mark.parametrize("key", ["format", "method_version"])
def test_a_newer_catalog_is_refused(tmp_path: Path, key: str) -> None:
    Catalog.create(tmp_path / "zoo")
    header = tmp_path / "zoo/catalog.json"
    header.write_text(json.dumps(json.loads(header.read_text()) | {key: 99}))
    for use in (Catalog, Catalog.create):
        with pytest.raises(CatalogVersionError, match="version 99.*upgrade"):
            use(tmp_path / "zoo")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x", "method_version": 1}'])
def test_a_broken_header_is_an_error(tmp_path: Path, text: str) -> None:
    Catalog.create(tmp_path / "zoo")
    (tmp_path / "zoo/catalog.json").write_text(text)
    with pytest.raises(CatalogError, match="not a catalog's header"):
        Catalog(tmp_path / "zoo")


def test_a_part_without_a_byte_is_an_error_not_a_silence(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "a")
    (tmp_path / "zoo/networks/x.parquet").touch()
    with pytest.raises(CatalogError, match=r"x\.parquet is empty"):
        catalog.networks()


@pytest.mark.parametrize("damage", ["truncated", "other", "curves"])
def test_a_damaged_part_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "a")
    commit(catalog, "b")
    part = sorted((tmp_path / "zoo/networks").iterdir())[1]
    content = bytearray(part.read_bytes())
    group = pq.ParquetFile(part).metadata.row_group(0)
    chunks = [group.column(at) for at in range(group.num_columns)]
    (csd,) = (chunk for chunk in chunks if chunk.path_in_schema.startswith("csd."))
    end = (csd.dictionary_page_offset or csd.data_page_offset) + csd.total_compressed_size
    content[end - 200 : end] = bytes(200)
    broken = {"truncated": content[:-9], "other": b"%PDF-1.7", "curves": content}
    part.write_bytes(broken[damage])
    message = rf"networks/{part.name} is damaged \(.*remove it and run the job again"
    asked = (
        lambda: catalog.query("SELECT csd FROM networks"),
        lambda: catalog.collect(catalog.networks()),
        lambda: classify(catalog),
        catalog.check,
    )
    for ask in asked:
        with pytest.raises(CatalogError, match=message):
            ask()
    part.unlink()
    catalog.check()
    assert catalog.query("SELECT name FROM networks").height == 1


def test_sql_over_all_tables(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "a")
    classify(catalog)
    joined = catalog.query(
        "SELECT n.name, s.constituent, c.class FROM networks AS n "
        "JOIN spectra AS s ON s.commit_id = n.commit_id "
        "JOIN classes AS c ON c.network_id = n.network_id ORDER BY s.position"
    )
    assert joined.rows()[0] == ("a", "layer0", 1)
    assert joined.height == 4
    with pytest.raises(CatalogError, match="no table 'nowhere'; .*networks"):
        catalog.query("SELECT * FROM nowhere")


def test_a_read_only_folder_is_an_error_and_stays_as_it_was(
    tmp_path: Path, powerless: None
) -> None:
    with pytest.raises(CatalogError, match="cannot be written.*yours to write"):
        Catalog.create("/usr/zoo")
    assert not Path("/usr/zoo").exists()


def test_an_existing_catalog_that_is_read_only_is_refused_before_any_work(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "zoo"
    commit(Catalog.create(folder), "a")
    open_to_all(tmp_path)
    folder.chmod(0o555)
    request.getfixturevalue("powerless")
    with pytest.raises(CatalogError, match="cannot be written"):
        Catalog.create(folder)
    assert Catalog(folder).networks().collect().height == 1
