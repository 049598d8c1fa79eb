"""Draws of null models as a run: resumed, killed, redone where the network has changed, refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import zoo_spectra as zs
from local_ray import WORKER_PATH
from networks import GatedGraphs
from parts import commit
from runner.rows_of import assert_same_rows
from waiting import wait_for
from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import CatalogError, NetworkError
from zoo_spectra.method import distance

DRIVER = """
import sys
import zoo_spectra as zs
from networks import GatedGraphs
done = zs.make_nulls(sys.argv[1], model="degree", draws=40, workers=2,
                     adapters=[GatedGraphs(sys.argv[2])])
print(done.summaries[0].count("ok"), done.summaries[0].done_before)
"""


def graph(seed: int = 1, nodes: int = 30) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.exponential(size=(nodes, nodes)) * (random.random((nodes, nodes)) < 0.2)


def made(place: Path, **graphs: np.ndarray) -> tuple[Catalog, zs.MemoryAdapter]:
    """A catalog of connectomes, and what reads them."""
    named = {name: {"adjacency": matrix} for name, matrix in graphs.items()}
    adapter = zs.MemoryAdapter(named, "biological")
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[adapter], progress=False)
    return Catalog(place), adapter


def draw(catalog: Catalog, adapter: zs.MemoryAdapter, *names: str, draws: int = 4,
         model: str = "degree") -> zs.Drawing:  # fmt: skip
    return zs.make_nulls(
        catalog, names, model=model, draws=draws, in_process=True, adapters=[adapter]
    )


def nulls_of(catalog: Catalog) -> pl.DataFrame:
    of_the_run = ("seconds", "finished_at")
    return catalog.nulls().drop(of_the_run).sort("network", "model", "draw").collect()


def test_a_driver_that_is_killed_and_run_again(tmp_path: Path) -> None:
    """Real Ray: what is committed is not made again, and all rows are those of one process."""
    place, gate, open_gate = tmp_path / "zoo", tmp_path / "gate", tmp_path / "open"
    open_gate.touch()
    adapter = GatedGraphs(open_gate)
    for each in (place, tmp_path / "undisturbed"):
        zs.run("gated:*", catalog=str(each), in_process=True, adapters=[adapter], progress=False)
    expected = Catalog(tmp_path / "undisturbed")
    zs.make_nulls(expected, model="degree", draws=40, in_process=True, adapters=[adapter])

    first = run_driver(place, gate)
    wait_for(lambda: first.poll() is not None or large(place))
    assert first.poll() is None, first.communicate()
    first.kill()
    first.communicate()
    before = large(place)
    gate.touch()
    again = run_driver(place, gate)
    out, err = again.communicate()
    assert again.returncode == 0, err
    made_now, before_it = map(int, out.split())
    # Workers of a driver that was killed may commit what they had in hand.
    assert made_now + before_it == 80, err
    assert before_it >= len(before) > 0
    assert large(place) >= before, "draws that were committed are the same rows"
    assert_same_rows(place / "nulls", tmp_path / "undisturbed" / "nulls")
    assert_frame_equal(nulls_of(Catalog(place)), nulls_of(expected), abs_tol=1e-12)


def run_driver(place: Path, gate: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(place), str(gate)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": WORKER_PATH},
    )


def large(place: Path) -> set[str]:
    """The committed results of draws of the large graph."""
    if not (place / "nulls" / "catalog.json").exists():
        return set()
    rows = Catalog(place / "nulls").networks().collect()
    return set(rows.filter(pl.col("name").str.starts_with("large"))["commit_id"])


def test_more_draws_add_to_those_there(tmp_path: Path) -> None:
    catalog, adapter = made(tmp_path / "zoo", a=graph(1), b=graph(2))
    assert draw(catalog, adapter, "a", draws=3).summaries[0].count("ok") == 3
    more = draw(catalog, adapter, "a", draws=5).summaries[0]
    assert (more.done_before, more.count("ok")) == (3, 2)
    few = draw(catalog, adapter, "memory:a", draws=2)
    assert (few.summaries[0].done_before, few.problems) == (2, [])
    rows = nulls_of(catalog)
    assert rows.select("network", "draw").rows() == [("a", at) for at in range(5)]
    assert rows["status"].unique().to_list() == ["ok"]


def test_the_view_has_each_draw_beside_its_network(tmp_path: Path) -> None:
    catalog, adapter = made(tmp_path / "zoo", a=graph(1), b=graph(2))
    draw(catalog, adapter, model="strength")
    rows = nulls_of(catalog)
    assert rows.height == 8
    for row in rows.iter_rows(named=True):
        own = np.array(catalog.network(row["network"])["csd"])
        assert row["distance"] == pytest.approx(distance(own, np.array(row["csd"])))
        assert 0 < row["in_place"] < 1
        assert row["rounds"] >= 16
        assert 0 < row["strength_agreement"] <= 1
    asked = catalog.query("SELECT model, count(*) AS n FROM nulls WHERE network = 'a' GROUP BY 1")
    assert asked.rows() == [("strength", 4)]


def test_draws_are_no_networks_of_the_catalog(tmp_path: Path) -> None:
    catalog, adapter = made(tmp_path / "zoo", a=graph(1), b=graph(2))
    draw(catalog, adapter)
    assert catalog.networks().collect().height == 2
    assert zs.classify(catalog, 0.1).height == 2
    assert catalog.nearest("a").height == 1
    catalog.remove("name = 'a'")
    assert set(catalog.nulls().collect()["network"]) == {"b"}


def test_draws_of_what_a_network_was_are_not_shown(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    catalog, adapter = made(place, a=graph(1))
    draw(catalog, adapter)
    before = nulls_of(catalog)
    catalog, changed = made(place, a=graph(5))
    assert catalog.nulls().collect().is_empty()
    with pytest.raises(CatalogError, match="has changed since it was analysed"):
        draw(catalog, adapter)
    draw(catalog, changed)
    after = nulls_of(catalog)
    assert after.height == 4
    assert not set(after["scale"]) & set(before["scale"])


def test_a_file_that_changes_meanwhile_gives_no_draw(tmp_path: Path) -> None:
    """Its listing does not say so, but its matrices do."""
    gate = tmp_path / "gate"
    gate.touch()
    catalog = tmp_path / "zoo"
    adapter = GatedGraphs(gate)
    zs.run("gated:*", catalog=str(catalog), in_process=True, adapters=[adapter], progress=False)

    class Other(GatedGraphs):
        def load(self, ref: zs.NetworkRef) -> zs.Network:
            matrix = graph(9, self.NODES[ref.name])
            constituents = lambda: iter([zs.Constituent("adjacency", matrix)])  # noqa: E731
            return zs.Network(ref.name, "biological", constituents, "", ref.source)

    done = zs.make_nulls(catalog, model="degree", draws=2, in_process=True, adapters=[Other(gate)])
    assert len(done.problems) == 4
    assert all("is not what it was" in str(each.reason) for each in done.problems)


def test_tied_matrices_count_once_in_a_draw_too(tmp_path: Path) -> None:
    tied = np.random.default_rng(3).standard_normal((20, 30))
    arrays = {"a": tied, "b": np.random.default_rng(4).standard_normal((20, 20)), "c": tied.copy()}
    adapter = zs.MemoryAdapter({"net": arrays})
    place = str(tmp_path / "zoo")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=False)
    for model in ("shuffled", "gaussian"):
        assert not draw(Catalog(place), adapter, model=model).problems
    inner = Catalog(Path(place) / "nulls").networks().collect()
    assert set(inner.select("constituents", "skipped").rows()) == {(2, 1)}


def test_what_cannot_be_drawn_is_a_row_that_says_why(tmp_path: Path) -> None:
    catalog, adapter = made(tmp_path / "zoo", full=np.abs(graph(1)) + 1)
    assert len(draw(catalog, adapter).problems) == 4
    (row,) = zs.against_nulls(catalog).to_dicts()
    assert (row["draws"], row["not_ok"], row["p_value"], row["units"]) == (0, 4, None, None)
    assert "take --model weights, shuffled or gaussian" in row["note"]


@pytest.mark.parametrize("draws", [-1, 0, 1, 100_001])
def test_numbers_of_draws_that_tell_nothing(tmp_path: Path, draws: int) -> None:
    catalog, adapter = made(tmp_path / "zoo", a=graph(1))
    with pytest.raises(NetworkError, match="give 2 to 100,000"):
        draw(catalog, adapter, draws=draws)
    assert not (tmp_path / "zoo" / "nulls").exists()


def test_networks_that_are_not_drawn_from(tmp_path: Path) -> None:
    catalog, adapter = made(tmp_path / "zoo", a=graph(1))
    commit(catalog, "old", "co", method_version=1, source="memory:old")
    commit(catalog, "bad", "cb", status="failed", reason="no", source="memory:bad")
    other = zs.MemoryAdapter({"b": {"adjacency": graph(2)}}, "biological")
    for name, said in (
        ("old", "has no result of this version"),
        ("bad", "it ended failed"),
        ("nobody", "no network 'nobody'"),
    ):
        with pytest.raises(CatalogError, match=said):
            draw(catalog, adapter, name)
    with pytest.raises(CatalogError, match="first run it there: zoo-spectra run memory:b"):
        draw(catalog, other, "memory:b")
    with pytest.raises(NetworkError, match=r"(?s)did you mean 'degree'.*\n  weights: keeps"):
        draw(catalog, adapter, model="degre")
    assert draw(catalog, adapter).network_ids == (catalog.network("a")["network_id"],)


def test_a_catalog_without_draws_has_an_empty_view(tmp_path: Path) -> None:
    catalog, _ = made(tmp_path / "zoo", a=graph(1))
    assert catalog.nulls().collect().is_empty()
    assert catalog.query("SELECT * FROM nulls").columns == catalog.nulls().collect_schema().names()
    assert zs.against_nulls(catalog).is_empty()
