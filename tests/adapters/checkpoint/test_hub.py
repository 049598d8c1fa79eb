"""The adapter hf, against a hub on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from hub_server import COMMIT, LATER, TOKEN, Holes, Hub, Repo, Trouble, serving
from zoo_spectra.errors import NetworkError, SourceError, ZooSpectraError
from zoo_spectra.sources import list_networks, load
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint.hub import HubAdapter


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub without repositories, an empty cache, nobody logged in."""
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with serving() as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        yield served


def weights(seed: int = 0, count: int = 3, side: int = 48) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        f"layers.{number}.weight": rng.standard_normal((side, side + 16)).astype(np.float32)
        for number in range(count)
    }


def read(source: str) -> dict[str, np.ndarray]:
    return {each.name: np.asarray(each.matrix) for each in load(source).constituents()}


def assert_reads(source: str, state: dict[str, np.ndarray]) -> None:
    got = read(source)
    assert set(got) == set(state)
    for name, matrix in state.items():
        np.testing.assert_array_equal(got[name], matrix)


def test_the_contract(hub: Hub) -> None:
    state = weights()
    hub.repos["acme/one"] = Repo({"model.safetensors": save(state), "config.json": b"{}"})
    [ref] = check_adapter(HubAdapter(), "acme/one", {"family": "acmes"})
    assert ref.source == "hf:acme/one@main?family=acmes"
    assert (ref.name, ref.family) == ("acme/one", "acmes")
    assert ref.shapes == ((48, 64),) * 3
    assert ref.metadata == {
        "commit": COMMIT,
        "file": "model.safetensors",
        "format": "safetensors",
        "file_size": len(save(state)),
    }
    assert_reads("hf:acme/one", state)
