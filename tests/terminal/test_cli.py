"""The command line as a user calls it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from networks import arrays

PROGRAM = Path(sys.executable).with_name("zoo-spectra")


def call(*arguments: str, cwd: Path, columns: int = 140) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": str(columns), "NO_COLOR": "1"}
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files with a catalog ``zoo`` of three good networks and a bad one."""
    place = tmp_path_factory.mktemp("cli")
    (place / "nets").mkdir()
    for seed in range(3):
        np.savez(place / f"nets/net{seed}.npz", **arrays(seed))
    np.savez(place / "nets/bad.npz", w=np.full((3, 3), np.nan))
    edges = "\n".join(f"n{i} n{(i * 7 + 3) % 20} {i + 1}" for i in range(20))
    (place / "nets/ring.edgelist").write_text(edges)
    sources = ["checkpoint:nets/*.npz", "connectome:nets/ring.edgelist"]
    ran = call("run", *sources, "--catalog", "zoo", "--workers", "2", cwd=place)
    assert ran.returncode == 1, ran.stderr
    assert "5 networks asked for: 4 ok, 1 failed" in ran.stdout
    assert "9 non-finite entries" in ran.stdout
    assert "5/5 (1 failed) networks" in ran.stderr
    return place


def test_running_again_does_only_what_is_missing(folder: Path) -> None:
    ran = call("run", "checkpoint:nets/net*.npz", "--catalog", "zoo", "--in-process", cwd=folder)
    assert ran.returncode == 0
    assert "3 networks asked for: 0 ok, 3 done before" in ran.stdout


def test_ls_says_what_matches_without_reading_weights(folder: Path) -> None:
    ran = call("ls", "checkpoint:nets/net*.npz", cwd=folder)
    assert ran.returncode == 0
    assert "3 networks" in ran.stdout
    assert "nets/net2" in ran.stdout
    assert "left out" not in ran.stdout


