"""What is written down of a run, and how it is told while it goes on and afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from parts import commit
from waiting import wait_for
from zoo_spectra.catalog import Catalog, begin_run, compact, end_run, last_record, run_told
from zoo_spectra.errors import CatalogError
from zoo_spectra.runner import Silent, Stop

NETS = {"a": arrays(0), "b": arrays(1), "bad": {"w": np.full((3, 3), np.inf)}}


def run(place: Path, names: str = "*", **more: object) -> zs.Summary:
    adapters = [zs.MemoryAdapter(NETS), FaultyAdapter()]
    return zs.run(
        f"memory:{names}",
        catalog=str(place),
        in_process=True,
        adapters=adapters,
        progress=False,
        **more,  # type: ignore[arg-type]
    )


def test_a_run_says_what_it_did(tmp_path: Path) -> None:
    run(tmp_path / "zoo", "a")
    run(tmp_path / "zoo")
    catalog = Catalog(tmp_path / "zoo")
    told = run_told(catalog)
    assert (told.run, told.state) == (2, "complete")
    assert told.record is not None
    assert (told.record.asked, told.record.todo, told.record.pid) == (3, 2, os.getpid())
    assert told.counts == {"ok": 1, "failed": 1} == dict(told.record.counts)
    assert told.left == 0
    assert told.workers is not None
    assert told.workers.select("pid", "networks", "not_ok").rows() == [(os.getpid(), 2, 1)]
    first = run_told(catalog, 1)
    assert (first.state, dict(first.counts or {}), first.left) == ("complete", {"ok": 1}, 0)


def test_a_run_that_is_stopped_leaves_some(tmp_path: Path) -> None:
    run(tmp_path / "zoo", stop=Stop(requested=True))
    told = run_told(Catalog(tmp_path / "zoo"))
    assert (told.state, told.left) == ("stopped", 3)


class Breaks(Silent):
    def begin(self, todo: int, done: int) -> None:
        raise RuntimeError("boom")


def test_a_run_that_ends_with_an_error(tmp_path: Path) -> None:
    adapter = zs.MemoryAdapter(NETS)
    with pytest.raises(RuntimeError, match="boom"):
        zs.run("memory:a", catalog=str(tmp_path / "zoo"), in_process=True, adapters=[adapter],
               progress=Breaks())  # fmt: skip
    told = run_told(Catalog(tmp_path / "zoo"))
    assert (told.state, told.left) == ("failed", 1)
    assert told.record is not None
    assert told.record.outcome == "RuntimeError: boom"


def test_rows_that_are_described_anew_are_not_counted(tmp_path: Path) -> None:
    run(tmp_path / "zoo", "a")
    adapter = zs.MemoryAdapter(NETS, family="other")
    zs.run("memory:[ab]", catalog=str(tmp_path / "zoo"), in_process=True, adapters=[adapter],
           progress=False)  # fmt: skip
    told = run_told(Catalog(tmp_path / "zoo"))
    assert told.record is not None
    assert len(told.record.described) == 1
    assert told.workers is not None
    assert told.workers["networks"].to_list() == [1]
    assert dict(told.counts or {}) == {"ok": 1}


def test_a_run_at_work_is_counted_in_its_rows(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    record = begin_run(catalog, asked=5, todo=4, described=[])
    commit(catalog, "one", "c1", host="h", pid=1, worker="w")
    commit(catalog, "two", "c2", host="h", pid=2, status="failed", reason="no")
    told = run_told(catalog)
    assert (told.state, told.left) == ("at work", 2)
    assert told.counts == {"ok": 1, "failed": 1, "quarantined": 0}
    assert told.workers is not None
    assert told.workers.select("host", "worker", "pid", "not_ok").rows() == [
        ("h", "w", 1, 0),
        ("h", None, 2, 1),
    ]
    assert last_record(catalog) == record
    end_run(catalog, record, "complete", {"ok": 3, "failed": 1})
    assert (run_told(catalog).state, run_told(catalog).left) == ("complete", 0)


def test_a_run_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time, zoo_spectra.catalog as c\n"
        "c.begin_run(c.Catalog.create(sys.argv[1]).numbered(), 3, 3, [])\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "zoo")])
    try:
        wait_for(lambda: (tmp_path / "zoo/runs/00000001.json").exists())
        assert run_told(Catalog(tmp_path / "zoo")).state == "at work"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    told = run_told(Catalog(tmp_path / "zoo"))
    assert (told.state, told.left) == ("gone", 3)


def test_a_run_on_another_machine(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    begin_run(catalog, 3, 3, [])
    path = tmp_path / "zoo/runs/00000001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "elsewhere"}))
    assert run_told(catalog).state == "not known"


def test_a_run_before_any_were_written_down(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "one", "c1")
    told = run_told(catalog)
    assert (told.run, told.record, told.state, told.left) == (0, None, "not known", None)
    assert told.counts == {"ok": 1, "failed": 0, "quarantined": 0}
    with pytest.raises(CatalogError, match="has no run 7; there are: 0"):
        run_told(catalog, 7)


def test_what_a_compaction_has_dropped_is_not_counted(tmp_path: Path) -> None:
    run(tmp_path / "zoo")
    catalog = Catalog(tmp_path / "zoo")
    commit(catalog.numbered(), "later", "c2")
    compact(catalog)
    told = run_told(catalog, 1)
    assert told.workers is None
    assert told.counts == {"ok": 2, "failed": 1}  # which were written down at its end
    (tmp_path / "zoo/runs/00000001.json").unlink()
    assert run_told(catalog, 1).counts is None


@pytest.mark.parametrize(
    "change",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000,
        {"asked": -1}, {"todo": "3"}, {"pid": 1.5}, {"since": "never"}, {"since": None},
        {"counts": {"lost": 1}}, {"counts": [1]}, {"described": 5}, {"described": [1]},
        {"host": None}, {"outcome": 3}, {"ended": "0001-01-01T00:00:00"}, {"born": True},
    ],
)  # fmt: skip
def test_a_file_that_says_something_else(tmp_path: Path, change: bytes | dict[str, object]) -> None:
    catalog = Catalog.create(tmp_path / "zoo").numbered()
    begin_run(catalog, 3, 3, [])
    path = tmp_path / "zoo/runs/00000001.json"
    if isinstance(change, dict):
        change = json.dumps(json.loads(path.read_text()) | change).encode()
    path.write_bytes(change)
    try:
        told = run_told(catalog)
    except CatalogError as error:
        assert "does not say what a run did" in str(error)  # noqa: PT017
        assert "remove it" in str(error)  # noqa: PT017
    else:  # a year that there was
        assert told.record is not None
        assert told.record.ended is not None
        assert told.record.ended.year <= 1


def test_nothing_is_waited_for(tmp_path: Path) -> None:
    """A catalog that a run of an older version left has no such folder."""
    catalog = Catalog.create(tmp_path / "zoo")
    assert last_record(catalog) is None
