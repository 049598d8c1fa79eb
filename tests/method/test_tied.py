"""A matrix that is stored twice counts once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import zoo_spectra as zs
from networks import arrays


def test_a_copy_counts_once_under_its_first_name() -> None:
    given = arrays(0)
    spectrum = zs.analyze(given | {"head": given["layer1"].copy()})
    assert [c.skipped for c in spectrum.constituents] == [
        *([None] * 3),
        "the same as layer1 (stored twice)",
    ]
    assert spectrum.distance(zs.analyze(given)) == 0


def test_another_shape_type_or_entry_is_another_matrix() -> None:
    one = np.arange(1.0, 25).reshape(4, 6)
    changed = one.copy()
    changed[0, 0] += 1e-9
    given = {"a": one, "b": one.reshape(6, 4), "c": one.astype("f4"), "d": changed}
    assert all(c.skipped is None for c in zs.analyze(given).constituents)


def test_equal_blocks_of_a_connectome_are_two() -> None:
    block = np.arange(1.0, 17).reshape(4, 4)
    adapter = zs.MemoryAdapter({"worm": {"a": block, "b": block.copy()}}, kind="biological")
    (ref,) = adapter.list("worm", {})
    assert len(zs.analyze(adapter.load(ref)).used) == 2


def test_a_run_says_so_in_the_table(tmp_path: Path) -> None:
    given = arrays(0)
    adapter = zs.MemoryAdapter({"net": given | {"head": given["layer1"].copy()}})
    zs.run(zs.Job(sources=("memory:net",), catalog=str(tmp_path)), in_process=True,
           adapters=[adapter])  # fmt: skip
    catalog = zs.Catalog(tmp_path)
    row = catalog.network("net")
    assert (row["constituents"], row["skipped"]) == (3, 1)
    rows = catalog.spectra().collect().sort("position")
    assert rows["skipped"].to_list()[-1] == "the same as layer1 (stored twice)"
    assert rows["eigenvalues"].list.len().to_list()[-1] == 0
    assert rows["digest"].n_unique() == 3
