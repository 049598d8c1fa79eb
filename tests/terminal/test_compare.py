"""``compare`` and ``duplicates``: for people, for machines, for scripts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.errors import SourceError
from zoo_spectra.terminal.app import app


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compare")
    rng = np.random.default_rng(0)
    one = {f"[b]{name}": array for name, array in arrays(0).items()}
    tuned = {name: array * (1 + 0.1 * rng.standard_normal(array.shape))
             for name, array in one.items()}  # fmt: skip
    np.savez(place / "one.npz", **one)
    np.savez(place / "tuned.npz", **tuned)
    np.savez(place / "other.npz", **{f"[b]{name}": a for name, a in arrays(1).items()})
    np.savez(place / "far.npz", w=rng.standard_normal((9, 9)))
    return place


def run(place: Path, one: str, other: str, *more: str) -> Result:
    sources = [f"checkpoint:{place}/{name}.npz" for name in (one, other)]
    return CliRunner().invoke(app, ["compare", *sources, *more])


def test_for_people(place: Path) -> None:
    ran = run(place, "one", "tuned")
    assert ran.exit_code == 0, ran.output
    assert "fine_tuned (related)" in ran.stdout
    rows = [line for line in ran.stdout.splitlines() if "[b]layer" in line and "│" in line]
    assert len(rows) == 3
    assert all("fine_tuned" in row for row in rows)


@pytest.mark.parametrize(("other", "code"), [("one", 0), ("tuned", 0), ("other", 1), ("far", 1)])
def test_for_a_script(place: Path, other: str, code: int) -> None:
    ran = run(place, "one", other, "--quiet")
    assert (ran.exit_code, ran.output) == (code, "")


def test_for_a_machine(place: Path) -> None:
    ran = run(place, "one", "other", "--json")
    assert ran.exit_code == 1
    found = json.loads(ran.stdout)
    assert list(found) == [
        "a", "b", "verdict", "related", "p_value", "evidence", "constituents",
    ]  # fmt: skip
    assert (found["verdict"], found["related"], found["p_value"]) == ("unrelated", False, None)
    assert {row["relation"] for row in found["constituents"]} == {"unlike"}
    assert all(isinstance(row["facts"], dict) for row in found["constituents"])


def test_files(place: Path, tmp_path: Path) -> None:
    for suffix in ("csv", "svg", "html"):
        ran = run(place, "one", "tuned", "--quiet", "-o", str(tmp_path / f"made.{suffix}"))
        assert ran.exit_code == 0, ran.output
    rows = list(csv.DictReader((tmp_path / "made.csv").open()))
    assert [row["relation"] for row in rows] == ["fine_tuned"] * 3
    picture = (tmp_path / "made.svg").read_text()
    assert picture.startswith("<svg")
    assert "spectral distance, e-folds" in picture
    assert "densities of both, over the 3 pairs above" in picture
    assert all(f">{side}: " in picture for side in "AB")
    page = (tmp_path / "made.html").read_text()
    numbered = re.compile(r"clip\d+")  # anew in each drawing
    assert numbered.sub("", picture) in numbered.sub("", page)
    assert page.count("<tr>") == 4


def test_names_in_a_page_are_text(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    np.savez(tmp_path / "a.npz", **{name: arrays(0)["layer0"]})
    np.savez(tmp_path / "b.npz", **{name: arrays(1)["layer0"]})
    ran = run(tmp_path, "a", "b", "-o", str(tmp_path / "made.html"))
    assert ran.exit_code == 1, ran.output
    page = (tmp_path / "made.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_bad_usage_and_bad_input(place: Path, tmp_path: Path) -> None:
    assert run(place, "one", "other", "--quiet", "--json").exit_code == 2
    ran = run(place, "one", "other", "-o", str(tmp_path / "made.pdf"))
    assert ran.exit_code == 2
    assert "must end in .csv, .html, .svg" in ran.output.replace("\n", " ").replace("│ ", "")
    assert isinstance(run(place, "one", "none").exception, SourceError)


def test_nothing_to_draw_is_said(tmp_path: Path, place: Path) -> None:
    np.savez(tmp_path / "a.npz", w=np.full((9, 9), np.nan))
    np.savez(tmp_path / "b.npz", w=np.full((11, 12), np.nan))
    ran = run(tmp_path, "a", "b", "-o", str(tmp_path / "made.svg"))
    assert isinstance(ran.exception, zs.ZooSpectraError)
    assert "there is nothing to draw" in str(ran.exception)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("duplicates") / "zoo")
    turned = {name: array[::-1] for name, array in arrays(0).items()}
    nets = {"[b]one": arrays(0), "copy": arrays(0), "turned": turned, "other": arrays(1)}
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zs.MemoryAdapter(nets)])
    return place


def test_duplicates_for_people(catalog: str) -> None:
    ran = CliRunner().invoke(app, ["duplicates", catalog])
    assert ran.exit_code == 0, ran.output
    lines = ran.stdout.splitlines()
    assert sum("equal weights │" in line for line in lines) == 2
    assert sum("equal spectra │" in line for line in lines) == 2
    assert any("[b]one" in line for line in lines)
    assert "1 group of equal weights, 1 group of equal spectra among 4 networks" in ran.stdout


def test_duplicates_for_a_machine(catalog: str, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["duplicates", catalog, "--json"])
    rows = json.loads(ran.stdout)
    assert [(row["group"], row["relation"], row["name"]) for row in rows] == [
        (1, "equal_weights", "[b]one"), (1, "equal_weights", "copy"),
        (2, "equal_spectra", "[b]one"), (2, "equal_spectra", "turned"),
    ]  # fmt: skip
    assert "among 4 networks" in ran.stderr
    ran = CliRunner().invoke(app, ["duplicates", catalog, "-o", str(tmp_path / "d.csv")])
    assert "4 rows in" in ran.stdout
    assert CliRunner().invoke(app, ["duplicates", catalog, "--csv", "--json"]).exit_code == 2


def test_no_duplicates(tmp_path: Path) -> None:
    zs.Catalog.create(tmp_path / "c")
    ran = CliRunner().invoke(app, ["duplicates", str(tmp_path / "c")])
    assert (ran.exit_code, ran.stdout) == (0, "no duplicates among 0 networks\n")
