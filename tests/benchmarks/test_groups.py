"""The documents quote what the evidence on groups found."""

from __future__ import annotations

import json

from benchmarks.common import RESULTS, ROOT

FOUND = json.loads((RESULTS / "groups.json").read_text(encoding="utf-8"))
TESTS = ("place", "spread", "spread_usual", "nearest", "pairs", "where")


def test_every_figure_of_the_tables_is_that_of_the_result() -> None:
    told = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for case, found in FOUND["calibration"].items():
        counts = [f"{1000 * found[t]['share']:.0f}" if t in found else "" for t in TESTS]
        name = case.replace("_", " ").replace("/", ", ")
        assert f"| {name} | {' | '.join(counts)} |" in told
    for row in FOUND["place"]:
        keys = ("place", "nearest", "found", "false_discovery_rate")
        shares = " | ".join(f"{100 * row[key]:.0f} %" for key in keys)
        assert f"| {row['moved']:g} | {shares} |" in told


def test_the_ranges_of_the_evidence_are_those_of_the_result() -> None:
    told = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    ranges = {}
    for test in TESTS:
        cases = FOUND["calibration"].values()
        counts = [round(1000 * found[test]["share"]) for found in cases if test in found]
        ranges[test] = f"{min(counts)} to {max(counts)}"
    assert f"{ranges['place']} differ in place" in told
    assert f"{ranges['spread']} in spread and {ranges['nearest']} by nearest" in told
    assert f"calls {ranges['spread_usual']} different" in told
    assert f"are careful: {ranges['where']}." in told
