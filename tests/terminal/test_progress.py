"""The progress display, on a terminal and in a log."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from zoo_spectra.runner.work import Receipt
from zoo_spectra.terminal.progress import Bar, Lines, watcher


def receipt(name: str, status: str = "ok", reason: str | None = None) -> Receipt:
    return Receipt("0" * 32, name, status, reason)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_run_is_told(terminal: bool) -> None:
    out = io.StringIO()
    shown = watcher(Console(file=out, force_terminal=terminal, width=80))
    assert isinstance(shown, Bar if terminal else Lines)
    shown.phase("starting Ray")
    shown.begin(2, 5)
    shown.phase("1 of 2 workers ready")
    shown.advance(receipt("a[/red]", "failed", "[bold]no weights"), 0.25)
    shown.advance(receipt("b"), 1.0)
    shown.end()
    text = out.getvalue()
    assert "2 networks to analyse; 5 are in the catalog already" in text
    assert "failed: a[/red]: [bold]no weights" in text
    assert "2/2" in text
    assert "100%" in text
    assert "ETA 0:00" in text
    assert "b" in text
    assert "starting Ray" in text
    assert "1 of 2 workers ready" in text


def test_nothing_to_do() -> None:
    out = io.StringIO()
    shown = Bar(Console(file=out, force_terminal=True, width=80))
    shown.begin(0, 3)
    shown.end()
    assert "0 networks to analyse; 3 are in the catalog already" in out.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_what_failed_and_what_is_tried_again_is_counted(terminal: bool) -> None:
    out = io.StringIO()
    shown = watcher(Console(file=out, force_terminal=terminal, width=120))
    shown.begin(3, 0)
    shown.retry("a", "the worker died")
    shown.retry("b", "the worker died")
    shown.advance(receipt("a", "quarantined", "died"), 0.4)
    shown.advance(receipt("c", "failed", "no"), 0.6)
    shown.advance(receipt("b"), 1.0)
    shown.end()
    text = out.getvalue()
    assert "retry: b: the worker died" in text
    assert "3/3 (1 failed, 1 quarantined)" in text
    if not terminal:
        assert "1/3 (1 quarantined, 1 in retry)" in text


@pytest.mark.parametrize("terminal", [True, False])
def test_of_one_reason_the_first_five_are_named_and_the_others_counted(terminal: bool) -> None:
    out = io.StringIO()
    shown = watcher(Console(file=out, force_terminal=terminal, width=120))
    shown.begin(14, 0)
    for at in range(12):
        shown.advance(receipt(f"net{at}", "failed", "no gpu"), (at + 1) / 14)
    shown.advance(receipt("odd", "failed", "no file"), 13 / 14)
    shown.advance(receipt("dead", "quarantined", "no gpu"), 1.0)
    shown.end()
    lines = out.getvalue().splitlines()
    named = [line for line in lines if "failed: net" in line]
    assert len(named) == 5
    assert sum("failed: 7 more networks: no gpu" in line for line in lines) == 1
    assert any("failed: odd: no file" in line for line in lines)
    assert any("quarantined: dead: no gpu" in line for line in lines)


def test_json_lines_are_objects_with_counts() -> None:
    out = io.StringIO()
    shown = watcher(Console(file=out), json_log=True)
    shown.begin(2, 1)
    shown.say("hello")
    shown.retry("a", "died")
    shown.advance(receipt("a"), 0.5)
    shown.advance(receipt("b", "failed", "no"), 1.0)
    shown.end()
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    events = ["begin", "message", "retry", "network", "network", "end"]
    assert [line["event"] for line in lines] == events
    assert (lines[0]["todo"], lines[0]["done_before"]) == (2, 1)
    assert (lines[4]["name"], lines[4]["status"], lines[4]["reason"]) == ("b", "failed", "no")
    assert (lines[5]["ok"], lines[5]["failed"], lines[5]["retried"]) == (1, 1, 1)
