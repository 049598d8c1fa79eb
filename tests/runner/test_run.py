"""Runs, with real Ray processes and in this process: the same catalog comes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import ray

import zoo_spectra as zs
from local_ray import local_ray
from networks import FaultyAdapter, arrays, zoo
from runner.rows_of import assert_same_rows
from zoo_spectra.errors import CatalogError, ClusterError, SourceError
from zoo_spectra.runner.run import Silent, Summary
from zoo_spectra.runner.work import Receipt


@pytest.fixture(scope="module")
def connected() -> Iterator[None]:
    """To a Ray of this module's own; ``run`` uses the one it is connected to."""
    with local_ray():
        yield


def test_ray_and_this_process_give_the_same_rows(tmp_path: Path, connected: None) -> None:
    job = zs.Job(sources=("memory:*",), realisations=2)
    here = zs.run(job, catalog=str(tmp_path / "a"), in_process=True, adapters=[zoo()])
    there = zs.run(job, catalog=str(tmp_path / "b"), workers=2, adapters=[zoo()])
    assert here.count("ok") == there.count("ok") == 6
    assert_same_rows(tmp_path / "b", tmp_path / "a")


def test_the_same_command_again_does_only_what_is_missing(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    zs.run("memory:net[0-3]", catalog=place, in_process=True, adapters=[zoo()])
    parts = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = zs.run("memory:*", catalog=place, in_process=True, adapters=[zoo()])
    assert (again.asked, again.done_before, again.count("ok")) == (6, 4, 2)
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    assert zs.run("memory:*", catalog=place, in_process=True, adapters=[zoo()]).done_before == 6


def test_changed_weights_and_other_settings_are_analysed_again(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")

    def run(seed: int, **settings: int) -> Summary:
        adapter = zs.MemoryAdapter({"net": arrays(seed)})
        job = zs.Job(sources=("memory:net",), catalog=place, **settings)
        return zs.run(job, in_process=True, adapters=[adapter])

    assert run(0).count("ok") == 1
    assert run(0).count("ok") == 0
    assert run(1).count("ok") == 1
    assert run(1, realisations=2).count("ok") == 1
    assert run(1, realisations=2).count("ok") == 0
    networks = zs.Catalog(place).networks().collect()
    assert networks["realisations"].to_list() == [2]
    assert networks["csd_realisations_cue"].list.len().to_list() == [2]


@pytest.mark.parametrize("in_process", [True, False], ids=["here", "ray"])
def test_one_bad_network_is_a_row_and_the_rest_go_on(
    tmp_path: Path, connected: None, in_process: bool
) -> None:
    bad = zs.MemoryAdapter({"bad": {"w": np.full((3, 3), np.inf)}, "good": arrays(0)})
    summary = zs.run(
        ["memory:*", "faulty:raises", "faulty:fine"],
        catalog=str(tmp_path / "zoo"),
        in_process=in_process,
        adapters=[bad, FaultyAdapter()],
    )
    assert (summary.count("ok"), summary.count("failed")) == (2, 2)
    catalog = zs.Catalog(tmp_path / "zoo")
    reasons = dict(
        catalog.networks()
        .filter(pl.col("status") == "failed")
        .select("name", "reason")
        .collect()
        .rows()
    )
    assert "9 non-finite entries" in reasons["bad"]
    assert reasons["raises"] == "ZeroDivisionError: a fault inside the plug-in"
    skipped = catalog.spectra().filter(pl.col("skipped").is_not_null()).collect()
    assert skipped["constituent"].to_list() == ["w"]


def test_a_failed_network_is_tried_again_and_its_row_replaced(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    for array, status in ((np.zeros((3, 3)), "failed"), (np.eye(3) + 1, "ok")):
        adapter = zs.MemoryAdapter({"net": {"w": array}})
        zs.run("memory:net", catalog=place, in_process=True, adapters=[adapter])
        assert zs.Catalog(place).networks().collect()["status"].to_list() == [status]


def test_a_network_that_kills_its_worker_is_quarantined_and_the_rest_go_on(
    tmp_path: Path, connected: None
) -> None:
    place = str(tmp_path / "zoo")
    sources = ["faulty:killed", "memory:*"]
    adapters = [FaultyAdapter(), zoo()]
    summary = zs.run(sources, catalog=place, workers=2, adapters=adapters)
    assert (summary.count("ok"), summary.count("quarantined")) == (6, 1)
    row = zs.Catalog(place).network("killed")
    assert (row["status"], row["attempts"]) == ("quarantined", 2)
    assert "died (killed, or a crash in native code) in all 2 attempts" in row["reason"]
    again = zs.run(sources, catalog=place, workers=2, adapters=adapters)
    assert again.done_before == 7


def test_ray_is_started_and_stopped_where_none_runs(tmp_path: Path) -> None:
    ray.shutdown()
    zs.run("memory:net[01]", catalog=str(tmp_path / "zoo"), workers=1, adapters=[zoo()])
    assert not ray.is_initialized()
    assert zs.Catalog(tmp_path / "zoo").networks().collect().height == 2


def test_a_cluster_out_of_reach_is_an_error(tmp_path: Path) -> None:
    ray.shutdown()
    with pytest.raises(ClusterError, match="cannot reach the Ray cluster at '127.0.0.1:1'") as told:
        zs.run("memory:net0", catalog=str(tmp_path / "z"), address="127.0.0.1:1", adapters=[zoo()])
    assert isinstance(told.value.__cause__, ConnectionRefusedError), "not what Ray says much later"


def test_bad_sources_leave_no_catalog(tmp_path: Path) -> None:
    for source in ("memory:none*", "nosuch:x", "memory"):
        with pytest.raises(SourceError):
            zs.run(source, catalog=str(tmp_path / "z"), in_process=True, adapters=[zoo()])
    assert not (tmp_path / "z").exists()


def test_a_job_classifies_at_its_end(tmp_path: Path) -> None:
    job = zs.Job(sources=("memory:*",), catalog=str(tmp_path / "zoo"), classify={"accuracy": 1e3})
    zs.run(job, in_process=True, adapters=[zoo()])
    classes = zs.Catalog(tmp_path / "zoo").classes().collect()
    assert classes["class"].to_list() == [1] * 6


def test_no_more_than_the_whole_work_is_ever_done(tmp_path: Path) -> None:
    class Watching(Silent):
        def advance(self, receipt: Receipt, share: float) -> None:
            shares.append(share)

    shares: list[float] = []
    adapter = zs.MemoryAdapter({f"net{order}": {"w": np.eye(order) + 1} for order in range(2, 9)})
    place = str(tmp_path / "zoo")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=Watching())
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_catalog_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogError, match="is a file"):
        zs.run("memory:*", catalog=str(tmp_path / "file"), in_process=True, adapters=[zoo()])


def test_the_catalog_is_a_text_or_a_path(tmp_path: Path) -> None:
    given = {"w": np.random.default_rng(1).normal(size=(20, 30))}
    made = zs.run(
        "memory:net",
        catalog=tmp_path / "zoo",
        in_process=True,
        adapters=[zs.MemoryAdapter({"net": given})],
        progress=False,
    )
    assert made.catalog == str(tmp_path / "zoo")
    assert zs.Catalog(tmp_path / "zoo").network("net")["status"] == "ok"
