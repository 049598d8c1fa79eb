"""``nearest``: for people, for machines, and all distances into a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from parts import commit
from zoo_spectra.errors import CatalogError
from zoo_spectra.terminal import matrix_files
from zoo_spectra.terminal.app import app
from zoo_spectra.terminal.neighbours import neighbour_table, short

NETS = {
    **{f"net{seed}": arrays(seed) for seed in range(5)},
    "[copy]": arrays(0),
    "renamed": {f"x{name}": array for name, array in arrays(2).items()},
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("nearest") / "zoo")
    adapters = [zs.MemoryAdapter(NETS, family="made"), FaultyAdapter()]
    zs.run(["memory:*", "faulty:raises"], catalog=place, in_process=True, adapters=adapters)
    zs.classify(zs.Catalog(place))
    return place


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["nearest", *arguments])


def good(*arguments: str) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def test_a_table_for_people(catalog: str) -> None:
    text = good("net0", "--in", catalog).stdout
    assert "Nearest to net0 by pooled distance" in text
    first = next(line for line in text.splitlines() if "[copy]" in line)
    assert "[copy] =" in first
    assert "= equal weights" in text
    assert text.count(" =") == 1
    assert "0.0000" in first
    assert "1 network left out: did not end ok" in text
    renamed = next(line for line in text.splitlines() if "renamed" in line)
    assert "–" in renamed


@pytest.mark.parametrize("width", [60, 80, 200])
def test_numbers_and_names_are_whole_at_any_width(catalog: str, width: int) -> None:
    rows = zs.nearest("net0", catalog, k=3)
    rows = rows.with_columns(name="a_name_of_16_" + pl.col("name"))
    out = Console(width=width, file=io.StringIO())
    out.print(neighbour_table(rows, "net0", "pooled", width))
    text = out.file.getvalue()
    for row in rows.iter_rows(named=True):
        assert row["name"] in text
        assert f"{row['pooled']:.4f}" in text
        assert f"{row['depth']:.4f}" in text
    assert "…" not in text
    assert ("made" in text) == (width >= 80)


def test_sizes_have_three_digits() -> None:
    numbers = (5, 999, 1000, 25_502_912, 999_999, 123_456_789, 10**10)
    expected = ["5", "999", "1.00 k", "25.5 M", "1.00 M", "123 M", "10.0 G"]
    assert [short(number) for number in numbers] == expected


def test_for_a_machine(catalog: str, tmp_path: Path) -> None:
    ran = good("net0", "--in", catalog, "-k", "3", "--measure", "depth", "--json")
    rows = json.loads(ran.stdout)
    expected = zs.Catalog(catalog).nearest("net0", 3, "depth")
    assert [row["name"] for row in rows] == expected["name"].to_list()
    assert [row["depth"] for row in rows] == expected["depth"].to_list()
    assert rows[0]["equal_weights"] is True
    assert "1 network left out" in ran.stderr
    text = good("net0", "--in", catalog, "-k", "3", "--csv").stdout
    assert pl.read_csv(text.encode())["pooled"].is_sorted()
    file = tmp_path / "near.parquet"
    good("net0", "--in", catalog, "--where", "name LIKE 'net%'", "-o", str(file))
    assert sorted(pl.read_parquet(file)["name"]) == ["net1", "net2", "net3", "net4"]


def test_a_source_is_analysed_and_said_on_standard_error(catalog: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", **arrays(3))
    source = f"checkpoint:{tmp_path}/mine.npz"
    ran = good(source, "--in", catalog, "-k", "1", "--json")
    (row,) = json.loads(ran.stdout)
    assert (row["name"], row["pooled"], row["equal_weights"]) == ("net3", 0.0, True)
    assert "mine.npz is analysed here" in ran.stderr


def test_several_catalogs_say_of_which_a_row_is(catalog: str, tmp_path: Path) -> None:
    other = str(tmp_path / "other")
    commit(zs.Catalog.create(other), "far", "c1")
    rows = json.loads(good("net0", "--in", catalog, "--in", other, "--json").stdout)
    assert {row["catalog"] for row in rows} == {catalog, other}
    assert "catalog" in good("net0", "--in", catalog, "--in", other).stdout


def test_names_that_are_none(catalog: str) -> None:
    result = run("nett", "--in", catalog)
    assert isinstance(result.exception, CatalogError)
    assert "did you mean 'net" in str(result.exception)


def test_bad_usage(catalog: str, tmp_path: Path) -> None:
    other = str(zs.Catalog.create(tmp_path / "other").location)
    for arguments, said in (
        ([], "give a NETWORK"),
        (["net0", "--all"], "give a NETWORK"),
        (["--all"], "-o FILE"),
        (["--all", "-o", str(tmp_path / "a.txt")], "must end in"),
        (["--all", "--in", other, "-o", str(tmp_path / "a.npy")], "one catalog"),
        (["--all", "-k", "3", "-o", str(tmp_path / "a.npy")], "give a NETWORK"),
        (["net0", "--csv", "--json"], "give one of"),
    ):
        result = run(*arguments, "--in", catalog)
        assert result.exit_code == 2, arguments
        assert said in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("measure", ["pooled", "matched"])
def test_all_distances_into_files(catalog: str, tmp_path: Path, measure: str) -> None:
    files = [tmp_path / f"all.{suffix}" for suffix in ("parquet", "csv", "npy")]
    for file in files:
        ran = good("--all", "--in", catalog, "--measure", measure, "-o", str(file))
        assert "all distances of 7 networks" in ran.stdout
        assert "1 network left out: did not end ok" in ran.stderr
    matrix = np.load(files[2])
    names = pl.read_csv(tmp_path / "all.names.csv")["name"].to_list()
    assert names == sorted(NETS)
    assert np.isnan(matrix).sum() == (12 if measure == "matched" else 0)
    opened = zs.Catalog(catalog)
    for a, one in enumerate(names):
        for b, other in enumerate(names):
            value = opened.distances(one, other)[measure]  # type: ignore[index]
            if value is not None:
                assert matrix[a, b] == pytest.approx(value, abs=1e-12)
    for frame in (pl.read_parquet(files[0]), pl.read_csv(files[1])):
        assert frame.columns == ["network", *names]
        assert frame["network"].to_list() == names
        found = frame.drop("network").to_numpy().astype(float)
        assert np.allclose(found, matrix, rtol=0, atol=1e-15, equal_nan=True)
    assert not list(tmp_path.glob(".*"))


def test_a_table_of_too_many_columns_is_refused(
    catalog: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix_files, "MOST_COLUMNS", 3)
    result = run("--all", "--in", catalog, "-o", str(tmp_path / "all.csv"))
    assert result.exit_code == 2
    assert "write a .npy" in " ".join(result.stderr.replace("│", " ").split())


def test_names_of_several_networks_are_their_sources() -> None:
    networks = pl.DataFrame({"name": ["a", "a", "network"], "source": ["m:1", "m:2", "m:3"]})
    assert matrix_files.unique_names(networks) == ["m:1", "m:2", "m:3"]
