"""Text that no table can hold is made clean where it enters a row."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest

from parts import result
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact

LONE = os.fsdecode(b"caf\xe9")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.create(tmp_path / "zoo")


def test_lone_surrogates_become_escapes_in_every_column(catalog: Catalog) -> None:
    row, spectra = result("an", "a1")
    texts = [name for name, value in row.items() if isinstance(value, str) and name[-3:] != "_id"]
    texts = [name for name in texts if name not in ("metadata", "versions")]
    row |= dict.fromkeys(texts, LONE) | {"reason": f"{LONE}: cannot be read"}
    spectra = [piece | {"constituent": LONE, "skipped": LONE} for piece in spectra]
    catalog.commit("a1", [row], spectra)
    for _ in range(2):
        found = catalog.networks().collect().row(0, named=True)
        assert {found[name] for name in texts if name != "reason"} == {r"caf\udce9"}
        assert found["reason"] == r"caf\udce9: cannot be read"
        assert set(catalog.spectra().collect()["constituent"]) == {r"caf\udce9"}
        compact(catalog)


@pytest.mark.parametrize("ascii_", [True, False])
def test_and_in_metadata_which_has_no_nan(catalog: Catalog, ascii_: bool) -> None:
    known = {
        LONE: LONE, "deep": [{"x": LONE}], "good": "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
        "face": "\N{GRINNING FACE}", "nan": float("nan"), "far": float("-inf"), "NaN": 1.5,
    }  # fmt: skip
    row, spectra = result("an", "a1", metadata=json.dumps(known, ensure_ascii=ascii_))
    catalog.commit("a1", [row], spectra)
    found = catalog.networks().collect().row(0, named=True)
    clean = r"caf\udce9"
    assert json.loads(found["metadata"]) == {
        clean: clean, "deep": [{"x": clean}], "good": known["good"], "face": known["face"],
        "nan": None, "far": None, "NaN": 1.5,
    }  # fmt: skip
    assert (found[clean], found["NaN"], found["face"]) == (clean, 1.5, "\N{GRINNING FACE}")
    assert pl.Series([found["metadata"]]).str.json_decode(pl.Struct({"NaN": pl.Float64})).len() == 1


@pytest.mark.parametrize(
    "text", ["plain", "na\u00efve", r"C:\udce9", "\x1b[1m\n", "\N{GRINNING FACE}"]
)
def test_good_text_stays_as_it_is(catalog: Catalog, text: str) -> None:
    row, spectra = result("an", "a1", reason=text)
    catalog.commit("a1", [row], spectra)
    assert catalog.networks().collect()["reason"].to_list() == [text]


def test_nul_is_written_out(catalog: Catalog) -> None:
    row, spectra = result("an", "a1", reason="a\0b")
    catalog.commit("a1", [row], spectra)
    assert catalog.networks().collect()["reason"].to_list() == [r"a\x00b"]
