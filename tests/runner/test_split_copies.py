"""A matrix that a network stores twice counts once, also where two workers have the copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from runner.rows_of import assert_same_rows
from zoo_spectra.method import Settings
from zoo_spectra.runner.work import Bench, analyze_networks, analyze_share, finish_network


@pytest.mark.parametrize("shares", [((2,), (0, 1)), ((0, 1), (2,)), ((1,), (0, 2))])
def test_the_rows_are_those_of_the_whole_network(
    tmp_path: Path, shares: tuple[tuple[int, ...], ...]
) -> None:
    rng = np.random.default_rng(0)
    weight, other = rng.standard_normal((40, 50)), rng.standard_normal((40, 50))
    net = {"embed.weight": weight, "fc.weight": other, "head.weight": weight.copy()}
    adapter = zs.MemoryAdapter({"net": net})
    (ref,) = adapter.list("net", {})

    def bench(name: str) -> Bench:
        return Bench({"memory": adapter}, zs.Catalog.create(tmp_path / name), Settings())

    analyze_networks(bench("whole"), [ref], [1])
    split = bench("split")
    for number, positions in enumerate(shares):
        assert analyze_share(split, ref, positions, str(number), 1) is None
    assert finish_network(split, ref, 1).status == "ok"
    assert_same_rows(tmp_path / "split", tmp_path / "whole")
    spectra = zs.Catalog(tmp_path / "split").spectra().collect().sort("position")
    assert spectra["skipped"].to_list() == [None, None, "the same as embed.weight (stored twice)"]
