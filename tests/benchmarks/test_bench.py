"""The table of claims: `make bench` without the hour."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    sys.path.insert(0, str(ROOT))
    try:
        return importlib.import_module("benchmarks.speed.bench")
    finally:
        sys.path.remove(str(ROOT))


def test_a_claim_is_met_or_missed(bench: ModuleType) -> None:
    at_most = bench.Claim("floor", "time", "worst/1", "<= 1.15")
    at_least = bench.Claim("peers", "speed", "faster", ">= 5")
    assert [at_most.met(1.15), at_most.met(1.16)] == [True, False]
    assert [at_least.met(5.0), at_least.met(4.9)] == [True, False]
    assert at_most.of({"worst": {"1": 1.02}}) == 1.02
    assert at_most.of({"worst": {}}) is None
    assert at_most.of(None) is None


def test_a_missed_goal_and_a_change_are_seen(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "committed", lambda name: {"worst": {"1": 1.0}})
    monkeypatch.setattr(bench, "present", lambda name: {"worst": {"1": 1.2}})
    row = bench.row(bench.Claim("floor", "time", "worst/1", "<= 1.15"))
    assert row == ["time", "<= 1.15", "1", "1.2", "+20%", "MISSED"]


def test_every_claim_has_a_command_and_a_figure(bench: ModuleType) -> None:
    assert bench.CLAIMS
    for claim in bench.CLAIMS:
        assert (ROOT / "benchmarks" / "speed" / f"{claim.benchmark}.py").is_file()
        assert isinstance(claim.of(bench.present(claim.benchmark)), (int, float)), claim
        assert bench.row(claim)[0] == claim.what
