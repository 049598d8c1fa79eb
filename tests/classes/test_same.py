"""Which networks have equal weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.classes import equal_weights


def analysed(place: Path, *adapters: zs.MemoryAdapter) -> zs.Catalog:
    for adapter in adapters:
        zs.run("memory:*", catalog=str(place), in_process=True, adapters=[adapter])
    return zs.Catalog(place)


def test_equal_weights_are_groups_of_names(tmp_path: Path) -> None:
    changed = {name: array.copy() for name, array in arrays(0).items()}
    changed["layer0"][0, 0] += 1e-9
    networks = {
        "a": arrays(0), "copy of a": arrays(0), "nearly a": changed, "b": arrays(1),
        "b2": arrays(1), "b3": arrays(1), "alone": arrays(2),
        "renamed": {f"x{name}": array for name, array in arrays(2).items()},
        "bad": {"w": np.full((3, 3), np.inf)}, "bad2": {"w": np.full((3, 3), np.inf)},
    }  # fmt: skip
    catalog = analysed(tmp_path / "cat", zs.MemoryAdapter(networks))
    assert equal_weights(catalog) == [
        ("b", "b2", "b3"),
        ("a", "copy of a"),
        ("alone", "renamed"),
    ]


def test_one_file_twice_under_one_name_is_told_by_its_sources(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder / "zoo").mkdir(parents=True)
        np.savez(tmp_path / folder / "zoo/net.npz", **arrays(0))
    source = f"checkpoint:{tmp_path}/*/zoo/net.npz"
    zs.run(source, catalog=str(tmp_path / "cat"), in_process=True)
    (group,) = equal_weights(zs.Catalog(tmp_path / "cat"))
    assert group == tuple(f"checkpoint:{tmp_path}/{folder}/zoo/net.npz" for folder in "xy")


def test_nothing_is_equal_in_an_empty_catalog(tmp_path: Path) -> None:
    assert equal_weights(zs.Catalog.create(tmp_path / "cat")) == []
