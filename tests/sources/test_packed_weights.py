"""Weights of a few bits, several to a word or a byte: packed here number by number, and read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from doors import DOORS, check, matrices, through
from zoo_spectra.errors import NetworkError

OUTPUTS, INPUTS, GROUP = 24, 64, 16
GROUPS = INPUTS // GROUP


def dice() -> np.random.Generator:
    return np.random.default_rng(14)


def word(numbers: Iterable[int], bits: int) -> int:
    """Numbers in one word of 32 bits, the first in the lowest ones, as a signed number."""
    found = sum(int(number) << bits * at for at, number in enumerate(numbers))
    return found - (1 << 32) if found >= 1 << 31 else found


def packed(numbers: np.ndarray, bits: int, order: Sequence[int] | None = None) -> torch.Tensor:
    """Along the last axis; ``order``: which of each word's numbers comes first, and so on."""
    per = 32 // bits
    rows = []
    for row in numbers:
        words = [row[at : at + per] for at in range(0, len(row), per)]
        rows.append([word((w[k] for k in order) if order else w, bits) for w in words])
    return torch.tensor(rows, dtype=torch.int32)


def gptq(bits: int, shuffled: bool = False, less: int = 1) -> tuple[dict, np.ndarray]:
    """A layer as AutoGPTQ packs it: along the inputs, its zero points along the outputs, less one.

    W[o, i] = scales[g, o] · (q[i, o] − z[g, o]), g = g_idx[i]
    """
    rolls = dice()
    numbers = rolls.integers(0, 1 << bits, (INPUTS, OUTPUTS + 8))
    zeros = rolls.integers(1, 1 << bits, (GROUPS, OUTPUTS + 8))
    scales = rolls.uniform(0.1, 1, (GROUPS, OUTPUTS + 8)).astype("f2")
    groups = np.arange(INPUTS) // GROUP
    if shuffled:
        rolls.shuffle(groups)
    state = {
        "q_proj.qweight": packed(numbers.T, bits).T.contiguous(),
        "q_proj.qzeros": packed(zeros - less, bits),
        "q_proj.scales": torch.from_numpy(scales),
        "q_proj.g_idx": torch.from_numpy(groups.astype("i4")),
        "q_proj.bias": torch.zeros(OUTPUTS + 8),
    }
    weight = np.empty((OUTPUTS + 8, INPUTS))
    for i in range(INPUTS):
        for o in range(OUTPUTS + 8):
            g = groups[i]
            weight[o, i] = float(scales[g, o]) * (int(numbers[i, o]) - int(zeros[g, o]))
    return state, weight


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("door", DOORS)
def test_gptq(door: str, bits: int, shuffled: bool, tmp_path: Path) -> None:
    state, weight = gptq(bits, shuffled)
    network = through(door, state, tmp_path)
    check(network, {"q_proj.weight": weight})
    assert "less one" in network.notes[0]


def test_the_parameters_of_a_packed_layer_are_counted(tmp_path: Path) -> None:
    state, weight = gptq(4)
    save_file(state, tmp_path / "a.safetensors")
    (ref,) = zs.list_networks(f"checkpoint:{tmp_path}/a.safetensors")
    assert ref.shapes == (weight.shape,)
    assert ref.parameters == weight.size + len(weight)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_gptq_without_an_index(bits: int, tmp_path: Path) -> None:
    state, weight = gptq(bits)
    del state["q_proj.g_idx"]
    check(through("safetensors", state, tmp_path), {"q_proj.weight": weight})


@pytest.mark.parametrize("file", ["config.json", "quantize_config.json"])
def test_gptq_of_the_second_version(file: str, tmp_path: Path) -> None:
    said = {"quant_method": "gptq", "bits": 4, "checkpoint_format": "gptq_v2"}
    whole = {"quantization_config": said} if file == "config.json" else said
    (tmp_path / file).write_text(json.dumps(whole))
    state, weight = gptq(4, less=0)
    network = through("safetensors", state, tmp_path)
    check(network, {"q_proj.weight": weight})
    assert not network.notes


