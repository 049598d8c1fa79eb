"""docs/questions.md: every command and every snippet runs, and says what is so."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from demo import make_demo
from parts import commit
from zoo_spectra.catalog import Catalog, compact
from zoo_spectra.terminal.app import app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/questions.md").read_text()
DEMO = ROOT / "catalogs/demo"
BLOCK = re.compile(r"```(bash|python)\n(.*?)```", re.DOTALL)
QUESTION = re.compile(r"\*\*(\d+)\. (.*?)\*\*.*?(?=\n\*\*\d+\. |\n## |\Z)", re.DOTALL)
ASKED = {int(found[1]): BLOCK.search(found[0]) for found in QUESTION.finditer(PAGE)}
MAY_BE_EMPTY = {4, 9, 10, 12}  # none is an answer, too


# The demo's own where it was run; one like it is made in any case.
PLACES = ["like the demo", *(["the demo"] if (DEMO / "catalog.json").exists() else [])]


@pytest.fixture(scope="module", params=PLACES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalog at catalogs/demo: one made here, and the demo's where it was run."""
    place = tmp_path_factory.mktemp("questions")
    if request.param == "the demo":
        shutil.copytree(DEMO, place / "catalogs/demo")
    else:
        make_demo(place / "catalogs/demo")
    return place


def command(words: str, *more: str) -> str:
    program, *arguments = shlex.split(words)
    assert program == "zoo-spectra"
    ran = CliRunner().invoke(app, [*arguments, *more])
    assert ran.exit_code == 0, (words, ran.output, ran.exception)
    return ran.stdout


def python(code: str) -> dict[str, Any]:
    """What a snippet leaves, after the lines on top of the page."""
    first = BLOCK.search(PAGE)
    assert first is not None
    space: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        exec(first[2], space)
        exec(code, space)
    return space


def test_there_are_twenty() -> None:
    assert list(ASKED) == list(range(1, 21))
    assert all(ASKED.values())


@pytest.mark.parametrize("number", ASKED)
def test_every_question_has_an_answer(
    folder: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    block = ASKED[number]
    assert block is not None
    if block[1] == "python":
        answer = python(block[2])["answer"]
        assert number in MAY_BE_EMPTY or (
            answer.height if isinstance(answer, pl.DataFrame) else answer is not None
        )
    elif "plot" in block[2]:
        assert "written: csd.svg" in command(block[2])
        assert (folder / "csd.svg").stat().st_size > 10_000
    elif "--failed" in block[2]:
        failed = Catalog("catalogs/demo").networks("status <> 'ok'").collect().height
        assert ("did not end ok" in command(block[2])) == bool(failed)
    else:
        rows = json.loads(command(block[2], "--json"))
        assert rows or number in MAY_BE_EMPTY


def answers(number: int) -> Any:
    block = ASKED[number]
    assert block is not None
    return python(block[2])["answer"] if block[1] == "python" else json.loads(
        command(block[2], "--json")
    )  # fmt: skip


def test_answers_are_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By how the catalog was made."""
    make_demo(tmp_path / "catalogs/demo")
    monkeypatch.chdir(tmp_path)
    families = {(row["kind"], row["family"]): row["networks"] for row in answers(1)}
    assert families[("biological", "B6")] == 4
    assert families[("artificial", "resnet")] == 4
    assert {row["name"] for row in answers(7)} == {
        *("resnet18/seed0", "resnet18/seed1", "resnet34/seed0", "resnet50/seed0"),
        "vit_tiny_patch16_224/seed0",
    }
    assert [row["name"] for row in answers(8)[:2]] == ["resnet18/seed1", "resnet34/seed0"]
    assert answers(9) == []
    mixed = answers(10)
    assert mixed["family"].to_list() == [["resnet", "vision_transformer"]]
    assert answers(13)["pooled"] == pytest.approx(0.01)
    assert {row["name"] for row in answers(14)} >= {"resnet18/seed0", "resnet34/seed0"}
    assert answers(15) == 1.0
    assert [(row["genotype"], row["sex"], row["mice"]) for row in answers(19)] == [
        ("B6", "female", 2), ("B6", "male", 2), ("BTBR", "female", 2), ("BTBR", "male", 2),
    ]  # fmt: skip
    assert {row["run"] for row in answers(6)} == {1}
    assert sum(row["networks"] for row in answers(6)) == 14


OTHERS = [found[2] for found in BLOCK.finditer(PAGE.partition("## DuckDB and pandas")[2])]


def test_duckdb_and_pandas_over_the_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = make_demo(tmp_path / "catalogs/demo")
    monkeypatch.chdir(tmp_path)
    space = python(OTHERS[0])
    counted = dict(catalog.classes().group_by("family").len().collect().rows())
    found = dict(space["answer"].group_by("family").agg(pl.col("networks").sum()).rows())
    assert found == counted
    means = catalog.networks().group_by("family").agg(pl.col("decay_rate").mean()).collect()
    for family, mean in means.drop_nulls().rows():
        assert space["means"][family] == pytest.approx(mean)


@pytest.mark.parametrize("at", [1, 2], ids=["duckdb", "pandas"])
def test_plain_files_stay_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Before and after compactions, results that replace others, and removals."""
    catalog = make_demo(tmp_path / "catalogs/demo")
    monkeypatch.chdir(tmp_path)

    def same() -> None:
        answer = python(OTHERS[at])["answer"]
        frame = answer if isinstance(answer, pl.DataFrame) else pl.DataFrame(
            answer[["name", "commit_id", "decay_rate"]]
        )  # fmt: skip
        columns = ["name", "commit_id", "decay_rate"]
        expected = catalog.networks().select(columns).sort("name", "commit_id").collect()
        found = frame.select(columns).sort("name", "commit_id")
        assert_frame_equal(found, expected, check_dtypes=False)

    same()
    commit(catalog, "resnet18/seed0", "again", second=-9, run=2)  # of a clock that is behind
    commit(catalog, "mouse0", "older", second=-9, run=None)  # of format 1
    same()
    compact(catalog)
    same()
    catalog.remove("name = 'mouse1'")
    same()
    commit(catalog, "mouse1", "back", second=99, run=3)
    commit(catalog, "new", "n1", second=99, run=3)
    catalog.remove("name = 'resnet34/seed0'")
    same()
    compact(catalog)
    same()
    assert catalog.networks().collect().height == 14


def test_the_page_is_linked() -> None:
    for page in ("README.md", "catalogs/README.md"):
        assert "questions.md" in (ROOT / page).read_text()