def test_ls_peeks_into_networks(folder: Path) -> None:
    text = "pre,post,roi,weight\nA,B,EB,2\nA,B,FB,3\nB,[/b],EB,1\n"
    (folder / "roi.csv").write_text(text)
    (folder / "bad.csv").write_text("pre,post,a,b\nA,B,1,2\nB,A,3,4\n")
    ran = call("ls", "connectome:*.csv", "--peek", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    for said in (
        "delimiter: comma",
        "columns: pre, post, roi, weight",
        "source_column: pre",
        "weight_column: weight",
        "duplicates: 1",
        "symmetry: upper",
        "nodes: 3",
        "loops: 0",
        "heaviest: A -> B: 5",
        "its weights may be in 'a', 'b'; say which with weight=NAME",
    ):
        assert said in ran.stdout
    read = json.loads(call("ls", "connectome:*.csv", "--peek", "--json", cwd=folder).stdout)
    assert [each["peek"].get("edges") for each in read] == [None, 2]
    for name in ("roi.csv", "bad.csv"):
        (folder / name).unlink()


def test_ls_and_run_say_what_they_leave_out(folder: Path) -> None:
    said = "1 left out: 1 .edgelist"
    assert said in call("ls", "checkpoint:nets/*", cwd=folder).stdout
    ran = call("run", "checkpoint:nets/*", "--catalog", "other", "--in-process", cwd=folder)
    assert said in ran.stderr


def test_a_run_says_that_it_only_describes(folder: Path) -> None:
    sources = "checkpoint:nets/net[01].npz"
    assert call("run", sources, "--catalog", "two", "--in-process", cwd=folder).returncode == 0
    again = f"{sources}?family=x"
    ran = call("run", again, "--catalog", "two", "--in-process", cwd=folder)
    assert "described anew, not analysed again: 2" in ran.stderr
    assert "2 networks asked for: 0 ok, 2 done before" in ran.stdout
    as_json = json.loads(call("ls", "checkpoint:nets/net*.npz", "--json", cwd=folder).stdout)
    assert [ref["name"] for ref in as_json] == ["nets/net0", "nets/net1", "nets/net2"]


def test_classify_and_show(folder: Path) -> None:
    ran = call("classify", "zoo", "--accuracy", "10", cwd=folder)
    assert ran.returncode == 0
    assert "ε = 10 e-folds, average linkage" in ran.stdout
    assert "artificial + biological" in ran.stdout
    shown = call("show", "zoo", cwd=folder).stdout
    assert "artificial" in shown
    assert "failed" in shown
    assert "nets (4)" in shown
    one = call("show", "zoo", "nets/net1", cwd=folder).stdout
    assert "decay_rate" in one
    assert "1 of 4 members" in one
    row = json.loads(call("show", "zoo", "nets/net1", "--json", cwd=folder).stdout)
    assert len(row["csd"]) == 129
    assert row["class"]["class_size"] == 4


def test_query_in_sql(folder: Path) -> None:
    sql = "SELECT status, COUNT(*) AS n FROM networks GROUP BY status ORDER BY status"
    rows = json.loads(call("query", "zoo", sql, "--json", cwd=folder).stdout)
    assert rows == [{"status": "failed", "n": 1}, {"status": "ok", "n": 4}]
    assert "│ ok" in call("query", "zoo", sql, cwd=folder).stdout


def test_run_json_is_one_object(folder: Path) -> None:
    ran = call(
        "run", "checkpoint:nets/*.npz", "--catalog", "zoo", "--in-process", "--json", cwd=folder
    )
    summary = json.loads(ran.stdout)
    assert (summary["ok"], summary["failed"], summary["done_before"]) == (0, 1, 3)
    assert ran.returncode == 1


def test_a_job_file_runs_and_classifies(folder: Path) -> None:
    job = 'sources = ["checkpoint:nets/net*.npz"]\ncatalog = "jobzoo"\n[classify]\naccuracy = 0.5\n'
    (folder / "job.toml").write_text(job)
    ran = call("run", "job.toml", "--in-process", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "Equivalence classes at ε = 0.5" in ran.stdout
    assert (folder / "jobzoo/catalog.json").is_file()


def test_samples_can_be_listed(folder: Path) -> None:
    ran = call("samples", "--list", cwd=folder, columns=200)
    assert ran.returncode == 0
    assert "32 mouse brains" in ran.stdout
    assert "Apache-2.0" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "tim:x"], "unknown adapter 'tim'; did you mean 'timm'"),
        (["run", "checkpoint:nets/*.pt"], "matches no file"),
        (["run", "checkpoint:nets/net0.npz?famly=x"], "no option 'famly'; did you mean 'family'"),
        (["run", "resnet18"], "is not a source; write ADAPTER:PATTERN"),
        (["run", "none.toml"], "none.toml: cannot be read"),
        (["run", "a.toml", "checkpoint:x"], "one JOB.toml"),
        (["run", "checkpoint:nets/net0.npz", "--workers", "0"], "--workers"),
        (["run", "checkpoint:nets/net0.npz", "--catalog", "nets"], "holds other files"),
        (["run", "checkpoint:nets/net0.npz", "--catalog", "/proc/zoo"], "cannot be written"),
        (["run", "checkpoint:nets/net0.npz", "--in-process", "--workers", "2"], "goes without"),
        (["ls", "timm:no_such_model_at_all"], "no_such_model_at_all"),
        (["show", "nowhere"], "no catalog at nowhere"),
        (["show", "zoo", "nets/net9"], "did you mean 'nets/net"),
        (["query", "zoo", "SELECT nothing FROM networks"], "there is no column 'nothing'"),
        (["query", "zoo", "DROP everything"], "at fault"),
        (["classify", "nowhere"], "no catalog"),
        (["classify", "zoo", "--accuracy", "-1"], "--accuracy"),
        (["classify", "zoo", "--linkage", "ward"], "'average', 'complete', 'single'"),
        (["samples", "wurms"], "did you mean 'worms'"),
        (["plot"], "plot"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_and_bad_input_are_exit_2_and_no_traceback(
    folder: Path, arguments: list[str], message: str
) -> None:
    before = sorted(folder.rglob("*"))
    ran = call(*arguments, cwd=folder, columns=300)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout
    assert sorted(folder.rglob("*")) == before, "bad input has left something behind"
