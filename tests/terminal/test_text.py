"""Names are text: nothing in one is markup, a command of the terminal, or hidden."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.classes.difference import CLASSES, NETWORKS, Difference
from zoo_spectra.sources import NetworkRef
from zoo_spectra.terminal.changes import change_tables
from zoo_spectra.terminal.comparing import comparison_table
from zoo_spectra.terminal.doubles import duplicates_table
from zoo_spectra.terminal.frames import print_frame
from zoo_spectra.terminal.listing import network_listing
from zoo_spectra.terminal.neighbours import neighbour_table
from zoo_spectra.terminal.offers import offer_table
from zoo_spectra.terminal.tables import (
    class_table,
    failed_table,
    member_table,
    network_table,
    problem_table,
    removed_table,
)
from zoo_spectra.text import count, message, visible

NAMES = [
    "run[lr=0.1]",
    "x[/y]",
    "[bold red]",
    "a\\[b]",
    "esc\x1b[31mred",
    "c1\x9b31m",
    "bell\x07",
    "two\nlines",
    "tab\there",
    "bidi\u202egnp.exe",
    "zero\u200bwidth",
    "lone\udce9",
    "line\u2028separator",
    ":smile:",
    "n" * 300,
]


def printed(renderable: object, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=width, no_color=True).print(renderable)
    return out.getvalue()


def assert_shown(name: str, text: str) -> None:
    """The whole name is there, folded or not, and nothing of it acted on the terminal."""
    flat = "".join(c for c in text if c not in "│┃\n ")
    assert visible(name).replace(" ", "") in flat
    assert not any(c in text for c in "\x07\x9b\u202e\u200b\u2028\udce9")
    assert "\x1b[31m" not in text


@given(st.text())
def test_visible_text_is_printable_and_keeps_what_was_printable(text: str) -> None:
    shown = visible(text)
    assert all(c.isprintable() for c in shown)
    shown.encode()
    if text.isprintable():
        assert shown == text
    assert visible(shown) == shown


def test_a_message_keeps_its_lines() -> None:
    assert message("one\ntwo\x1b[0m") == "one\ntwo\\x1b[0m"


def test_counts() -> None:
    assert [count(n, "network") for n in (0, 1, 2)] == ["0 networks", "1 network", "2 networks"]
    assert count(12345, "matrix", "matrices") == "12,345 matrices"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_name_in_every_table(name: str, width: int) -> None:
    row = {
        "class": 1, "class_size": 2, "kind": "artificial", "family": name, "medoid": name,
        "medoid_distance": 0.0, "stability": None, "accuracy": 0.1, "linkage": "average",
        "measure": "pooled", "linked": "exact",
    }  # fmt: skip
    if name != "lone\udce9":  # Arrow holds no lone surrogate: a catalog never has one
        pair = pl.DataFrame([row | {"name": name}, row | {"name": "other"}])
        assert_shown(name, printed(class_table(pair), width))
        assert_shown(name, printed(member_table(pair), width))
        alone = pair.with_columns(pl.Series("class", [1, 2]), class_size=pl.lit(1))
        text = printed(class_table(alone), width)
        assert_shown(name, text)
        assert "No two networks are equivalent" in text
        assert "┃" not in text, "an empty table"
    if name != "lone\udce9":
        assert_shown(name, printed(comparison_table(compared(name, name), width), width))
    assert_shown(name, printed(problem_table([(name, "failed", name)]), width))
    assert_shown(name, printed(network_table({"name": name, "source": name}, None), width))


NAME = "a-network-of-forty-characters-and-no-more"
WORDS = "a reason of many words " * 10


def compared(name: str, words: str) -> zs.Comparison:
    """A comparison whose networks and constituents are called so."""
    row = {
        "place": 0, "constituent": name, "other": name, "rows": 10**4, "columns": 10**4,
        "paired_by": "name", "relation": "low_rank_update", "change": 0.1, "cosine": 0.1,
        "spectral": 0.1, "detail": words, "facts": "{}",
    }  # fmt: skip
    return zs.Comparison(name, name, "fine_tuned", True, 0.1, (words,), pl.DataFrame([row]), None)


def tables_with_a_name(width: int) -> dict[str, object]:
    """Every table that has names, with one of forty characters and much beside it."""
    member = {
        "class": 1, "class_size": 2, "kind": "artificial", "family": WORDS, "medoid": NAME,
        "medoid_distance": 0.0, "stability": 0.5, "accuracy": 0.1, "linkage": "average",
        "measure": "pooled", "linked": "exact", "name": NAME,
    }  # fmt: skip
    pair = pl.DataFrame([member, member | {"name": "other"}])
    failed = {"name": NAME, "status": "quarantined", "attempts": 2, "reason": WORDS}
    removed = {"name": NAME, "family": WORDS, "status": "ok", "source": WORDS}
    change = dict.fromkeys(NETWORKS) | {"change": "changed", "name": NAME, "why": "status, curve"}
    change |= {"before": "ok", "after": "quarantined", "distance": 1.25}
    networks = pl.DataFrame([change], schema=NETWORKS)
    merged = [("merged", 1, [*range(1, 30)], NAME, 30)]
    classes = pl.DataFrame(merged, schema=CLASSES, orient="row")
    beside = {
        "name": NAME, "kind": "artificial", "family": WORDS, "catalog": "c", "parameters": 10**8,
        "class": 12, "pooled": 0.1, "depth": 0.1, "matched": 0.1, "equal_weights": False,
    }  # fmt: skip
    kinds = pl.DataFrame([beside, beside | {"name": "other"}])
    offer = {
        "name": NAME, "family": WORDS, "parameters": 10**8, "cost": 12345.6, "saved": 0.5,
        "depth": 0.1234, "frontier": True, "role": "equivalent",
    }  # fmt: skip
    double = {
        "group": 1, "relation": "equal_weights", "name": NAME, "family": WORDS, "parameters": 10**8,
        "distance": 0.1234, "shared": 0.5,
    }  # fmt: skip
    ref = NetworkRef("memory:x", "memory", NAME, "artificial", family=WORDS)
    return {
        "classes": class_table(pair),
        "members": member_table(pair),
        "problems": problem_table([(NAME, "failed", WORDS)]),
        "failed": failed_table(pl.DataFrame([failed])),
        "removed": removed_table(pl.DataFrame([removed])),
        "changes": Group(*change_tables(Difference(networks, classes, 0, ()), width)),
        "nearest": neighbour_table(kinds, "x", "pooled", width),
        "listing": network_listing([ref]),
        "compare": comparison_table(compared(NAME, WORDS), width),
        "duplicates": duplicates_table(pl.DataFrame([double]), width),
        "cheapest": offer_table(pl.DataFrame([offer]), "x", "parameters", "depth", width),
    }


@pytest.mark.parametrize("width", [60, 80])
def test_names_shrink_last(width: int) -> None:
    for which, table in tables_with_a_name(width).items():
        text = printed(table, width)
        assert NAME in text, which
        if which in ("nearest", "cheapest"):
            assert "…" not in text, "a number is whole or not there"
            assert {"nearest": "0.1000", "cheapest": "0.1234 *"}[which] in text
            assert "no room here for: family" in text or width < 80


def test_one_member_is_one_member() -> None:
    member = {"class": 9, "class_size": 1, "medoid": "x", "medoid_distance": 0.0}
    assert "9, alone in it" in printed(network_table({"name": "x"}, member))


def test_a_traceback_is_shown_whole_and_harmless() -> None:
    told = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: \x1b[2J'
    text = printed(network_table({"name": "x", "traceback": told}, None))
    assert "ValueError: \\x1b[2J" in text
    assert 'File "x.py", line 1' in text


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of the names above, one of them with a matrix that is left out."""
    place = tmp_path_factory.mktemp("names") / "zoo"
    holed = arrays(99) | {"nan": np.full((3, 3), np.nan), "thin.weight": np.ones((1, 5))}
    nets = {name: arrays(at) for at, name in enumerate(NAMES) if name != "lone\udce9"}
    nets |= {"holed": holed, "bell\x07": nets["a\\[b]"]}
    adapter = zs.MemoryAdapter(nets)
    refs = [f"memory:{name}" for name in ("run[[]lr=0.1[]]", "holed", "a*", "e*", "c*", "b*", "t*")]
    summary = zs.run(refs, catalog=str(place), in_process=True, adapters=[adapter], progress=False)
    assert not summary.problems
    return place


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("zoo-spectra"), *arguments],
        env=os.environ | {"NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [("classify", "--accuracy", "0"), ("show",), ("query", "SELECT name FROM networks")],
    ids=" ".join,
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_every_command_prints_every_name_in_every_encoding(
    catalog: Path, arguments: tuple[str, ...], encoding: str
) -> None:
    command, *more = arguments
    ran = call(command, str(catalog), *more, COLUMNS="80", PYTHONIOENCODING=encoding)
    assert ran.returncode == 0, ran.stderr
    assert "run[lr=0.1]" in ran.stdout
    assert "esc\\x1b[31mred" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_what_was_left_out_and_what_is_equal_is_said(catalog: Path) -> None:
    text = call("show", str(catalog)).stdout
    said = "1 network has matrices left out: 2 matrices; non-finite entries (1 in 1 network), "
    assert said + "order below 2 (1 in 1 network)" in text
    equal = "equal weights: a\\[b], bell\\x07"
    assert equal in text
    assert equal in call("classify", str(catalog), "--accuracy", "0").stdout


def test_a_catalog_without_spectra_says_how_many_were_left_out() -> None:
    place = Path(__file__).resolve().parents[2] / "catalogs" / "timm-random"
    skipped = zs.Catalog(place).networks().select("skipped").collect()["skipped"]
    some, matrices = (skipped > 0).sum(), skipped.sum()
    assert matrices > 0
    said = f"{some:,} networks have matrices left out: {matrices:,} matrices; a catalog without"
    assert said in call("show", str(place)).stdout


def test_json_is_ascii_and_keeps_the_names(catalog: Path) -> None:
    sql = "SELECT name FROM networks"
    ran = call("query", str(catalog), sql, "--json", PYTHONIOENCODING="ascii")
    names = {row["name"] for row in json.loads(ran.stdout)}
    assert {"run[lr=0.1]", "esc\x1b[31mred", "two\nlines", "bidi\u202egnp.exe"} <= names


def test_a_terminal_gets_a_page_and_the_count(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame({"name": [f"n{i}" for i in range(1921)], "x": ["y" * 90] * 1921})
    print_frame(frame, 40)
    text = capsys.readouterr().out
    assert "40 of 1,921 rows" in text
    assert "n39" in text
    assert "n40" not in text
    print_frame(frame, None)
    whole = capsys.readouterr().out
    assert all(f" n{i} " in whole for i in range(1921))
    assert "y" * 90 in whole
    assert whole.endswith("1,921 rows\n")


def test_a_pipe_and_files_get_every_row(catalog: Path, tmp_path: Path) -> None:
    sql = "SELECT a.name, b.name AS other FROM networks a CROSS JOIN networks b"
    rows = len(json.loads(call("query", str(catalog), sql, "--json").stdout))
    assert rows > 40
    piped = call("query", str(catalog), sql).stdout
    assert piped.count("run[lr=0.1]") >= 2 * rows**0.5 - 1
    assert f"{rows:,} rows" in piped
    text = call("query", str(catalog), sql, "--csv").stdout
    assert pl.read_csv(io.StringIO(text)).height == rows
    for suffix, read in (
        (".csv", pl.read_csv),
        (".parquet", pl.read_parquet),
        (".json", pl.read_json),
    ):
        path = tmp_path / f"out{suffix}"
        ran = call("query", str(catalog), sql, "-o", str(path))
        assert ran.returncode == 0, ran.stderr
        assert f"{rows:,} rows in " in ran.stdout
        assert read(path).height == rows
    assert {p.name for p in tmp_path.iterdir()} == {"out.csv", "out.parquet", "out.json"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--csv", "--json"), "one of --csv, --json and -o"),
        (("-o", "out.xls"), "must end in"),
        (("-o", "/no/such/folder/out.parquet"), "cannot be written"),
        (("--csv",), "a list has no place in CSV"),
    ],
)
def test_a_query_that_cannot_be_written(
    catalog: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = call("query", str(catalog), "SELECT name, csd FROM networks", *arguments, COLUMNS="200")
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_show_says_what_a_class_that_is_not_there_would_be(catalog: Path) -> None:
    call("classify", str(catalog))
    ran = call("show", str(catalog), "--class", "999", COLUMNS="200")
    assert ran.returncode == 2
    assert "no class 999: there are 1 to " in ran.stderr
