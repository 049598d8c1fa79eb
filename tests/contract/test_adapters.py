"""The contract suite on every installed adapter, found through its entry point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from hub_server import Repo, local_hub
from networks import zoo
from zoo_spectra.errors import SourceError
from zoo_spectra.sources import samples
from zoo_spectra.sources.adapter import Adapter, adapter_names, get_adapter
from zoo_spectra.sources.source import parse_source
from zoo_spectra.testing import check_adapter, check_refuses

# A few small real networks of each adapter; one that is installed and not listed here fails.
EXAMPLES = {
    "checkpoint": "checkpoint:@samples/neuralfoil/nn-x*small.npz",
    "hf": "hf:acme/one",
    "connectome": "connectome:@samples/worms/witvliet_[12].json?synapse=both",
    "memory": "memory:net[01]",
    "timm": "timm:mobilenetv3_small_0*?seed=3",
}


@pytest.fixture(scope="module", autouse=True)
def sample_files() -> None:
    samples.fetch(["neuralfoil", "worms"], echo=lambda line: None)


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub on this machine, with one network."""
    matrices = {"a.weight": np.eye(8, 9, dtype=np.float32)}
    with local_hub(tmp_path, monkeypatch) as served:
        served.repos["acme/one"] = Repo({"model.safetensors": save(matrices)})
        yield


def opened(name: str) -> Adapter:
    # The installed in-memory adapter is empty by nature.
    return zoo() if name == "memory" else get_adapter(name)


@pytest.mark.parametrize("name", adapter_names())
def test_the_contract_is_kept(name: str) -> None:
    source = parse_source(EXAMPLES[name])
    count = 1 if name == "hf" else 2  # which has no patterns
    assert len(check_adapter(opened(name), source.pattern, source.options)) == count


@pytest.mark.parametrize("name", adapter_names())
def test_a_pattern_without_a_match_is_refused(name: str) -> None:
    message = check_refuses(opened(name), "no-such-network-anywhere", SourceError)
    assert "no-such-network-anywhere" in message
