"""Plug-ins that misbehave: a bad list is one clear error, a bad network its own row."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import zoo_spectra as zs
from local_ray import local_ray
from misbehaving import FINE, GOOD, LISTS, LOADS, TAKEN, WALKS, Odd, OddLists, Unpicklable
from networks import zoo
from runner.rows_of import rows_of
from zoo_spectra.errors import AdapterError
from zoo_spectra.runner import tasks
from zoo_spectra.runner.failures import MOST_TRACEBACK
from zoo_spectra.runner.work import Bench, analyze_share, finish_network
from zoo_spectra.testing import check_adapter

BAD = sorted({**WALKS, **LOADS})


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_a_bad_list_is_one_error_that_names_the_adapter(tmp_path: Path, kind: str) -> None:
    with pytest.raises(AdapterError, match="adapter 'odd'") as told:
        zs.run(f"odd:{kind}", catalog=str(tmp_path / "z"), in_process=True, adapters=[OddLists()])
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 400
    assert not (tmp_path / "z").exists()


@pytest.mark.parametrize("kind", sorted(TAKEN))
def test_what_is_as_good_is_taken(tmp_path: Path, kind: str) -> None:
    place = str(tmp_path / "zoo")
    ran = zs.run(f"odd:{kind}", catalog=place, in_process=True, adapters=[OddLists()])
    assert ran.asked == ran.count("ok") == zs.Catalog(place).networks().collect().height
    again = zs.run(f"odd:{kind}", catalog=place, in_process=True, adapters=[OddLists()])
    assert again.done_before == ran.asked


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_the_contract_suite_finds_a_bad_list(kind: str) -> None:
    with pytest.raises(AssertionError) as told:
        check_adapter(OddLists(), kind)
    assert str(told.value).isprintable()


@pytest.mark.parametrize("kind", BAD)
def test_the_contract_suite_finds_a_bad_network(kind: str) -> None:
    with pytest.raises(AssertionError) as told:
        check_adapter(Odd(), kind)
    assert str(told.value)


def test_the_contract_suite_finds_what_cannot_be_pickled() -> None:
    with pytest.raises(AssertionError, match="can be pickled.*lock.*open files.*in load"):
        check_adapter(Unpicklable(), "fine")
    assert check_adapter(Odd(), "fine")


def run_all(place: Path, **how: object) -> dict[str, dict[str, object]]:
    sources = [*(f"odd:{kind}" for kind in (*BAD, *FINE)), "memory:*"]
    ran = zs.run(sources, catalog=str(place), adapters=[Odd(), zoo(2)], **how)  # type: ignore[arg-type]
    rows = zs.Catalog(place).networks().collect()
    assert rows.height == ran.asked == len(sources) + 1
    assert ran.count("ok") == len(FINE) + 2
    assert ran.count("failed") == len(BAD)
    return {row["name"]: row for row in rows.to_dicts()}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of all of them, in this process."""
    place = tmp_path_factory.mktemp("plugins") / "zoo"
    run_all(place, in_process=True)
    return place


def test_a_bad_network_is_its_own_row_and_the_rest_go_on(here: Path) -> None:
    rows = {row["name"]: row for row in zs.Catalog(here).networks().collect().to_dicts()}
    for kind in BAD:
        assert rows[kind]["status"] == "failed", kind
        assert rows[kind]["reason"], kind
    reasons = {kind: str(rows[kind]["reason"]) for kind in BAD}
    assert reasons["walk_raises"] == "ZeroDivisionError: in walk"
    assert reasons["walk_exits"] == "SystemExit: 0"
    assert reasons["load_exits"] == "SystemExit: 3"
    assert reasons["walk_interrupts"] == "KeyboardInterrupt"
    assert reasons["walk_stranger"] == "Stranger: in walk"
    assert reasons["walk_unspeakable"] == "Unspeakable: (its text cannot be had)"
    assert reasons["walk_surrogate"] == r"ValueError: in \udcff walk"
    assert reasons["walk_nul"] == r"ValueError: in \x00 walk"
    assert "not enough memory" in reasons["walk_memory"]
    assert "more constituents than the 3 that its listing promised" in reasons["more"]
    assert "more constituents than the 3" in reasons["endless"]
    assert "fewer has 2 constituents, not the 3" in reasons["fewer"]
    assert "constituent 2 (w2) has shape (4, 5), not (4, 4)" in reasons["other_shape"]
    assert "object is no number" in reasons["matrix_object"]
    assert "shape (4, 2, 2) is no matrix" in reasons["matrix_3d"]


