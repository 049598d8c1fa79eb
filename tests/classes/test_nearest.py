"""The nearest networks of catalogs: the distances of the method, and nobody left out in silence."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from parts import commit, result
from zoo_spectra.catalog import near, published
from zoo_spectra.classes import asked_for, distances_of, nearest_of, opened
from zoo_spectra.classes import matrix as blocks_of
from zoo_spectra.classes.asked import _changed
from zoo_spectra.errors import CatalogError, MeasureError, SourceError
from zoo_spectra.method import MEASURES, Measure

measures = pytest.mark.parametrize("measure", MEASURES)
NETS = {
    **{f"net{seed:02d}": arrays(seed, layers=4, spread=seed % 3) for seed in range(8)},
    "copy": arrays(3, layers=4, spread=0),
    "zero": {**arrays(9, layers=4), "layer1": np.zeros((28, 35))},
    "deeper": arrays(10, layers=6),
    "renamed": {f"x{name}": array for name, array in arrays(2, layers=4).items()},
}
SPECTRA = {name: zs.analyze(each) for name, each in NETS.items()}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> zs.Catalog:
    place = str(tmp_path_factory.mktemp("nearest") / "zoo")
    adapters = [zs.MemoryAdapter(NETS, family="made"), FaultyAdapter()]
    sources = ["memory:*", "faulty:raises"]
    zs.run(sources, catalog=place, in_process=True, adapters=adapters, progress=False)
    return zs.Catalog(place)


def expected(name: str, other: str, measure: Measure) -> float | None:
    try:
        return SPECTRA[name].distance(SPECTRA[other], measure)
    except MeasureError:
        return None


@measures
def test_distances_are_those_of_the_method_and_in_order(
    catalog: zs.Catalog, measure: Measure
) -> None:
    found = catalog.nearest("net03", k=100, measure=measure)
    for row in found.iter_rows(named=True):
        for each in MEASURES:
            value = expected("net03", row["name"], each)
            assert row[each] == (value if value is None else pytest.approx(value, abs=1e-12))
    every = {name: expected("net03", name, measure) for name in NETS if name != "net03"}
    order = sorted((value, name) for name, value in every.items() if value is not None)
    assert found["name"].to_list() == [name for _, name in order]
    assert catalog.nearest("net03", k=2, measure=measure).equals(found.head(2))
    assert found.row(0, named=True)["name"] == "copy"
    assert found[measure][0] == 0.0


def test_batches_change_nothing(catalog: zs.Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = catalog.nearest("net00", k=100)
    monkeypatch.setattr(near, "ROWS", 2)
    assert catalog.nearest("net00", k=100).equals(whole)


def test_equal_weights_are_marked_and_a_network_is_not_its_own_neighbour(
    catalog: zs.Catalog,
) -> None:
    for what in ("net03", "memory:net03", NETS["net03"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = zs.nearest(what, catalog, k=100)
        equal = found.filter("equal_weights")["name"].to_list()
        assert equal == (["copy"] if isinstance(what, str) else ["copy", "net03"])
        assert set(found["catalog"]) == {str(catalog.location)}


def test_what_is_left_out_is_counted(catalog: zs.Catalog, tmp_path: Path) -> None:
    other = zs.Catalog.create(tmp_path / "other")
    for name in ("a", "b"):
        commit(other, name, f"c{name}", method_version=1)
    commit(other, "c", "cc")
    commit(other, "d", "cd", csd=[0.0] * 7)
    commit(other, "e", "ce", csd=[float("nan")] * 129)
    commit(other, "f", "cf", csd=None)
    asked = asked_for("net00", [catalog])
    found = nearest_of(asked, [catalog, other], 100, "pooled")
    assert found.left_out == {
        "did not end ok": 1,
        "of another method version than 2": 2,
        "without a curve": 3,
    }
    assert "c" in found.rows["name"].to_list()
    assert not {"a", "b", "d", "e", "f", "raises"} & set(found.rows["name"])
    with pytest.warns(UserWarning, match="2 networks left out: of another method version"):
        zs.nearest("net00", [catalog, other])
    found = nearest_of(asked, [catalog], 100, "matched")
    assert found.left_out["without a constituent of the same name to match"] == 1


def test_classes_are_those_of_this_result(catalog: zs.Catalog) -> None:
    classes = zs.classify(catalog, 0.5)
    label = dict(zip(classes["name"], classes["class"], strict=True))
    found = catalog.nearest("net00", k=100)
    assert found["class"].to_list() == [label[name] for name in found["name"]]


def test_a_condition_chooses_the_candidates_only(catalog: zs.Catalog) -> None:
    found = catalog.nearest("net00", where="name LIKE 'net0%' AND name <> 'net01'")
    assert sorted(found["name"]) == [f"net{k:02d}" for k in range(2, 8)]
    with pytest.raises(CatalogError, match="there is no column 'nam'"):
        catalog.nearest("net00", where="nam = 1")


def test_a_source_is_analysed_and_said(catalog: zs.Catalog, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, **NETS["net03"])
    said: list[str] = []
    asked = asked_for(f"checkpoint:{path}", [catalog], said.append)
    assert len(said) == 1
    assert "is analysed here" in said[0]
    found = nearest_of(asked, [catalog], 2, "pooled").rows
    assert sorted(found["name"]) == ["copy", "net03"]
    assert found["equal_weights"].all()
    assert found["pooled"].to_list() == [0.0, 0.0]
    with pytest.raises(SourceError):
        asked_for("checkpoint:/nowhere.npz", [catalog])


def test_a_source_in_the_catalog_is_not_its_own_neighbour(tmp_path: Path) -> None:
    for seed in range(2):
        np.savez(tmp_path / f"n{seed}.npz", **arrays(seed))
    place, source = str(tmp_path / "zoo"), f"checkpoint:{tmp_path}/n*.npz"
    zs.run(source, catalog=place, in_process=True, progress=False)
    catalog = zs.Catalog(place)
    mine, other = (f"checkpoint:{tmp_path}/n{seed}.npz" for seed in range(2))
    said: list[str] = []
    for spelled in (mine, f"{mine}?family=other"):
        asked = asked_for(spelled, [catalog], said.append)
        assert nearest_of(asked, [catalog], 9, "pooled").rows["source"].to_list() == [other]
    assert said == [f"{mine}?family=other is analysed here"]
    np.savez(tmp_path / "n0.npz", **arrays(1))
    assert _changed(mine, catalog.network(mine), None)
    changed = asked_for(mine, [catalog], said.append)
    assert len(said) == 2
    assert nearest_of(changed, [catalog], 9, "pooled").rows["pooled"].to_list() == [0.0]


def test_names_that_are_none_or_several(catalog: zs.Catalog, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"no network 'net0' .* did you mean 'net0"):
        zs.nearest("net0", catalog)
    other = zs.Catalog.create(tmp_path / "other")
    commit(other, "net00", "c1")
    elsewhere = zs.Catalog.create(tmp_path / "elsewhere")
    commit(elsewhere, "net00", "c2", source="memory:else", network_id="f" * 32)
    with pytest.raises(CatalogError, match="'net00' names 2 networks .memory:net00 .* memory:else"):
        zs.nearest("net00", [catalog, elsewhere])
    assert len(opened([str(catalog.location), str(catalog.location)])) == 1
    asked = asked_for("net00", [catalog, other])  # one network, twice
    assert "net00" not in nearest_of(asked, [catalog, other], 99, "pooled").rows["name"].to_list()


def test_what_means_nothing_is_refused(catalog: zs.Catalog) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        zs.nearest("net00", catalog, k=0)
    with pytest.raises(ValueError, match="no measure 'other'"):
        catalog.nearest("net00", measure="other")  # type: ignore[arg-type]
    with pytest.raises(CatalogError, match="raises has no spectrum"):
        zs.nearest("raises", catalog)


def test_the_published_catalogs_are_asked_by_default() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = zs.nearest("resnet18/seed0", k=3)
    assert set(found["name"]) == {"resnet18/seed1", "resnetblur18/seed0", "resnetblur18/seed1"}
    assert found["matched"].null_count() == 3
    assert found["class"].null_count() == 0
    assert found["equal_weights"].null_count() == 3


def test_without_published_catalogs_it_says_what_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "_FOLDER", tmp_path)
    (tmp_path / "mine").mkdir()
    zs.Catalog.create(tmp_path / "mine" / "zoo")  # one of a run, which nobody published
    with pytest.raises(CatalogError, match="say where to look: --in CATALOG"):
        zs.nearest("resnet18/seed0")


@measures
def test_the_matrix_has_every_distance(catalog: zs.Catalog, measure: Measure) -> None:
    matrix = distances_of(catalog, measure)
    names = matrix.networks["name"].to_list()
    found = np.concatenate(list(matrix.blocks()))
    assert names == sorted(NETS)
    for a, name in enumerate(names):
        for b, other in enumerate(names):
            value = expected(name, other, measure)
            if value is None:
                assert np.isnan(found[a, b])
            else:
                assert found[a, b] == pytest.approx(value, abs=1e-12)


def test_the_matrix_comes_in_blocks(catalog: zs.Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(distances_of(catalog, "matched").blocks()))
    monkeypatch.setattr(blocks_of, "ENTRIES", 30)
    blocks = list(distances_of(catalog, "matched").blocks())
    assert len(blocks) > 3
    assert np.array_equal(np.concatenate(blocks), whole, equal_nan=True)


def test_a_network_with_a_name_twice_has_no_matched_distance(tmp_path: Path) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    row, spectra = result("twice", "c1")
    spectra = [{**each, "constituent": "w"} for each in spectra]
    catalog.commit("c1", [row], spectra)
    commit(catalog, "good", "c2")
    commit(catalog, "other", "c3")
    found = np.concatenate(list(distances_of(catalog, "matched").blocks()))
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[:2, :2]).all()
    assert catalog.nearest("good", measure="matched")["name"].to_list() == ["other"]
    assert catalog.nearest("good")["matched"].null_count() == 1
    assert catalog.nearest("twice")["matched"].null_count() == 2
