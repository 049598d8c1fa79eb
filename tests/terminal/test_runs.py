"""``show --run`` and ``--follow``: asked, done, left, failed, by whom, since when."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import arrays
from parts import commit
from zoo_spectra.catalog import Catalog, begin_run, end_run, run_told
from zoo_spectra.terminal.app import app
from zoo_spectra.terminal.runs import follow, run_table

NETS = {"good": arrays(0), "bad": {"w": np.full((3, 3), np.inf)}}


@pytest.fixture
def place(tmp_path: Path) -> str:
    zoo = str(tmp_path / "zoo")
    zs.run("memory:*", catalog=zoo, in_process=True, adapters=[zs.MemoryAdapter(NETS)],
           progress=False)  # fmt: skip
    return zoo


def show(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["show", *arguments])


def test_a_run_that_has_ended(place: str) -> None:
    text = show(place, "--run", "1").stdout
    assert f"run 1: complete; process {os.getpid()} on {socket.gethostname()}, since 20" in text
    assert "2 networks asked for: 1 ok, 1 failed, 0 left" in text
    assert "not ok" in text
    told = json.loads(show(place, "--run", "1", "--json").stdout)
    assert (told["asked"], told["left"], told["state"]) == (2, 0, "complete")
    assert told["workers"][0]["networks"] == 2
    assert "run 1" not in show(place).stdout


def test_following_a_run_that_has_ended_ends_as_it_did(place: str) -> None:
    ran = show(place, "--follow")
    assert ran.exit_code == 1
    assert "run 1: complete" in ran.stdout
    fine = str(Path(place).with_name("fine"))
    adapter = zs.MemoryAdapter({"good": arrays(0)})
    zs.run("memory:*", catalog=fine, in_process=True, adapters=[adapter], progress=False)
    assert show(fine, "--follow").exit_code == 0


def test_a_run_at_work_is_followed_until_it_ends(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    record = begin_run(catalog, asked=3, todo=2, described=[])
    steps = iter(("one", "two", "end"))

    def work(_: float) -> None:
        step = next(steps)
        if step == "end":
            end_run(catalog, record, "complete", {"ok": 2})
        else:
            commit(catalog, step, step)

    out = Console(file=io.StringIO(), width=100)
    told = follow(catalog, None, out, as_json=False, sleep=work)
    assert told.state == "complete"
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "3 networks asked for: 1 done before, 2 ok, 0 left" in text


def test_a_run_in_another_process_is_followed(tmp_path: Path) -> None:
    for at in range(4):
        np.savez(tmp_path / f"net{at}.npz", w=np.random.default_rng(at).normal(size=(700, 700)))
    program = [sys.executable, "-m", "zoo_spectra"]
    sources = ["run", "checkpoint:*.npz", "--in-process", "--catalog", "zoo"]
    with subprocess.Popen([*program, *sources], cwd=tmp_path, stderr=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL) as run:  # fmt: skip
        record = tmp_path / "zoo/runs/00000001.json"
        while not record.exists():
            assert run.poll() is None, "it ended without a word"
        done = subprocess.run(
            [*program, "show", "zoo", "--follow"], cwd=tmp_path, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert run.wait() == 0
    assert done.returncode == 0, done.stderr
    assert "run 1: complete" in done.stdout
    assert "4 networks asked for: 4 ok, 0 left" in done.stdout


def test_a_run_that_did_not_end_is_said(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    begin_run(catalog, asked=3, todo=3, described=[])
    commit(catalog, "one", "c1")
    text = show(str(tmp_path / "zoo")).stdout
    assert "run 1: at work, 2 of 3 left; see it: zoo-spectra show" in text
    path = tmp_path / "zoo/runs/00000001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"born": 1}))
    text = show(str(tmp_path / "zoo")).stdout
    assert "run 1: not finished and its process is gone: run the same command again" in text
    assert show(str(tmp_path / "zoo"), "--follow").exit_code == 1


def test_hosts_and_errors_are_text(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    record = begin_run(catalog, asked=1, todo=1, described=[])
    commit(catalog, "one", "c1", host="h[red]\x1b[31m", worker="w[/b]")
    end_run(catalog, record, "boom[/x]\x1b[2J", {"ok": 1})
    text = show(str(tmp_path / "zoo"), "--run", "1").stdout
    assert "ended with an error (boom[/x]\\x1b[2J)" in text
    assert "h[red]\\x1b[31m" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [60, 80])
def test_hosts_are_whole_on_narrow_terminals(tmp_path: Path, width: int) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    begin_run(catalog, asked=1, todo=1, described=[])
    commit(catalog, "one", "c1", host="node-17.cluster", worker="f" * 56, pid=12345)
    out = Console(width=width, file=io.StringIO())
    out.print(run_table(run_told(catalog), width))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "node-17.cluster" in text
    assert "12345" in text
    assert "…" not in text


def test_bad_usage(place: str) -> None:
    for arguments in (
        ["good", "--follow"],
        ["--failed", "--run", "1"],
        ["--class", "1", "--run", "1"],
    ):
        ran = show(place, *arguments)
        assert ran.exit_code == 2
        assert "--run, --follow" in " ".join(ran.stderr.replace("│", " ").split())
