"""What ``classify`` compares by each measure, on a small catalog."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from networks import arrays
from parts import as_written_before, commit
from zoo_spectra.classes import matched
from zoo_spectra.classes.classify import classifiable
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes
from zoo_spectra.classes.matched import matched_stabilities
from zoo_spectra.classes.measures import points
from zoo_spectra.classes.resamples import depth_resamples
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import DEPTH, MEASURES, Measure, depth_csd

measures = pytest.mark.parametrize("measure", MEASURES)


def nets() -> dict[str, dict[str, np.ndarray]]:
    """Networks of one list of names, deep and broad spectra, one with a zero matrix."""
    found = {f"net{seed:02d}": arrays(seed, layers=6, spread=seed % 3) for seed in range(9)}
    low = {name: np.outer(array[:, 0], array[0]) for name, array in arrays(20, layers=6).items()}
    found["low"] = {**arrays(21, layers=6), "layer1": low["layer1"]}
    found["zero"] = {**arrays(22, layers=6), "layer2": np.zeros((36, 40))}
    return found


def run(place: Path, networks: dict[str, dict[str, np.ndarray]]) -> zs.Catalog:
    adapter = zs.MemoryAdapter(networks)
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[adapter], progress=False)
    return zs.Catalog(place)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> zs.Catalog:
    return run(tmp_path_factory.mktemp("measures") / "zoo", nets())


def distances(catalog: zs.Catalog, measure: Measure) -> tuple[list[str], np.ndarray]:
    networks = classifiable(catalog, catalog.networks(), None, measure)
    return networks["name"].to_list(), distance_matrix(points(catalog, networks, measure))


@measures
def test_the_distances_are_those_of_the_method(catalog: zs.Catalog, measure: Measure) -> None:
    names, found = distances(catalog, measure)
    spectra = {name: zs.analyze(arrays) for name, arrays in nets().items()}
    for a, name in enumerate(names):
        for b, other in enumerate(names):
            expected = spectra[name].distance(spectra[other], measure)
            assert found[a, b] == pytest.approx(expected, abs=1e-9)
    assert np.unique(found.round(6)).size > 40


@measures
def test_the_distances_are_a_metric(catalog: zs.Catalog, measure: Measure) -> None:
    _, found = distances(catalog, measure)
    assert np.array_equal(found, found.T)
    assert (np.diag(found) == 0).all()
    assert (found + np.eye(len(found)) > 0).all()
    assert (found[:, None, :] <= found[:, :, None] + found[None, :, :] + 1e-12).all()


def test_a_finer_measure_never_brings_nearer(catalog: zs.Catalog) -> None:
    _, pooled = distances(catalog, "pooled")
    _, depth = distances(catalog, "depth")
    _, by_name = distances(catalog, "matched")
    assert (pooled <= depth + 1e-12).all()
    whole = np.array([name != "zero" for name in distances(catalog, "depth")[0]])
    assert (depth <= by_name + 1e-12)[np.ix_(whole, whole)].all()


@measures
def test_classes_say_what_was_compared(catalog: zs.Catalog, measure: Measure) -> None:
    names, found = distances(catalog, measure)
    classes = zs.classify(catalog, 0.4, measure=measure)
    assert set(classes["measure"]) == {measure}
    for row in classes.iter_rows(named=True):
        apart = found[names.index(row["name"]), names.index(row["medoid"])]
        assert row["medoid_distance"] == pytest.approx(apart, abs=1e-9)
    assert classes["stability"].drop_nulls().is_between(0, 1).all()
    assert classes["stability"].null_count() == 0


def test_an_unknown_measure_is_refused(catalog: zs.Catalog) -> None:
    with pytest.raises(ValueError, match="measure must be one of pooled, depth, matched"):
        zs.classify(catalog, measure="deep")  # type: ignore[arg-type]


def test_networks_without_a_common_name_cannot_be_matched(tmp_path: Path) -> None:
    other = {f"other{name}": array for name, array in arrays(1).items()}
    found = run(tmp_path / "zoo", {"one": arrays(0), "two": arrays(2), "three": other})
    with pytest.raises(CatalogError, match=r"'one' and 'three' share no.*--where"):
        zs.classify(found, measure="matched")
    classes = zs.classify(found, measure="matched", where="name <> 'three'")
    assert classes.height == 2


def test_a_name_that_a_network_has_twice_is_refused(tmp_path: Path) -> None:
    found = run(tmp_path / "zoo", {"one": arrays(0), "two": arrays(1)})
    for part in (tmp_path / "zoo" / "spectra").iterdir():
        as_written_before(
            part,
            lambda rows: rows.with_columns(constituent=pl.col("constituent").str.replace("2", "1")),
        )
    with pytest.raises(CatalogError, match=r"'one' has two constituents .* 'layer1'.*--where"):
        zs.classify(found, measure="matched")


def test_a_missing_constituent_is_as_a_zero_one(tmp_path: Path) -> None:
    whole, zero = arrays(0), {**arrays(1), "layer1": np.zeros((28, 35))}
    short = {name: array for name, array in arrays(1).items() if name != "layer1"}
    _, found = distances(run(tmp_path / "zoo", {"a": whole, "b": zero, "c": short}), "matched")
    assert found[1, 2] == 0
    assert found[0, 1] == found[0, 2] > 1


def test_matching_too_much_is_refused(catalog: zs.Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matched, "MOST_BYTES", 10_000)
    with pytest.raises(CatalogError, match=r"11 networks with 6 constituents.*--where"):
        zs.classify(catalog, measure="matched")


def test_a_catalog_without_spectra_is_classified_by_depth_without_stability(
    tmp_path: Path,
) -> None:
    found = run(tmp_path / "zoo", {f"net{seed}": arrays(seed, layers=6) for seed in range(3)})
    before = zs.classify(found, measure="depth")
    for part in (tmp_path / "zoo" / "spectra").iterdir():
        part.unlink()
    classes = zs.classify(found, measure="depth")
    assert classes["stability"].null_count() == 3
    same = ["name", "class", "medoid", "medoid_distance"]
    assert classes.select(same).equals(before.select(same))
    with pytest.raises(CatalogError, match="no spectra of 'net0'"):
        zs.classify(found, measure="matched")


def test_curves_that_are_none_are_named(tmp_path: Path) -> None:
    found = run(tmp_path / "zoo", {"net": arrays(0)})
    (part,) = (tmp_path / "zoo" / "networks").iterdir()
    as_written_before(
        part, lambda rows: rows.with_columns(pl.col("csd_depth").list.head(3).alias("csd_depth"))
    )
    with pytest.raises(CatalogError, match=r"a curve that is none \(csd_depth\), of 'net'"):
        zs.classify(found, measure="depth")


def test_resamples_along_the_depth_keep_to_their_quarter() -> None:
    curves = np.random.default_rng(0).uniform(size=(8, 129))
    points = depth_resamples(curves, 4000).reshape(-1, DEPTH, 129) * DEPTH
    quarters = depth_csd(curves)
    pairs = curves.reshape(4, 2, 129)
    for at in range(DEPTH):
        each = {tuple(np.round(row, 9)) for row in points[:, at]}
        assert len(each) == 3, "twice the first, one of each, twice the second"
        spread = np.abs(pairs[at, 0] - pairs[at, 1]).mean() / 50
        assert np.abs(points[:, at].mean(axis=0) - quarters[at]).mean() < 4 * spread


@pytest.mark.parametrize("count", [1, 2, 4])
def test_one_constituent_a_quarter_leaves_nothing_to_resample(count: int) -> None:
    assert depth_resamples(np.ones((count, 129))).shape == (0, DEPTH * 129)


def test_matched_stability_is_that_of_drawn_names(catalog: zs.Catalog) -> None:
    networks = classifiable(catalog, catalog.networks(), None, "matched")
    found = points(catalog, networks, "matched")
    classes = [equivalence_classes(found, accuracy) for accuracy in (0.1, 0.6, 1.5)]
    values = matched_stabilities(found, classes)
    by_name = found.reshape(len(found), 6, 129)
    times = np.random.default_rng(0).multinomial(6, np.full(6, 1 / 6), 32)
    for each, value in zip(classes, values, strict=True):
        medoids = np.unique(each.medoid)
        for at in range(len(found)):
            apart = np.abs(by_name[at] - by_name[medoids]).sum(axis=2)  # medoid × name
            nearest = medoids[np.argmin(apart @ times.T, axis=0)]
            assert value[at] == np.mean(nearest == each.medoid[at])
    assert np.concatenate(values).min() < 1


@pytest.mark.parametrize("column", ["csd", "csd_depth"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_curve_that_is_no_number_is_refused_by_name(
    tmp_path: Path, column: str, value: float
) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    commit(catalog, "good", "good")
    curve = [0.0] * 128 + [value]
    commit(catalog, "odd", "odd", **{column: [curve] * 4 if column == "csd_depth" else curve})
    measure: Measure = "pooled" if column == "csd" else "depth"
    with pytest.raises(CatalogError, match=f"{column}.*'odd'"):
        zs.classify(catalog, measure=measure)


@pytest.mark.parametrize("scale", [float("nan"), 0.0, float("inf"), None])
def test_a_scale_that_is_none_is_refused_where_names_are_matched(
    tmp_path: Path, scale: float | None
) -> None:
    """Without a σ all its curves would be null, and it would be far from all, in silence."""
    catalog = zs.Catalog.create(tmp_path / "zoo")
    commit(catalog, "fine", "a", run=1)
    commit(catalog, "odd", "b", run=1, scale=scale)
    with pytest.raises(CatalogError, match="a scale that is none, of 'odd'"):
        distances(catalog, "matched")
