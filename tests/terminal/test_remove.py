"""``remove``, ``classify --where`` and what a query may read, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.errors import CatalogError
from zoo_spectra.terminal.app import app


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    place = str(tmp_path / "zoo")
    adapter = zs.MemoryAdapter({name: arrays(at) for at, name in enumerate(("a", "b", "c[x]"))})
    zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=False)
    return place


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def names(catalog: str) -> list[str]:
    rows = json.loads(call("query", catalog, "SELECT name FROM networks ORDER BY name", "--json"))
    return [row["name"] for row in rows]


def test_a_dry_run_only_lists(catalog: str) -> None:
    told = call("remove", catalog, "--where", "name LIKE 'c%'", "--dry-run")
    assert "c[x]" in told
    assert "1 network would be removed" in told
    assert names(catalog) == ["a", "b", "c[x]"]


def test_what_is_removed_is_shown_no_more_until_it_is_run_again(catalog: str) -> None:
    call("classify", catalog, "--accuracy", "1000")
    told = call("remove", catalog, "--where", "name <> 'a'")
    assert "2 networks removed" in told
    assert names(catalog) == ["a"]
    shown = json.loads(call("show", catalog, "--json"))["classes"]
    assert [row["name"] for row in shown] == ["a"]
    gone = json.loads(call("remove", catalog, "--where", "name = 'b'", "--json"))
    assert gone == []
    adapter = zs.MemoryAdapter({"b": arrays(1)})
    zs.run("memory:b", catalog=catalog, in_process=True, adapters=[adapter], progress=False)
    assert names(catalog) == ["a", "b"]


def test_only_some_are_classified(catalog: str) -> None:
    rows = json.loads(call("classify", catalog, "--where", "name < 'c'", "--json"))
    assert [row["name"] for row in rows] == ["a", "b"]


def test_a_run_says_what_the_classes_hold_beyond_its_job(tmp_path: Path, catalog: str) -> None:
    adapter = zs.MemoryAdapter({"d": arrays(7)})
    job = zs.Job.model_validate({"sources": "memory:d", "catalog": catalog, "classify": {}})
    done = zs.run(job, in_process=True, adapters=[adapter], progress=False)
    assert (done.classified, done.classified_others) == (4, 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("remove", "--where", "nothing = 1"), "nothing"),
        (("remove", "--where", "name = 'a' OR"), "at fault"),
        (("classify", "--where", "name = 'zz'"), "no network to classify where name = 'zz'"),
        (("query", "SELECT * FROM read_csv('/etc/passwd')"), "--files"),
        (("query", "SELECT * FROM nets"), "nets"),
    ],
)
def test_a_condition_or_query_that_is_wrong(
    catalog: str, arguments: tuple[str, ...], said: str
) -> None:
    command, *more = arguments
    with pytest.raises(CatalogError, match=said):
        CliRunner().invoke(app, [command, catalog, *more], catch_exceptions=False)
