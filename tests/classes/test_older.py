"""Rows of an older version of the method: redone by the next run, and classified by none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import zoo_spectra as zs
from networks import arrays
from parts import as_written_before
from zoo_spectra.classes import older_versions
from zoo_spectra.errors import CatalogError

NAMES = [f"net{seed}" for seed in range(5)]


def adapter(names: list[str]) -> zs.MemoryAdapter:
    return zs.MemoryAdapter({name: arrays(int(name[3:])) for name in names})


def run(place: Path, names: list[str]) -> None:
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[adapter(names)])


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Three networks as version 1 wrote them, without the column of version 2, and a new one."""
    place = tmp_path / "zoo"
    run(place, NAMES[:3])
    for part in [*(place / "networks").iterdir(), *(place / "spectra").iterdir()]:
        as_written_before(
            part,
            lambda frame: frame.with_columns(
                pl.lit(1, dtype=pl.Int32).alias("method_version")
            ).drop("csd_depth", strict=False),
        )
    run(place, NAMES[3:4])
    return place


LEFT_OUT = "3 networks of method version 1 are left out; run the job again"


def test_they_are_never_classified_with_new_ones(catalog: Path) -> None:
    opened = zs.Catalog(catalog)
    versions = dict(opened.networks().select("name", "method_version").collect().iter_rows())
    assert versions == {"net0": 1, "net1": 1, "net2": 1, "net3": 2}
    assert set(opened.networks().collect()["csd_depth"].is_null()) == {True, False}
    for measure in ("pooled", "depth", "matched"):
        with pytest.warns(UserWarning, match=LEFT_OUT):
            found = zs.classify(opened, measure=measure)  # type: ignore[arg-type]
        assert found["name"].to_list() == ["net3"]
        assert set(found["method_version"]) == {zs.METHOD_VERSION}
    assert older_versions(opened) == [LEFT_OUT]


def test_the_next_run_redoes_them(catalog: Path) -> None:
    run(catalog, NAMES)
    opened = zs.Catalog(catalog)
    rows = opened.networks().collect()
    assert set(rows["method_version"]) == {zs.METHOD_VERSION}
    assert set(rows["csd_depth"].list.len()) == {4}
    assert older_versions(opened) == []
    assert sorted(zs.classify(opened)["name"]) == NAMES
    before = set(rows["commit_id"])
    run(catalog, NAMES)
    assert set(opened.networks().collect()["commit_id"]) == before, "and only once"


@pytest.mark.parametrize("command", [["classify"], ["classify", "--json"], ["show"]])
def test_commands_say_so(catalog: Path, command: list[str]) -> None:
    call = [sys.executable, "-m", "zoo_spectra", *command, str(catalog)]
    result = subprocess.run(call, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    if command == ["show"]:
        assert LEFT_OUT in " ".join(result.stdout.split())
    else:  # whether a table or JSON is on standard output
        assert result.stderr == f"zoo-spectra: {catalog}: {LEFT_OUT}\n"


def test_a_sweep_says_so(catalog: Path) -> None:
    run(catalog, NAMES[3:])
    with pytest.warns(UserWarning, match=LEFT_OUT):
        zs.sweep(zs.Catalog(catalog))


def test_of_older_ones_alone_there_is_no_class(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    run(place, NAMES[:1])
    for part in (place / "networks").iterdir():
        as_written_before(
            part, lambda frame: frame.with_columns(pl.lit(1, pl.Int32).alias("method_version"))
        )
    with pytest.raises(CatalogError, match="1 network of method version 1 is left out; run the"):
        zs.classify(zs.Catalog(place))


def test_estimates_of_an_older_way_are_redone_too(tmp_path: Path) -> None:
    """They say not how far they are off; exact rows beside them stay."""
    place = tmp_path / "zoo"
    estimate = {"exact_limit": 20, "catalog": str(place)}
    job = zs.Job(sources=("memory:*",), **estimate)  # type: ignore[arg-type]
    given = [adapter(NAMES[:2])]
    zs.run(job, in_process=True, adapters=given)
    opened = zs.Catalog(place)
    before = set(opened.networks().collect()["commit_id"])
    zs.run(job, in_process=True, adapters=given)
    assert set(opened.networks().collect()["commit_id"]) == before, "new ones stay"
    for part in [*(place / "networks").iterdir(), *(place / "spectra").iterdir()]:
        as_written_before(part, lambda frame: frame.drop("csd_error", "steps_error", strict=False))
    assert older_versions(opened) == [
        "2 networks estimated without an error of the CSD are left out; run the job again"
    ]
    with pytest.raises(CatalogError, match="no network to classify .2 networks estimated"):
        zs.classify(opened)
    zs.run(job, in_process=True, adapters=given)
    assert not set(opened.networks().collect()["commit_id"]) & before
    assert older_versions(opened) == []
    assert sorted(zs.classify(opened)["name"]) == NAMES[:2]


def test_exact_rows_without_the_column_are_of_today(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    run(place, NAMES[:2])
    for part in [*(place / "networks").iterdir(), *(place / "spectra").iterdir()]:
        as_written_before(part, lambda frame: frame.drop("csd_error", "steps_error", strict=False))
    opened = zs.Catalog(place)
    before = set(opened.networks().collect()["commit_id"])
    run(place, NAMES[:2])
    assert set(opened.networks().collect()["commit_id"]) == before
    assert older_versions(opened) == []
