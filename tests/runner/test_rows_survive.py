"""Whatever is in a row, it is committed, or its network fails alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_spectra as zs
from networks import arrays
from parts import result
from zoo_spectra.errors import CatalogError
from zoo_spectra.runner.commit import Result, commit
from zoo_spectra.runner.failures import MOST_REASON, MOST_TRACEBACK
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.sources.ref import NetworkRef

TEXTS = ["a\udcffb", "\ud800\udc00", "a\0b", "a\x1b[31m\n\u202eb", "x" * 10_000]


class Texts:
    """Networks whose every text is one of TEXTS; of each a good one and one that fails."""

    name = "texts"
    options: Mapping[str, str] = {}

    def list(self, pattern: str, options: Any) -> Any:
        for at, text in enumerate(TEXTS):
            for how in ("good", "bad"):
                yield NetworkRef(
                    source=f"texts:{how}{at}{text}",
                    adapter="texts",
                    name=f"{how}{at}{text}",
                    kind="artificial",
                    family=text,
                    fingerprint=text,
                    metadata={text: text, "nan": float("nan")},
                )

    def load(self, ref: NetworkRef) -> Network:
        def walk() -> Iterator[Constituent]:
            for name, array in arrays(0).items():
                yield Constituent(name + ref.family, array)
            if ref.name.startswith("bad"):
                raise ValueError(ref.family)

        return Network(ref.name, "artificial", walk, ref.family, ref.source, {ref.family: 1})


def test_no_text_ends_a_run_nor_the_next_one(tmp_path: Path) -> None:
    place, count = str(tmp_path / "zoo"), len(TEXTS)
    ran = zs.run("texts:*", catalog=place, in_process=True, adapters=[Texts()])
    assert (ran.count("ok"), ran.count("failed")) == (count, count)
    again = zs.run("texts:*", catalog=place, in_process=True, adapters=[Texts()])
    assert (again.done_before, again.count("failed")) == (count, count)
    rows = zs.Catalog(place).networks().collect().to_dicts()
    assert len(rows) == 2 * count
    for row in rows:
        assert "\0" not in row["name"] + row["source"] + row["family"] + (row["reason"] or "")
        metadata = json.loads(row["metadata"])
        assert "\0" not in str(metadata)
        str(metadata).encode()
        assert len(row["reason"] or "") <= MOST_REASON + 1
    reasons = {row["reason"] for row in rows}
    assert {r"ValueError: a\udcffb", r"ValueError: a\x00b"} <= reasons
    names = set(zs.Catalog(place).spectra().collect()["constituent"])
    assert r"layer0a\udcffb" in names


def good(name: str) -> Result:
    row, spectra = result(name, name)
    return Result(row, spectra)


def spoiled(name: str, column: str, value: object) -> Result:
    row, spectra = result(name, name)
    return Result({**row, column: value}, spectra)


BAD = [
    ("seconds", "soon"),
    ("parameters", 2**80),
    ("density", [1.0, "x"]),
    ("status", None),
    ("kind", object()),
]


@pytest.mark.parametrize(("column", "value"), BAD)
def test_what_no_table_takes_is_its_network_s_failed_row(
    tmp_path: Path, column: str, value: object
) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    bundle = [good("a"), spoiled("b", column, value), good("c")]
    rows = commit(catalog, "part", bundle)
    assert [row["status"] for row in rows] == ["ok", "failed", "ok"]
    found = {row["commit_id"]: row for row in catalog.networks().collect().to_dicts()}
    assert [found[key]["status"] for key in "abc"] == ["ok", "failed", "ok"]
    assert found["b"]["reason"].startswith("the result cannot be stored: ")
    assert "Traceback" in found["b"]["traceback"]
    assert {"a", "c"} <= set(catalog.spectra().collect()["commit_id"])


def test_a_name_that_is_no_utf_8_is_stored_as_an_escape(tmp_path: Path) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    (row,) = commit(catalog, "part", [spoiled("b", "name", "a\udcff")])
    assert row["status"] == "ok"
    assert catalog.networks().collect()["name"].to_list() == ["a\\udcff"]


def test_a_constituent_that_no_table_takes_is_too(tmp_path: Path) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    row, spectra = result("b", "b")
    bundle = [good("a"), Result(row, [{**spectra[0], "rows": "many"}, *spectra[1:]])]
    assert [row["status"] for row in commit(catalog, "part", bundle)] == ["ok", "failed"]
    assert catalog.spectra().filter(commit_id="a").collect().height == 3


def test_a_catalog_that_cannot_be_written_is_an_error_of_the_run(
    tmp_path: Path,
) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    for table in ("networks", "spectra"):
        shutil.rmtree(tmp_path / "zoo" / table, ignore_errors=True)
        (tmp_path / "zoo" / table).touch()
    with pytest.raises(CatalogError, match="cannot be written"):
        commit(catalog, "part", [good("a")])


def test_a_traceback_has_a_length(tmp_path: Path) -> None:
    def deep(left: int) -> None:
        deep(left - 1) if left else json.loads("{" + "x" * 100_000)

    class Deep(Texts):
        def load(self, ref: NetworkRef) -> Network:
            deep(int(ref.name[4:5]) * 20)
            raise ValueError("é" * 1_000_000)

    zs.run("texts:*", catalog=str(tmp_path / "zoo"), in_process=True, adapters=[Deep()])
    rows = zs.Catalog(tmp_path / "zoo").networks().collect()
    assert set(rows["status"]) == {"failed"}
    assert 1000 < max(map(len, rows["traceback"])) <= MOST_TRACEBACK + 10
    assert max(map(len, rows["reason"])) <= MOST_REASON + 1


def test_a_float_that_is_no_number_is_null_in_metadata(tmp_path: Path) -> None:
    zs.run("texts:*", catalog=str(tmp_path / "z"), in_process=True, adapters=[Texts()])
    row = zs.Catalog(tmp_path / "z").networks().filter(status="failed").collect().row(0, named=True)
    assert json.loads(row["metadata"])["nan"] is None
    assert np.isnan(Texts().list("*", {}).__next__().metadata["nan"])
