"""Cheaper equivalents: within ε, at a cost that is known, and beside two baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from parts import commit
from zoo_spectra.classes import Cheaper, asked_for, cheaper_than
from zoo_spectra.classes.costs import Results, architecture_of, read_results
from zoo_spectra.errors import CatalogError

# Like timm's results: parameters in millions as text, an architecture with several tags.
RESULTS = """model,top1,param_count,gmacs
big,80.0,"1,100.00",9
mid.a1_in1k,79.0,50.00,4
mid.a2_in1k,78.5,50.00,4
odd.a_in1k,70.0,40.00,1
odd.b_in1k,71.0,40.00,2
small,60.0,25.00,5
far,50.0,10.00,1
unknown,1.0,,
"""


def curve(shift: float) -> list[float]:
    """A CSD that is ``shift`` e-folds from that of 0: by one entry of 129, times 1/8."""
    return [shift * 8, *[0.0] * 128]


def network(catalog: zs.Catalog, name: str, parameters: int, shift: float, **more: Any) -> None:
    csd = curve(shift)
    commit_id = name.replace("/", "-")
    commit(catalog, name, commit_id, parameters=parameters, csd=csd, csd_depth=[csd] * 4, **more)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> zs.Catalog:
    found = zs.Catalog.create(tmp_path_factory.mktemp("cheapest") / "zoo")
    network(found, "big/seed0", 1100, 0.0, family="a")
    network(found, "mid/seed0", 500, 0.02, family="a", metadata='{"architecture": "mid"}')
    network(found, "odd/seed0", 400, 0.01, family="b")
    network(found, "small", 250, 0.05, family="b")
    network(found, "smaller", 240, 0.06, family="b")
    network(found, "far/seed0", 900, 0.7, family="b")
    network(found, "farther", 1000, 0.9, family="c")
    network(found, "larger", 5000, 0.01, family="a")
    network(found, "kin", 700, 0.3, family="a")
    network(found, "old", 100, 0.0, method_version=1)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "results.csv"
    path.write_text(RESULTS)
    return path


def found(catalog: zs.Catalog, what: str = "big/seed0", **more: Any) -> Cheaper:
    return cheaper_than(asked_for(what, [catalog]), [catalog], **more)


def names(rows: pl.DataFrame, role: str = "equivalent") -> list[str]:
    return rows.filter(pl.col("role") == role)["name"].to_list()


def test_equivalents_that_cost_less_cheapest_first(catalog: zs.Catalog) -> None:
    offer = found(catalog)
    assert (offer.cost, offer.equivalents, offer.cheaper) == (1100, 5, 4)
    assert names(offer.rows) == ["smaller", "small", "odd/seed0", "mid/seed0"]
    equivalents = offer.rows.filter(pl.col("role") == "equivalent")
    rows = {row["name"]: row for row in equivalents.iter_rows(named=True)}
    assert rows["small"]["saved"] == pytest.approx(1 - 250 / 1100)
    assert rows["small"]["pooled"] == pytest.approx(0.05)
    assert [rows[name]["frontier"] for name in ("smaller", "small", "odd/seed0")] == [True] * 3
    assert rows["mid/seed0"]["frontier"] is False  # odd is cheaper and nearer
    assert offer.left_out == {"of another method version than 2": 1}


def test_the_baselines_are_chosen_by_cost_alone(catalog: zs.Catalog) -> None:
    rows = found(catalog, accuracy=0.06001, where="name <> 'small'").rows
    assert names(rows)[0] == "smaller"
    assert names(rows, "nearest in cost") == ["odd/seed0"]
    assert names(rows, "nearest in cost, same family") == ["mid/seed0"]
    rows = found(catalog, accuracy=0.04, where="name <> 'small'").rows
    assert names(rows)[0] == "odd/seed0"
    assert names(rows, "nearest in cost") == ["mid/seed0"]
    beside = rows.filter(pl.col("role") != "equivalent")
    assert beside["equivalent"].to_list() == [True, True]
    assert beside["frontier"].null_count() == 2
    assert (beside["saved"] > 0).all()


def test_nothing_may_be_cheaper(catalog: zs.Catalog) -> None:
    offer = found(catalog, "smaller")
    assert (offer.equivalents, offer.cheaper, offer.rows.height) == (5, 0, 0)
    offer = found(catalog, accuracy=0.001)
    assert (offer.equivalents, offer.cheaper) == (0, 0)
    assert names(offer.rows) == []
    assert names(offer.rows, "nearest in cost") == ["farther"]
    assert names(offer.rows, "nearest in cost, same family") == ["kin"]
    assert not offer.rows["equivalent"].any()


def test_another_seed_of_the_cheapest_is_no_baseline(tmp_path: Path) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    for name, parameters in (("q", 900), ("e0", 100), ("e1", 100), ("b", 150)):
        network(catalog, name, parameters, 0.0, family="f")
    rows = found(catalog, "q").rows
    assert names(rows) == ["e0", "e1", "b"]
    assert names(rows, "nearest in cost") == names(rows, "nearest in cost, same family") == ["b"]


def test_measures_conditions_and_counts(catalog: zs.Catalog) -> None:
    offer = found(catalog, measure="depth", where="name <> 'smaller'", k=1)
    assert names(offer.rows) == ["small"]
    assert offer.cheaper == 3
    with pytest.raises(ValueError, match="accuracy ε"):
        found(catalog, accuracy=float("nan"))


def test_a_column_of_the_results(catalog: zs.Catalog, table: Path) -> None:
    offer = found(catalog, by="param_count", results=table)
    assert offer.cost == 1100.0
    assert names(offer.rows) == ["small", "odd/seed0", "mid/seed0"]
    assert offer.left_out["without a number in the results"] == 4
    offer = found(catalog, by="gmacs", results=table)
    assert names(offer.rows) == ["mid/seed0", "small"]
    assert offer.left_out["with results of their architecture that disagree"] == 1


def test_a_column_of_the_catalog_beside_results(catalog: zs.Catalog, table: Path) -> None:
    assert found(catalog, results=table).rows.equals(found(catalog).rows)
    by_order = found(catalog, by="order_max")
    assert by_order.cheaper == 0
    with pytest.raises(CatalogError, match=r"no column 'gmac' of numbers .* come from --results"):
        found(catalog, by="gmac")
    with pytest.raises(CatalogError, match="no column 'family' of numbers"):
        found(catalog, by="family")


def test_a_cost_that_is_not_known_is_not_guessed(catalog: zs.Catalog, table: Path) -> None:
    with pytest.raises(CatalogError, match="what kin itself costs .* without a number"):
        found(catalog, "kin", by="gmacs", results=table)
    with pytest.raises(CatalogError, match="what odd/seed0 itself costs .* that disagree"):
        found(catalog, "odd/seed0", by="gmacs", results=table)


def test_a_source_has_the_parameters_that_were_analysed(
    catalog: zs.Catalog, tmp_path: Path
) -> None:
    np.savez(tmp_path / "mine.npz", w=np.random.default_rng(0).standard_normal((40, 50)))
    offer = found(catalog, f"checkpoint:{tmp_path}/mine.npz", accuracy=1e3)
    assert offer.cost == 2000
    assert offer.cheaper == 8
    with pytest.raises(CatalogError, match="itself costs .seconds. is not known"):
        found(catalog, f"checkpoint:{tmp_path}/mine.npz", by="seconds")


def test_names_are_joined_without_seeds_and_tags() -> None:
    for name in ("resnet50", "resnet50/seed12", "resnet50.a1_in1k"):
        assert architecture_of(name) == "resnet50"
    assert architecture_of("runs/resnet50") == "runs/resnet50"
    results = Results({"a.x": 1.0, "a.y": 2.0}, {"a": None})
    assert results.of("a.x", None) == (1.0, None)
    assert results.of("a/seed0", None)[0] is None
    assert results.of("b", "a")[0] is None


def test_tables_that_are_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    for content, said in (
        ("name,cost\na,1\n", "no column 'model'"),
        ("model,cost\na,much\n", "is a number"),
        ("", "cannot be read as CSV"),
    ):
        bad.write_text(content)
        with pytest.raises(CatalogError, match=said):
            read_results(bad, "cost")
    with pytest.raises(CatalogError, match="cannot be read as CSV"):
        read_results(tmp_path / "none.csv", "cost")


def test_several_catalogs_are_one_shelf(catalog: zs.Catalog, tmp_path: Path) -> None:
    other = zs.Catalog.create(tmp_path / "other")
    network(other, "bargain", 10, 0.04)
    offer = cheaper_than(asked_for("big/seed0", [catalog]), [catalog, other], k=2)
    assert names(offer.rows) == ["bargain", "smaller"]
    assert offer.rows["catalog"].to_list()[:2] == [str(other.location), str(catalog.location)]
