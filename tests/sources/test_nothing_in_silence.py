"""Every tensor is in a constituent, is counted with its reason, or stops the network by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import zoo_spectra as zs
from doors import DOORS, check, matrices, through
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.effective import Entry, read
from zoo_spectra.sources.memory import MemoryAdapter, network_from_arrays


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "emb.weight": torch.randn(20, 8),
        "pos_embed": torch.randn(1, 9, 8),
        "position_embeddings.weight": torch.randn(9, 8),
        "cls_token": torch.randn(1, 1, 8),
        "norm.weight": torch.randn(8),
        "attn.mask": torch.ones(4, 4, dtype=torch.bool),
        "attn.relative_position_index": torch.zeros(9, 9, dtype=torch.long),
        "attn.relative_bias": torch.randn(9, 9),
        "table": torch.zeros(3, 3, dtype=torch.long),
        "steps": torch.tensor(3),
        "head.weight": torch.randn(5, 8),
        "head.bias": torch.randn(5),
    }


@pytest.mark.parametrize("door", DOORS)
def test_each_tensor_is_counted_once(door: str, tmp_path: Path) -> None:
    given = state()
    network = through(door, given, tmp_path)
    check(network, {name: given[name] for name in ("emb.weight", "head.weight")})
    assert sum(network.left_out.values()) + 2 == len(given)
    assert network.left_out["integer"] == 1
    assert network.left_out["mask"] == 1
    assert network.coverage == pytest.approx(200 / sum(t.numel() for t in given.values()))


def test_a_tied_tensor_is_counted_as_another_name(tmp_path: Path) -> None:
    weight = torch.randn(9, 8)
    torch.save({"emb.weight": weight, "head.weight": weight}, tmp_path / "a.pt")
    for network in (
        zs.load(f"checkpoint:{tmp_path / 'a.pt'}"),
        network_from_arrays("net", {"emb.weight": weight, "head.weight": weight}),
    ):
        assert list(matrices(network)) == ["emb.weight"]
        assert network.left_out == {"another name of a tensor": 1}


EMPTY = {"ffn.0.weight": torch.empty(0), "ffn.0.bias": torch.empty(0)}


@pytest.mark.parametrize("rest", [{}, {"adapter.weight": torch.randn(6, 4)}], ids=["all", "some"])
@pytest.mark.parametrize("door", DOORS)
def test_an_empty_shard_is_named(door: str, rest: dict[str, torch.Tensor], tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"ffn\.0\.weight is an empty weight, shape \(0,\)"):
        through(door, EMPTY | rest, tmp_path)


def test_a_layer_without_outputs_is_counted(tmp_path: Path) -> None:
    given = {"offsets.weight": torch.empty(0, 8), "fc.weight": torch.randn(6, 4)}
    network = through("safetensors", given, tmp_path)
    assert network.left_out == {"empty": 1}
    check(network, {"fc.weight": given["fc.weight"]})


@pytest.mark.parametrize("others", [True, False])
def test_bytes_of_no_type_are_refused(others: bool, tmp_path: Path) -> None:
    bits = np.zeros((6, 4), "V2")
    arrays = {"fc.kernel": bits} | ({"head.kernel": np.ones((6, 4), "f4")} if others else {})
    np.savez(tmp_path / "a.npz", **arrays)
    for load in (
        lambda: zs.load(f"checkpoint:{tmp_path / 'a.npz'}"),
        lambda: network_from_arrays("net", arrays),
    ):
        with pytest.raises(NetworkError, match=r"fc\.kernel is of numpy's type V2.*bfloat16"):
            load()


def test_large_integers_of_no_known_kind_are_refused() -> None:
    entries = [Entry("fc.weight", (64, 64), "float32"), Entry("blob", (64, 64), "int32")]
    with pytest.raises(NetworkError, match=r"net, blob is int32, quantised or packed"):
        read(entries, "net")
    assert read([entries[0], Entry("blob", (8, 8), "int32")], "net").left_out == {"integer": 1}
    ids = Entry("ids", (64, 64), "int64")
    assert sum(read([entries[0], ids], "net").left_out.values()) == 1


def test_a_mapping_of_integers_is_of_numbers() -> None:
    given = {"a": np.arange(12).reshape(3, 4), "b": np.ones((3, 3), dtype=bool)}
    check(network_from_arrays("net", given), {"a": given["a"], "b": given["b"]})


def test_tensors_of_any_type_and_with_gradients() -> None:
    layer = torch.nn.Linear(6, 4)
    check(network_from_arrays("net", dict(layer.named_parameters())), {"weight": layer.weight})
    half = layer.bfloat16().state_dict()
    check(network_from_arrays("net", half), {"weight": half["weight"].float()})


def test_names_that_say_nothing_are_weights_as_they_are() -> None:
    given = {"a": np.ones((3, 4)), 0: np.ones((2, 5)), "vector": np.ones(3)}
    network = network_from_arrays("net", given)
    check(network, {"a": given["a"], "0": given[0]})
    assert network.left_out == {"scalar or vector": 1}


def test_mappings_inside_a_mapping_are_paths() -> None:
    kernel = np.arange(24.0).reshape(6, 4)
    network = network_from_arrays("net", {"params": {"Dense_0": {"kernel": kernel, "bias": [1.0]}}})
    check(network, {"params/Dense_0/kernel": kernel.T})


def test_a_connectome_in_memory_is_as_it_is() -> None:
    given = {"bias": np.ones((3, 4)), "qkv.weight": np.ones((6, 2)), "cube": np.ones((2, 3, 4))}
    adapter = MemoryAdapter({"worm": given}, kind="biological")
    (ref,) = adapter.list("worm", {})
    network = adapter.load(ref)
    check(network, given)
    assert ref.shapes == ((3, 4), (6, 2), (2, 12))
    assert network.coverage is None
    assert not network.left_out


def test_shapes_agree_with_what_is_loaded() -> None:
    given = {"attn.qkv.weight": np.ones((24, 8)), "mlp.experts.w1": np.ones((3, 5, 6)),
             "Conv_0/kernel": np.ones((3, 3, 4, 8)), "fc.weight_g": np.ones((4, 1)),
             "fc.weight_v": np.ones((4, 6)), "x.lora_A.weight": np.ones((2, 7)),
             "x.lora_B.weight": np.ones((9, 2))}  # fmt: skip
    adapter = MemoryAdapter({"net": given})
    (ref,) = adapter.list("net", {})
    assert ref.shapes == tuple(c.matrix.shape for c in adapter.load(ref).constituents())


def test_a_network_that_is_refused_is_listed_without_shapes() -> None:
    adapter = MemoryAdapter({"net": {"fc.weight": np.ones((3, 3), dtype=complex)}})
    (ref,) = adapter.list("net", {})
    assert ref.shapes is None
    with pytest.raises(NetworkError, match="complex"):
        adapter.load(ref)


def test_flattened_parameters_are_refused() -> None:
    given = {"_flat_param": np.ones(200_000, "f4"), "head.weight": np.ones((10, 20), "f4")}
    with pytest.raises(NetworkError, match=r"_flat_param is one vector of 200,000 entries"):
        network_from_arrays("net", given)