@pytest.mark.parametrize(
    "said", [{"checkpoint_format": "marlin"}, {"quant_method": "awq"}, {"quant_method": "vptq"}]
)
def test_gptqs_names_for_another_layout_are_refused(said: dict, tmp_path: Path) -> None:
    whole = {"quantization_config": {"quant_method": "gptq", **said}}
    (tmp_path / "config.json").write_text(json.dumps(whole))
    with pytest.raises(NetworkError, match=r"q_proj\.qweight is packed as .* dequantise"):
        through("safetensors", gptq(4)[0], tmp_path)


ODD = [
    "[" * 5000,
    "7",
    '{"quantization_config": 7}',
    '{"quantization_config": {"quant_method": ["gptq"], "checkpoint_format": {}, "version": []}}',
    '{"quantization_config": {"config_groups": {"a": {"weights": {"num_bits": [4]}}, "b": 1}}}',
    '{"quantization_config": {"weight_block_size": ["a", {}], "config_groups": [1]}}',
    '{"quantization_config": {"quant_method": "auto-round", "packing_format": {}}}',
]


@pytest.mark.parametrize("text", [*ODD, None])
def test_an_odd_configuration_is_an_error_of_ours_or_says_nothing(
    text: str | None, tmp_path: Path
) -> None:
    if text is None:
        os.mkfifo(tmp_path / "config.json")
    else:
        (tmp_path / "config.json").write_text(text)
    for state, weight in (gptq(4), compressed(4, GROUPS), eight_bits()):
        assert _is_read_or_named(state, weight, tmp_path)


def _is_read_or_named(state: dict, weight: np.ndarray, folder: Path) -> bool:
    try:
        (found,) = matrices(through("safetensors", state, folder)).values()
    except NetworkError as error:
        return "dequantise" in str(error)
    return bool(np.allclose(found, weight, rtol=1e-5))


def eight_bits() -> tuple[dict, np.ndarray]:
    numbers, scale = torch.randn(256, 256).to(torch.float8_e4m3fn), torch.rand(2, 2) + 0.1
    wide = torch.kron(scale, torch.ones(128, 128))
    weight = (numbers.float() * wide).numpy()
    return {"a.weight": numbers, "a.weight_scale_inv": scale}, weight