def test_a_traceback_is_kept_of_what_nobody_foresaw(here: Path) -> None:
    rows = {row["name"]: row for row in zs.Catalog(here).networks().collect().to_dicts()}
    for kind in ("walk_raises", "walk_exits", "load_stranger", "walk_unspeakable"):
        assert "misbehaving.py" in rows[kind]["traceback"], kind
        assert len(rows[kind]["traceback"]) <= MOST_TRACEBACK + 10
    for kind in ("fine", "more", "matrix_3d", "load_none"):
        assert rows[kind]["traceback"] is None, kind
    assert {row["pid"] for row in rows.values()} == {os.getpid()}


def test_a_buffer_used_again_and_again_is_analysed_as_what_it_was(here: Path) -> None:
    found = (
        zs.Catalog(here)
        .spectra()
        .join(zs.Catalog(here).networks().select("commit_id", "name"), on="commit_id")
    )
    rows = found.filter(pl.col("name") == "reused").sort("position").collect()
    for number, row in enumerate(rows.to_dicts()):
        matrix = np.diag([1.0, 2.0, 3.0, 4.0]) * 10.0**number + 0.1
        assert row["eigenvalues"] == pytest.approx(np.linalg.svd(matrix)[1][::-1] ** 2)


def test_a_split_network_keeps_its_promise_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "SPLIT_FLOPS", 1.0)
    monkeypatch.setattr(tasks, "SHARE_FLOPS", 1.0)
    bench = Bench({"odd": Odd()}, zs.Catalog.create(str(tmp_path / "zoo")), zs.Settings())
    for kind in ("more", "fewer", "other_shape", "walk_exits", "load_none", "fine"):
        (ref,) = zs.list_networks(f"odd:{kind}", {"odd": Odd()})
        shares = tasks.tasks_of(ref)
        assert len(shares) == 3
        told = [analyze_share(bench, ref, s.positions, s.key[-1], 1) for s in shares]
        if kind == "fine":
            assert told == [None] * 3
            told = [finish_network(bench, ref, 1)]
        assert {receipt.status for receipt in told if receipt} == {
            "ok" if kind == "fine" else "failed"
        }, kind


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_not_the_plug_in_s_fault(tmp_path: Path, number: int) -> None:
    class Interrupted(Odd):
        def load(self, ref):  # type: ignore[no-untyped-def]
            try:
                os.kill(os.getpid(), number)
                sum(range(10))  # a handler runs between two steps
            except BaseException:  # as careless code does
                return super().load(ref)
            return super().load(ref)

    def ends(signum: int, frame: object) -> None:
        raise SystemExit(77)

    handlers = {s: signal.signal(s, ends) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit, match="77"):
            zs.run(
                "odd:fine", catalog=str(tmp_path / "z"), in_process=True, adapters=[Interrupted()]
            )
        assert signal.getsignal(number) is ends
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
    assert zs.Catalog(tmp_path / "z").networks().collect().height == 0


def test_python_s_own_door_says_the_same(tmp_path: Path) -> None:
    with pytest.raises(zs.errors.NetworkError, match="which is no Network"):
        zs.load("odd:load_none", {"odd": Odd()})
    assert zs.load("odd:fine", {"odd": Odd()}).name == "fine"
    assert GOOD.shape == (4, 4)


def test_on_ray_the_same(tmp_path: Path, here: Path) -> None:
    with local_ray():
        rows = run_all(tmp_path / "zoo", workers=2)
    (networks, spectra), (same, pieces) = rows_of(tmp_path / "zoo"), rows_of(here)
    assert_frame_equal(networks, same, rel_tol=1e-9, abs_tol=1e-12)
    ended = same.filter(status="ok").select("network_id")  # before an error more or less is read
    spectra, pieces = (each.join(ended, on="network_id", how="semi") for each in (spectra, pieces))
    assert_frame_equal(spectra, pieces, rel_tol=1e-9, abs_tol=1e-12)
    assert {row["attempts"] for row in rows.values()} == {1}, "no worker died of any"
