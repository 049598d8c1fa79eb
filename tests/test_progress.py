"""The progress display, on a terminal and in a log."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from zoo_spectra.progress import Bar, Lines, watcher
from zoo_spectra.runner.work import Receipt


def receipt(name: str, status: str = "ok", reason: str | None = None) -> Receipt:
    return Receipt("0" * 32, name, status, reason)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_run_is_told(terminal: bool) -> None:
    out = io.StringIO()
    shown = watcher(Console(file=out, force_terminal=terminal, width=80))
    assert isinstance(shown, Bar if terminal else Lines)
    shown.begin(2, 5)
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


def test_nothing_to_do() -> None:
    out = io.StringIO()
    shown = Bar(Console(file=out, force_terminal=True, width=80))
    shown.begin(0, 3)
    shown.end()
    assert "0 networks to analyse; 3 are in the catalog already" in out.getvalue()