def test_what_versions_of_gptq_read_differently_is_refused(tmp_path: Path) -> None:
    state, _ = gptq(4)
    state["q_proj.qzeros"] = torch.full((GROUPS, (OUTPUTS + 8) // 8), -1, dtype=torch.int32)
    with pytest.raises(NetworkError, match=r"q_proj\.qweight is packed by GPTQ with a zero point"):
        matrices(through("safetensors", state, tmp_path))
    eights = packed(np.full((GROUPS, OUTPUTS + 8), 8), 4)
    with pytest.raises(NetworkError, match=r"look like those of gptq_v2; put its config.json"):
        matrices(through("safetensors", state | {"q_proj.qzeros": eights}, tmp_path))


def test_an_input_in_no_group_is_refused(tmp_path: Path) -> None:
    state, _ = gptq(4)
    state["q_proj.g_idx"][5] = GROUPS
    with pytest.raises(NetworkError, match=r"q_proj\.qweight has inputs in groups that are none"):
        matrices(through("safetensors", state, tmp_path))


@pytest.mark.parametrize("door", DOORS)
def test_awq(door: str, tmp_path: Path) -> None:
    """As AutoAWQ's gemm packs it: along the outputs, in the order 0, 2, 4, 6, 1, 3, 5, 7."""
    rolls, order = dice(), (0, 2, 4, 6, 1, 3, 5, 7)
    numbers = rolls.integers(0, 16, (INPUTS, OUTPUTS))
    zeros = rolls.integers(0, 16, (GROUPS, OUTPUTS))
    scales = rolls.uniform(0.1, 1, (GROUPS, OUTPUTS)).astype("f2")
    state = {
        "q_proj.qweight": packed(numbers, 4, order),
        "q_proj.qzeros": packed(zeros, 4, order),
        "q_proj.scales": torch.from_numpy(scales),
    }
    rows = np.repeat(np.arange(GROUPS), GROUP)
    weight = ((numbers - zeros[rows]) * scales[rows].astype(float)).T
    check(through(door, state, tmp_path), {"q_proj.weight": weight})


NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
       -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
       0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
       0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]  # fmt: skip
FP4 = [0.0, 0.0625, 8.0, 12.0, 4.0, 6.0, 2.0, 3.0]
FP4 = [value / 12 for value in (*FP4, *(-value for value in FP4))]


def four_bits(kind: str, nested: bool, shape: tuple[int, int]) -> tuple[dict, np.ndarray]:
    """A layer as bitsandbytes keeps it: the first of two numbers in the high half of a byte."""
    rolls, table = dice(), np.array(NF4 if kind == "nf4" else FP4, "f4")
    count = shape[0] * shape[1]
    places = rolls.integers(0, 16, count + count % 2)
    data = [int(a) << 4 | int(b) for a, b in zip(places[::2], places[1::2], strict=True)]
    blocks = -(-count // 64)
    said = {"quant_type": kind, "blocksize": 64, "dtype": "bfloat16", "shape": list(shape)}
    scales = rolls.uniform(0.5, 2, blocks).astype("f4")
    extra = {"absmax": torch.from_numpy(scales.copy())}
    if nested:
        codes, outer = rolls.normal(size=256).astype("f4"), rolls.uniform(1, 2, -(-blocks // 256))
        which, offset = rolls.integers(0, 256, blocks), 0.25
        scales = codes[which] * outer[np.arange(blocks) // 256] + offset
        said |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": offset}
        extra = {
            "absmax": torch.from_numpy(which.astype("u1")),
            "nested_absmax": torch.from_numpy(outer.astype("f4")),
            "nested_quant_map": torch.from_numpy(codes),
        }
    extra["quant_map"] = torch.from_numpy(table)
    text = np.frombuffer(json.dumps(said).encode(), np.uint8).copy()
    extra[f"quant_state.bitsandbytes__{kind}"] = torch.from_numpy(text)
    state = {"fc.weight": torch.tensor(data, dtype=torch.uint8)[:, None]}
    state |= {f"fc.weight.{name}": tensor for name, tensor in extra.items()}
    weight = [table[place] * scales[at // 64] for at, place in enumerate(places[:count])]
    return state, np.array(weight, float).reshape(shape)


@pytest.mark.parametrize("shape", [(32, 48), (9, 7)])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("kind", ["nf4", "fp4"])
@pytest.mark.parametrize("door", DOORS)
def test_bitsandbytes_of_four_bits(
    door: str, kind: str, nested: bool, shape: tuple[int, int], tmp_path: Path
) -> None:
    state, weight = four_bits(kind, nested, shape)
    check(through(door, state, tmp_path), {"fc.weight": weight})


def test_a_state_of_bitsandbytes_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    state, _ = four_bits("nf4", True, (32, 48))
    state["fc.weight"] = state["fc.weight"][:-1]
    with pytest.raises(NetworkError, match=r"fc\.weight does not fit its quantisation state"):
        through("safetensors", state, tmp_path)
    state, _ = four_bits("nf4", True, (32, 48))
    del state["fc.weight.nested_quant_map"]
    with pytest.raises(NetworkError, match=r"fc\.weight does not fit its quantisation state"):
        through("safetensors", state, tmp_path)


def compressed(
    bits: int, groups: int, zeros: bool = False, index: bool = False, columns: int = INPUTS
) -> tuple[dict, np.ndarray]:
    """A layer as compressed-tensors packs it: q + 2^(bits − 1), 32 // bits to a word."""
    rolls, half = dice(), 1 << (bits - 1)
    numbers = rolls.integers(-half, half, (OUTPUTS, columns))
    scales = rolls.uniform(0.1, 1, (OUTPUTS, groups)).astype("f4")
    points = rolls.integers(-half, half, (OUTPUTS, groups)) if zeros else np.zeros_like(scales)
    which = np.arange(columns) // (columns // groups)
    if index:
        rolls.shuffle(which)
    per = 32 // bits
    padded = np.pad(numbers + half, ((0, 0), (0, -columns % per)))
    state = {
        "up_proj.weight_packed": packed(padded, bits),
        "up_proj.weight_scale": torch.from_numpy(scales),
        "up_proj.weight_shape": torch.tensor([OUTPUTS, columns]),
    }
    if zeros:
        tall = np.pad(points + half, ((0, -OUTPUTS % per), (0, 0)))
        state["up_proj.weight_zero_point"] = packed(tall.T, bits).T.contiguous()
    if index:
        state["up_proj.weight_g_idx"] = torch.from_numpy(which.astype("i4"))
    return state, (numbers - points[:, which]) * scales[:, which].astype(float)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("kind", ["channel", "group", "zeros", "index", "ragged"])
@pytest.mark.parametrize("door", DOORS)
def test_compressed_tensors(door: str, kind: str, bits: int, tmp_path: Path) -> None:
    state, weight = compressed(
        bits,
        1 if kind in ("channel", "ragged") else GROUPS,
        kind == "zeros",
        kind == "index",
        61 if kind == "ragged" else INPUTS,
    )
    check(through(door, state, tmp_path), {"up_proj.weight": weight})


def test_compressed_tensors_of_other_bits_by_the_configuration(tmp_path: Path) -> None:
    groups = {"group_0": {"weights": {"num_bits": 2}, "targets": ["Linear"]}}
    said = {"quant_method": "compressed-tensors", "config_groups": groups}
    (tmp_path / "config.json").write_text(json.dumps({"quantization_config": said}))
    state, weight = compressed(2, GROUPS)
    check(through("safetensors", state, tmp_path), {"up_proj.weight": weight})


E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]


@pytest.mark.parametrize("door", DOORS)
def test_mxfp4(door: str, tmp_path: Path) -> None:
    """As gpt-oss keeps its experts: the first of two numbers in the low half of a byte."""
    rolls, experts, rows, blocks = dice(), 3, 8, 2
    bytes_of = rolls.integers(0, 256, (experts, rows, blocks, 16), dtype=np.uint8)
    powers = rolls.integers(120, 130, (experts, rows, blocks), dtype=np.uint8)
    weight = np.empty((experts, rows, blocks * 32))
    for at in np.ndindex(experts, rows, blocks):
        for number, byte in enumerate(bytes_of[at]):
            for half, place in enumerate((byte & 15, byte >> 4)):
                column = at[2] * 32 + 2 * number + half
                weight[at[0], at[1], column] = E2M1[place] * 2.0 ** (int(powers[at]) - 127)
    state = {
        "mlp.experts.gate_up_proj_blocks": torch.from_numpy(bytes_of),
        "mlp.experts.gate_up_proj_scales": torch.from_numpy(powers),
        "mlp.experts.gate_up_proj_bias": torch.zeros(experts, rows),
    }
    want = {f"mlp.experts.gate_up_proj[{k}]": weight[k] for k in range(experts)}
    check(through(door, state, tmp_path), want)


def test_layers_are_unpacked_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoo_spectra.sources.effective import unpacking

    monkeypatch.setattr(unpacking, "PIECE", 100)
    for make in (lambda: gptq(4, True), lambda: compressed(4, 4, True, True),
                 lambda: four_bits("nf4", True, (32, 48))):  # fmt: skip
        state, weight = make()
        (only,) = matrices(through("safetensors", state, tmp_path)).values()
        np.testing.assert_allclose(only, weight, rtol=1e-5)


def test_what_unpacks_beyond_the_budget_is_refused(tmp_path: Path) -> None:
    """A hole of a gigabyte, which as float32 would be eight."""
    shapes = {"q.qweight": [16384, 16384], "q.qzeros": [128, 2048], "q.g_idx": [131072]}
    header, at = {}, 0
    for name, shape in (shapes | {"q.scales": [128, 16384]}).items():
        size = int(np.prod(shape)) * 4
        dtype = "F32" if name == "q.scales" else "I32"
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    path = tmp_path / "a.safetensors"
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        stream.truncate(8 + len(text) + at)
    save_file({"b": torch.ones(2, 2)}, tmp_path / "b.safetensors")
    with pytest.raises(NetworkError, match=r"q\.weight unpacked to float32 takes 8\.0 GiB"):
        zs.load(f"checkpoint:{path}")
