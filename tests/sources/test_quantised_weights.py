"""Quantised weights: their values where integers and scales are plain, else an error by name."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import zoo_spectra as zs
from doors import DOORS, check, through
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.memory import network_from_arrays
from zoo_spectra.sources.torch_module import network_from_module

# Files of floats of eight bits; numpy's archives have no such type.
EIGHT = ("safetensors", "pt", "tensors")


@pytest.mark.parametrize("door", DOORS)
def test_int8_with_its_largest_values(door: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    numbers, largest = torch.randint(-127, 128, (6, 4), dtype=torch.int8), torch.rand(6) + 1
    state = {"fc.weight": numbers, "fc.SCB": largest, "fc.weight_format": torch.tensor(0)}
    check(through(door, state, tmp_path), {"fc.weight": numbers * largest[:, None] / 127})


@pytest.mark.parametrize("shape", [(), (1,), (6,), (6, 1), (1, 4), (3, 2)])
@pytest.mark.parametrize("door", DOORS)
def test_int8_with_scales(door: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    torch.manual_seed(0)
    numbers, scale = torch.randint(-127, 128, (6, 4), dtype=torch.int8), torch.rand(shape) + 0.1
    wide = scale.reshape(6, 1) if shape == (6,) else scale
    if shape == (3, 2):
        wide = torch.kron(scale, torch.ones(2, 2))
    state = {"fc.weight": numbers, "fc.weight_scale": scale}
    check(through(door, state, tmp_path), {"fc.weight": numbers * wide})


def test_int8_with_zero_points(tmp_path: Path) -> None:
    numbers = torch.randint(-127, 128, (6, 4), dtype=torch.int8)
    scale, zero = torch.rand(6, 1), torch.randint(-5, 5, (6, 1), dtype=torch.int8)
    state = {"fc.weight": numbers, "fc.weight_scale": scale, "fc.weight_zero_point": zero}
    expected = (numbers.float() - zero) * scale
    check(through("safetensors", state, tmp_path), {"fc.weight": expected})


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
@pytest.mark.parametrize("door", EIGHT)
def test_eight_bit_floats_in_blocks(door: str, dtype: torch.dtype, tmp_path: Path) -> None:
    torch.manual_seed(0)
    numbers, scale = torch.randn(300, 260).to(dtype), torch.rand(3, 3) + 0.1
    state = {"fc.weight": numbers, "fc.weight_scale_inv": scale}
    wide = torch.kron(scale, torch.ones(128, 128))[:300, :260]
    check(through(door, state, tmp_path), {"fc.weight": numbers.float() * wide})


SMALL = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz]
SMALL += [torch.float8_e8m0fnu]


@pytest.mark.parametrize("dtype", SMALL, ids=str)
@pytest.mark.parametrize("door", EIGHT)
def test_every_float_of_eight_bits(door: str, dtype: torch.dtype, tmp_path: Path) -> None:
    every = torch.arange(256, dtype=torch.uint8).view(dtype).reshape(16, 16)
    [only] = through(door, {"fc.weight": every}, tmp_path).constituents()
    np.testing.assert_array_equal(only.matrix, every.float().numpy())


def quantised() -> nn.Module:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Embedding(9, 8), nn.Linear(8, 6), nn.Sequential(nn.Linear(6, 4)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(plain, {nn.Linear}, dtype=torch.qint8)


def test_packed_layers(tmp_path: Path) -> None:
    module = quantised()
    expected = {
        "0.weight": module[0].weight,
        "1.weight": module[1].weight().dequantize(),
        "2.0.weight": module[2][0].weight().dequantize(),
    }
    torch.save(module.state_dict(), tmp_path / "a.pt")
    check(zs.load(f"checkpoint:{tmp_path / 'a.pt'}"), expected)
    check(network_from_module(module), expected)
    check(network_from_arrays("net", module.state_dict()), expected)


def test_a_packed_recurrent_layer_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.ao.quantization.quantize_dynamic(
            nn.Sequential(nn.LSTM(4, 3), nn.Linear(3, 3)), {nn.LSTM}, dtype=torch.qint8
        )
    with pytest.raises(NetworkError, match="quantised layer, packed by torch"):
        network_from_module(module)


def test_a_file_of_packed_recurrent_layers_is_refused_as_quantised(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.ao.quantization.quantize_dynamic(
            nn.Sequential(nn.GRU(4, 3)), {nn.GRU}, dtype=torch.qint8
        )
    torch.save(module.state_dict(), tmp_path / "a.pt")
    with pytest.raises(NetworkError, match=r"a\.pt holds quantised layers .* packed"):
        zs.load(f"checkpoint:{tmp_path / 'a.pt'}")


def test_an_embedding_of_four_bits_is_refused_as_quantised(tmp_path: Path) -> None:
    plain = nn.Sequential(nn.Embedding(40, 16))
    plain[0].qconfig = torch.ao.quantization.float_qparams_weight_only_qconfig_4bit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.ao.quantization.convert(torch.ao.quantization.prepare(plain))
    torch.save(module.state_dict(), tmp_path / "a.pt")
    with pytest.raises(NetworkError, match=r"0\.weight is quantised to quint4x2"):
        list(zs.load(f"checkpoint:{tmp_path / 'a.pt'}").constituents())


@pytest.mark.parametrize("by_rows", [False, True])
def test_torchs_quantised_tensors(by_rows: bool, tmp_path: Path) -> None:
    plain = torch.randn(6, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if by_rows:
            zeros = torch.zeros(6, dtype=torch.long)
            weight = torch.quantize_per_channel(plain, torch.rand(6) / 9, zeros, 0, torch.qint8)
        else:
            weight = torch.quantize_per_tensor(plain, 0.02, 3, torch.quint8)
        torch.save({"fc.weight": weight}, tmp_path / "a.pt")
    expected = {"fc.weight": weight.dequantize()}
    check(zs.load(f"checkpoint:{tmp_path / 'a.pt'}"), expected)
    check(network_from_arrays("net", {"fc.weight": weight}), expected)


def integers(*shape: int, dtype: torch.dtype = torch.int32) -> torch.Tensor:
    return torch.randint(0, 100, shape, dtype=dtype)


SCHEMES = {
    "GPTQ, ": {  # three bits, which reach across words
        "q.qweight": integers(6, 32),
        "q.qzeros": integers(1, 3),
        "q.scales": torch.rand(1, 32),
        "q.g_idx": integers(64),
    },
    "AWQ or a like": {"q.qweight": integers(8, 32), "q.scales": torch.rand(1, 32)},
    "AWQ, ": {  # for one vector: along the inputs
        "q.qweight": integers(32, 8),
        "q.qzeros": integers(32, 8),
        "q.scales": torch.rand(32, 64),
    },
    "bitsandbytes": {
        "q.weight": integers(512, 1, dtype=torch.uint8),
        "q.weight.absmax": torch.rand(16),
        "q.weight.quant_map": torch.rand(16),
        "q.weight.quant_state.bitsandbytes__nf4": integers(90, dtype=torch.uint8),
    },
    "bitsandbytes, without its state": {
        "q.weight": integers(512, 1, dtype=torch.uint8),
        "q.weight.absmax": torch.rand(16),
    },
    "MXFP4": {
        "mlp.experts.down_proj_blocks": integers(2, 8, 4, 8, dtype=torch.uint8),
        "mlp.experts.down_proj_scales": integers(2, 8, 4, dtype=torch.uint8),
    },
    "compressed-tensors": {
        "q.weight_packed": integers(32, 8),
        "q.weight_scale": torch.rand(32, 1),
        "q.weight_shape": torch.tensor([32, 70]),
    },
    "compressed-tensors to floats of 4 bits": {
        "q.weight_packed": integers(32, 8, dtype=torch.uint8),
        "q.weight_scale": torch.rand(32, 1),
        "q.weight_global_scale": torch.rand(1),
    },
    "sparse": {
        "q.bitmask": integers(32, 8, dtype=torch.uint8),
        "q.compressed": torch.rand(900),
    },
    "NVFP4": {
        "q.weight": integers(32, 8, dtype=torch.uint8),
        "q.weight_scale_2": torch.rand(1),
    },
    "HQQ": {"q.W_q": integers(32, 8, dtype=torch.uint8), "q.scale": torch.rand(32, 1)},
    "AQLM": {"q.codes": integers(8, 8, 2, dtype=torch.int8), "q.codebooks": torch.rand(2, 9, 1, 8)},
    "codebook": {"q.indices": integers(8, 8), "q.centroids": torch.rand(9, 8)},
    "quanto": {"q.weight._data": integers(8, 8, dtype=torch.int8)},
    "beside scale": {"q.packed": integers(8, 8), "q.scale": torch.rand(8)},
    "quantised or packed": {"q.weight": integers(32, 8, dtype=torch.uint8)},
}
ENDS = {"bitsandbytes, without its state": "bitsandbytes"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("door", DOORS)
def test_other_schemes_are_named(door: str, scheme: str, tmp_path: Path) -> None:
    state = SCHEMES[scheme] | {"head.weight": torch.randn(8, 6)}
    first = next(iter(SCHEMES[scheme]))
    with pytest.raises(NetworkError, match=rf"{first} is .*{ENDS.get(scheme, scheme)}.*dequantise"):
        through(door, state, tmp_path)


def test_a_scale_that_does_not_fit_is_named(tmp_path: Path) -> None:
    state = {"fc.weight": integers(6, 4, dtype=torch.int8), "fc.weight_scale": torch.rand(5, 1)}
    save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match=r"fc\.weight_scale does not fit fc\.weight"):
        zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}")


LOST = {
    "scaled_fp8": {"scaled_fp8": torch.zeros(2)},
    "another has one": {
        "b.weight": torch.randn(8, 8).to(torch.float8_e4m3fn),
        "b.weight_scale": torch.rand(8, 1),
    },
    "of the input": {"a.input_scale": torch.rand(1)},
    "by another name": {"a.scale": torch.rand(8)},
}


@pytest.mark.parametrize("why", LOST)
def test_eight_bit_floats_that_lack_their_scale_are_refused(why: str, tmp_path: Path) -> None:
    save_file(
        {"a.weight": torch.randn(8, 8).to(torch.float8_e4m3fn), **LOST[why]},
        tmp_path / "a.safetensors",
    )
    with pytest.raises(NetworkError, match=r"a\.weight is of eight-bit floats whose scale"):
        zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}")


def test_blocks_are_powers_of_two_or_what_the_configuration_says(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    numbers, scale = torch.randn(100, 96).to(torch.float8_e4m3fn), torch.rand(2, 2) + 0.1
    save_file({"a.weight": numbers, "a.weight_scale_inv": scale}, path)
    wide = torch.kron(scale, torch.ones(64, 64))[:100, :96]
    check(zs.load(f"checkpoint:{path}"), {"a.weight": numbers.float() * wide})
    said = '{"quantization_config": {"quant_method": "fp8", "weight_block_size": [50, 48]}}'
    (tmp_path / "config.json").write_text(said)
    wide = torch.kron(scale, torch.ones(50, 48))
    check(zs.load(f"checkpoint:{path}"), {"a.weight": numbers.float() * wide})


def test_a_scale_an_expert(tmp_path: Path) -> None:
    numbers, scale = torch.randn(3, 8, 16).to(torch.float8_e4m3fn), torch.rand(3) + 0.1
    state = {"mlp.experts.up_proj": numbers, "mlp.experts.up_proj_scale": scale}
    save_file(state, tmp_path / "a.safetensors")
    want = {f"mlp.experts.up_proj[{k}]": numbers[k].float() * scale[k] for k in range(3)}
    check(zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}"), want)


def test_scales_of_inputs_alone_are_refused(tmp_path: Path) -> None:
    state = {"a.weight": integers(256, 6, dtype=torch.int8), "a.weight_scale": torch.rand(2)}
    save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match=r"a\.weight_scale does not fit a\.weight"):
        zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}")


@pytest.mark.parametrize("further", ["weight_scale_2", "pre_quant_scale"])
def test_a_second_scale_is_never_passed_over(further: str, tmp_path: Path) -> None:
    state = {
        "a.weight": torch.randn(8, 6).to(torch.float8_e4m3fn),
        "a.weight_scale": torch.rand(8, 1),
        f"a.{further}": torch.rand(6),
    }
    save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match=rf"a\.weight is scaled by .* and by {further} too"):
        zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}")


@pytest.mark.parametrize("what", ["zero point", "bytes"])
def test_parts_that_do_not_fit_are_never_passed_over(what: str, tmp_path: Path) -> None:
    state = {"a.weight": integers(8, 6, dtype=torch.int8), "a.weight_scale": torch.rand(8, 1)}
    if what == "bytes":
        state["a.weight_scale"] = integers(8, 1, dtype=torch.uint8)
    else:
        state["a.weight_zero_point"] = integers(3, 1, dtype=torch.int8)
    save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match=r"a\.weight"):
        zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}")


def test_rows_in_the_order_of_a_gpu_are_refused(tmp_path: Path) -> None:
    state = {
        "fc.weight": integers(6, 4, dtype=torch.int8),
        "fc.SCB": torch.rand(6),
        "fc.weight_format": torch.tensor(2, dtype=torch.uint8),
    }
    save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(NetworkError, match=r"fc\.weight is .*bitsandbytes in the order"):
        list(zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}").constituents())


def test_stacked_experts_of_eight_bits(tmp_path: Path) -> None:
    numbers = torch.randn(3, 256, 128).to(torch.float8_e4m3fn)
    scale = torch.rand(3, 2, 1) + 0.1
    state = {"mlp.experts.up_proj": numbers, "mlp.experts.up_proj_scale_inv": scale}
    save_file(state, tmp_path / "a.safetensors")
    wide = scale.repeat_interleave(128, 1)
    want = {f"mlp.experts.up_proj[{k}]": numbers[k].float() * wide[k] for k in range(3)}
    check(zs.load(f"checkpoint:{tmp_path / 'a.safetensors'}"), want)
