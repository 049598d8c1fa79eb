"""What changed between two runs, and between two catalogs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from parts import commit
from zoo_spectra.catalog import Catalog, compact, runs_of
from zoo_spectra.classes import compare_states, state_of
from zoo_spectra.errors import CatalogError


def curve(shift: float) -> dict[str, object]:
    csd = np.full(129, shift).tolist()
    return {"csd": csd, "csd_depth": [csd] * 4}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Run 1: stays, moves, heals, breaks, twin. Run 2: all but the first again, and a new one."""
    made = Catalog.create(tmp_path / "zoo")
    for at, name in enumerate(("stays", "moves", "breaks", "twin")):
        commit(made, name, f"{name}1", second=at, run=1, weights_digest="w", **curve(0.0))
    commit(made, "heals", "heals1", second=5, run=1, status="failed", reason="no", csd=None)
    commit(made, "moves", "moves2", second=10, run=2, weights_digest="w", **curve(0.1))
    commit(made, "heals", "heals2", second=11, run=2, **curve(0.2))
    commit(made, "breaks", "breaks2", second=12, run=2, status="failed", reason="no", csd=None)
    commit(made, "twin", "twin2", second=13, run=2, weights_digest="w", **curve(0.0))
    commit(made, "fresh", "fresh2", second=14, run=2, **curve(0.3))
    return made


EXPECTED = [
    ("added", "fresh", None, "ok", None),
    ("changed", "breaks", "ok", "failed", "status"),
    ("changed", "heals", "failed", "ok", "status"),
    ("changed", "moves", "ok", "ok", "curve"),
]


def test_two_runs(catalog: Catalog) -> None:
    found = compare_states(state_of(catalog, 1), state_of(catalog, 2))
    told = found.networks.select("change", "name", "before", "after", "why").rows()
    assert told == EXPECTED
    distances = dict(found.networks.select("name", "distance").rows())
    assert distances["moves"] == pytest.approx(129 * 0.1 / 8)
    assert {distances[name] for name in ("fresh", "breaks", "heals")} == {None}
    assert found.same == 2  # one that was not done again, and one with an equal result
    back = compare_states(state_of(catalog, 2), state_of(catalog, 1))
    assert back.networks["change"].to_list() == ["gone", "changed", "changed", "changed"]
    assert compare_states(state_of(catalog, 2), state_of(catalog, 2)).networks.is_empty()


def test_two_catalogs(catalog: Catalog, tmp_path: Path) -> None:
    other = Catalog.create(tmp_path / "other")
    commit(other, "stays", "x", weights_digest="other", **curve(0.0))
    commit(other, "moves", "y", method_version=1, **curve(0.0))
    found = compare_states(state_of(other), state_of(catalog))
    rows = {row["name"]: row for row in found.networks.iter_rows(named=True)}
    assert rows["stays"]["why"] == "weights"
    assert rows["stays"]["distance"] == 0
    assert rows["moves"]["why"] == "method version"
    assert rows["moves"]["distance"] is None
    assert {name for name, row in rows.items() if row["change"] == "added"} == {
        *("breaks", "fresh", "heals", "twin")
    }


def test_runs_are_listed(catalog: Catalog) -> None:
    told = runs_of(catalog).select("run", "networks").rows()
    assert told == [(1, 5), (2, 5)]


def test_a_run_that_is_not(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="has no run 3; there are: 1, 2"):
        state_of(catalog, 3)


def test_a_compaction_forgets_earlier_states(catalog: Catalog) -> None:
    """What was replaced is gone: a difference would call it added."""
    compact(catalog)
    with pytest.raises(CatalogError, match="was compacted after run 2"):
        state_of(catalog, 1)
    commit(catalog, "later", "later3", second=20, run=3, **curve(0.0))
    found = compare_states(state_of(catalog, 2), state_of(catalog, 3))
    assert found.networks.select("change", "name").rows() == [("added", "later")]


def test_removed_networks_are_in_no_state(catalog: Catalog) -> None:
    catalog.remove("name = 'moves'")
    found = compare_states(state_of(catalog, 1), state_of(catalog, 2))
    assert "moves" not in found.networks["name"].to_list()


def test_classes_that_merge_and_split(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    for at, shift in enumerate((0.0, 0.001, 0.02, 0.021, 5.0)):
        commit(catalog, f"n{at}", f"a{at}", run=1, **curve(shift))
    zs.classify(catalog, 0.1)
    first = state_of(catalog, 1)
    assert first.classes["class"].n_unique() == 3
    zs.classify(catalog, 1.0)
    wide = state_of(catalog)
    found = compare_states(first, wide)
    assert found.classes.rows() == [("merged", 1, [1, 2], found.classes["medoid"][0], 4)]
    assert "classes were found in two ways: ε = 0.1, average, pooled; then ε = 1" in found.said[0]
    back = compare_states(wide, first)
    assert back.classes.select("change", "class", "of").rows() == [("split", 1, [1, 2])]
    assert not compare_states(wide, wide).said


def test_the_classes_of_a_run_are_those_of_its_results(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "a", "a1", run=1, **curve(0.0))
    commit(catalog, "b", "b1", run=1, **curve(0.0))
    zs.classify(catalog)
    commit(catalog, "b", "b2", run=2, second=9, **curve(1.0))
    (line,) = compare_states(state_of(catalog, 1), state_of(catalog, 2)).said
    assert line == "classes are not compared: the second state is not classified; classify it"
    zs.classify(catalog)
    found = compare_states(state_of(catalog, 1), state_of(catalog, 2))
    assert found.classes["change"].to_list() == ["split"]
