"""What a summary and a network's page say of what was not analysed, or guessed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.terminal.about import partly_read
from zoo_spectra.terminal.app import app

QUEUE = {"encoder.queue": np.ones((60, 90))}
FUSED = {"attn.query_key_value.weight": np.random.default_rng(0).normal(size=(24, 8))}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("zoo")
    given = {"whole": arrays(0), "half": arrays(1) | QUEUE, "fused": arrays(2) | FUSED}
    job = zs.Job(sources=("memory:*",), catalog=str(place))
    zs.run(job, in_process=True, adapters=[zs.MemoryAdapter(given)], progress=False)
    return place


def test_a_row_has_what_was_left_out(catalog: Path) -> None:
    rows = {row["name"]: row for row in zs.Catalog(catalog).networks().collect().to_dicts()}
    entries = sum(array.size for array in arrays(1).values())
    assert rows["half"]["coverage"] == pytest.approx(entries / (entries + 5400))
    assert list(json.loads(rows["half"]["left_out"]).values()) == [1]
    assert (rows["whole"]["coverage"], rows["whole"]["left_out"]) == (1, None)
    assert rows["whole"]["notes"] is None
    assert "query, key and value stay whole" in rows["fused"]["notes"]


def test_a_summary_says_it_in_two_lines(catalog: Path) -> None:
    low, noted = partly_read(zs.Catalog(catalog))
    assert low.startswith("1 network with less than 90 % of all stored entries in constituents")
    assert low.endswith("(half)")
    said = "1 network with notes: query, key and value stay whole: their order is not known (1)"
    assert noted == said


def test_a_networks_page_has_it(catalog: Path) -> None:
    result = CliRunner().invoke(app, ["show", str(catalog), "fused"])
    assert result.exit_code == 0
    for word in ("coverage", "notes", "stay whole"):
        assert word in result.output


def test_a_spectrum_says_it() -> None:
    text = repr(zs.analyze(arrays(0) | QUEUE | FUSED))
    assert "% of all stored entries" in text
    assert "note: query, key and value stay whole" in text
