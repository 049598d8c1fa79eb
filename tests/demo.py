"""A catalog that is like the demo's: its names, families and metadata, on spectra made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import zoo_spectra as zs
from parts import commit
from zoo_spectra.catalog import Catalog

GENOTYPES = ("B6", "BTBR")
RANDOM = {
    "resnet18/seed0": ("resnet", 11_678_912),
    "resnet18/seed1": ("resnet", 11_678_912),
    "resnet34/seed0": ("resnet", 21_779_648),
    "resnet50/seed0": ("resnet", 25_502_912),
    "vit_tiny_patch16_224/seed0": ("vision_transformer", 5_631_000),
}


def curve(shift: float) -> dict[str, Any]:
    """A curve that is ``shift`` e-folds from the one of shift 0."""
    csd = np.full(129, shift * 8 / 129).tolist()
    return {"csd": csd, "csd_depth": [csd] * 4}


def make_demo(place: Path) -> Catalog:
    """Random networks, mice of two genotypes, and one that failed; classified at ε = 0.1."""
    catalog = Catalog.create(place)
    for at, (name, (family, parameters)) in enumerate(RANDOM.items()):
        architecture, seed = name.split("/seed")
        about = {"architecture": architecture, "seed": int(seed)}
        more = {"family": family, "parameters": parameters, "metadata": json.dumps(about), "run": 1}
        commit(catalog, name, f"r{at}", second=at, **more, **curve(0.01 * at))
    for at in range(8):
        genotype, sex = GENOTYPES[at % 2], ("male", "female")[at // 4]
        about = {"genotype": genotype, "sex": sex}
        more = {"family": genotype, "kind": "biological", "metadata": json.dumps(about), "run": 1}
        shift = 3.0 + 2.0 * (at % 2) + 0.03 * at
        stable = {"parameters": 60_728, "coverage": None}
        commit(catalog, f"mouse{at}", f"m{at}", second=at, **more, **stable, **curve(shift))
    commit(catalog, "bad", "x", status="failed", reason="no weights", run=1)
    zs.classify(catalog, 0.1)
    return catalog
