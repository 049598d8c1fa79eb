"""Real connectomes, and one small directed graph that every format can hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zoo_spectra.sources import samples
from zoo_spectra_connectome import ConnectomeAdapter


@pytest.fixture(scope="session")
def adapter() -> ConnectomeAdapter:
    return ConnectomeAdapter()


@pytest.fixture(scope="session")
def sample_root() -> Path:
    """The folder of the samples worms, mice and fly."""
    return samples.fetch(["worms", "mice", "fly"], echo=lambda line: None)[0].parent


@pytest.fixture
def matrix() -> np.ndarray:
    """Five nodes, directed, weighted, with a loop, a negative weight and no isolated node."""
    rng = np.random.default_rng(5)
    dense = np.round(rng.normal(size=(5, 5)) * 8) * (rng.random((5, 5)) < 0.6) / 2
    dense[0, 1], dense[1, 0], dense[2, 2], dense[4, 0], dense[3, 4] = 3.5, 0.0, 2.0, -1.5, 1.0
    return dense
