"""A catalog of subjects in two groups: who they are is metadata, their spectra are real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo import curve
from networks import arrays
from parts import result
from zoo_spectra.catalog import Catalog

Make = Callable[..., Catalog]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A catalog of networks with pooled curves: ``shift`` of each, and its metadata."""

    def made(people: list[dict[str, Any]], shifts: list[float], **more: Any) -> Catalog:
        catalog = Catalog.create(tmp_path / "people")
        for at, (about, shift) in enumerate(zip(people, shifts, strict=True)):
            given = {"metadata": json.dumps(about), "run": 1, "kind": "biological", **curve(shift)}
            row, spectra = result(f"scan{at:02d}", f"c{at}", second=at, **given)
            catalog.commit(f"c{at}", [row | more], spectra)
        return catalog

    return made


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Twelve networks of three layers: in half of them the second is of low rank."""
    import zoo_spectra as zs

    networks = {}
    for seed in range(12):
        layers = arrays(seed, spread=0.0)
        if seed % 2:
            layers["layer1"] = layers["layer1"] * np.exp(
                np.linspace(0, 2, layers["layer1"].shape[1])
            )
        networks[f"{'ab'[seed % 2]}{seed:02d}"] = layers
    place = tmp_path_factory.mktemp("real") / "zoo"
    adapter = zs.MemoryAdapter(networks)
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[adapter], progress=False)
    return Catalog(place)
