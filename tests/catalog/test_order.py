"""Which of several results is the newest: by run, then time, then id; never by clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

import zoo_spectra as zs
from networks import zoo
from parts import as_written_before, assert_shows, commit
from zoo_spectra.catalog import views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.order import newest
from zoo_spectra.classes.classify import classify

README = Path(__file__).parents[2] / "catalogs" / "README.md"


@pytest.fixture(params=["small", "large"])
def catalog(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Catalog:
    if request.param == "large":
        monkeypatch.setattr(views, "_SMALL_BYTES", 0)
    return Catalog.create(tmp_path / "zoo")


@pytest.mark.parametrize("compacted", range(4))
@pytest.mark.parametrize("order", list(permutations(["no run", "run 1", "run 2"])))
def test_the_later_run_wins_whatever_the_clocks_say(
    catalog: Catalog, order: list[str], compacted: int
) -> None:
    year = 365 * 24 * 3600
    seconds = {"no run": 100 * year, "run 1": 20 * year, "run 2": -5}
    runs = {"no run": None, "run 1": 1, "run 2": 2}
    for number, each in enumerate(order):
        if number == compacted:
            compact(catalog)
        commit(catalog, "an", each, seconds[each], run=runs[each])
    assert_shows(catalog, [("an", "run 2")])
    compact(catalog)
    assert_shows(catalog, [("an", "run 2")])


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("keys", list(permutations(["k1", "k2", "k3"])))
def test_of_results_of_one_moment_the_largest_id_is_shown(
    catalog: Catalog, keys: list[str], compacted: bool
) -> None:
    for key in keys[:2]:
        commit(catalog, "an", key, run=1)
    if compacted:
        compact(catalog)
    commit(catalog, "an", keys[2], run=1)
    assert_shows(catalog, [("an", "k3")])
    compact(catalog)
    assert_shows(catalog, [("an", "k3")])


def test_runs_are_numbered(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")

    def numbers() -> dict[str, int]:
        return dict(zs.Catalog(place).networks().select("name", "run").collect().iter_rows())

    zs.run("memory:net0", catalog=place, in_process=True, adapters=[zoo(3)])
    assert numbers() == {"net0": 1}
    zs.run("memory:net[01]", catalog=place, in_process=True, adapters=[zoo(3)])
    assert numbers() == {"net0": 1, "net1": 2}
    compact(zs.Catalog(place))
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zoo(3)])
    assert numbers() == {"net0": 1, "net1": 2, "net2": 3}


def test_a_number_never_comes_again(catalog: Catalog) -> None:
    """Also when the last run's rows are removed, and a compaction has dropped them."""
    commit(catalog, "an", "a1", run=7)
    assert catalog.numbered().run == 8
    catalog.remove("name = 'an'")
    for _ in range(2):
        assert catalog.numbered().run == 8
        compact(catalog)
    assert catalog.numbered().run == 8


def test_classifications_are_numbered_too(catalog: Catalog) -> None:
    commit(catalog, "an", "a1")
    commit(catalog, "bo", "b1")
    first = classify(catalog, accuracy=0.1)
    (part,) = (catalog.storage.root / "classes").iterdir()
    ahead = datetime.now(UTC) + timedelta(days=999)
    as_written_before(part, lambda rows: rows.with_columns(classified_at=pl.lit(ahead)))
    second = classify(catalog, accuracy=0.2)
    assert (first["run"].unique().item(), second["run"].unique().item()) == (1, 2)
    for _ in range(2):
        assert catalog.classes().collect()["accuracy"].unique().item() == 0.2
        compact(catalog)


def test_the_recipe_in_the_readme_gives_what_the_views_show(tmp_path: Path) -> None:
    """Run as it is printed, on loose parts, on both kinds, and on compact ones."""
    text = README.read_text(encoding="utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "an", "a1", second=50, run=1)
    commit(catalog, "an", "a2", run=2)
    commit(catalog, "bo", "b1")
    commit(catalog, "bo", "b2")
    commit(catalog, "cy", "c1")
    catalog.remove("name = 'cy'")
    commit(catalog, "di", "d1")
    commit(catalog, "di", "d1")
    for _ in range(3):
        space: dict[str, object] = {}
        exec(code.replace("catalogs/demo", str(tmp_path / "zoo")), space)
        rows, spectra = space["networks"], space["spectra"]
        assert isinstance(rows, pl.DataFrame)
        assert isinstance(spectra, pl.DataFrame)
        expected = catalog.networks().select("name", "commit_id").sort("name").collect()
        assert rows.select("name", "commit_id").sort("name").equals(expected)
        keys = ["commit_id", "position"]
        shown = catalog.spectra().select(keys).sort(keys).collect()
        assert spectra.select(keys).sort(keys).equals(shown)
        compact(catalog)
        commit(catalog, "an", "a3", run=3)


def test_the_newest_of_many_rows_is_unique() -> None:
    rows = pl.LazyFrame(
        {
            "network_id": ["n"] * 4,
            "run": [None, 0, 1, 1],
            "finished_at": [datetime(2030, 1, 1, tzinfo=UTC)] * 4,
            "commit_id": ["d", "c", "a", "b"],
        },
        schema_overrides={"run": pl.Int64},
    )
    for order in permutations(range(4)):
        shuffled = rows.collect()[list(order)].lazy()
        assert newest(shuffled).collect()["commit_id"].to_list() == ["b"]
