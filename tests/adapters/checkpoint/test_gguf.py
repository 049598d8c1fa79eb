"""GGUF files: the network of their parent, every type, and what they say of themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Kind
from gguf.constants import TENSOR_NAMES
from gguf.quants import dequantize
from gguf.tensor_mapping import TensorNameMap
from safetensors.numpy import save_file

import zoo_spectra as zs
from doors import check, matrices
from gguf_files import of_blocks, write_gguf
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import why_not
from zoo_spectra_checkpoint.formats import gguf
from zoo_spectra_checkpoint.formats.gguf_names import parent_like

LAYERS, WIDTH, INNER, EXPERTS, WORDS = 2, 128, 256, 3, 300
LAYER = {
    "self_attn.q_proj": ("attn_q", WIDTH, WIDTH),
    "self_attn.k_proj": ("attn_k", WIDTH // 2, WIDTH),
    "self_attn.v_proj": ("attn_v", WIDTH // 2, WIDTH),
    "self_attn.o_proj": ("attn_output", WIDTH, WIDTH),
    "block_sparse_moe.gate": ("ffn_gate_inp", EXPERTS, WIDTH),
}
EXPERT = {
    "w1": ("ffn_gate_exps", INNER, WIDTH),
    "w2": ("ffn_down_exps", WIDTH, INNER),
    "w3": ("ffn_up_exps", INNER, WIDTH),
}


def network() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A mixture of experts by the names of transformers, and the same by those of llama.cpp."""
    dice = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        heavy = dice.standard_t(5, size=shape) * dice.uniform(0.5, 2)
        return heavy.astype("f4") / np.float32(shape[-1] ** 0.5)

    parent = {"model.embed_tokens.weight": drawn(WORDS, WIDTH)}
    child = {"token_embd.weight": parent["model.embed_tokens.weight"]}
    for layer in range(LAYERS):
        before, block = f"model.layers.{layer}.", f"blk.{layer}."
        for name, (own, *shape) in LAYER.items():
            parent[f"{before}{name}.weight"] = child[f"{block}{own}.weight"] = drawn(*shape)
        for name, (own, *shape) in EXPERT.items():
            experts = [drawn(*shape) for _ in range(EXPERTS)]
            for number, each in enumerate(experts):
                parent[f"{before}block_sparse_moe.experts.{number}.{name}.weight"] = each
            child[f"{block}{own}.weight"] = np.stack(experts)
        for name, own in (("input", "attn_norm"), ("post_attention", "ffn_norm")):
            gain = dice.uniform(size=WIDTH).astype("f4")
            parent[f"{before}{name}_layernorm.weight"] = child[f"{block}{own}.weight"] = gain
    parent["model.norm.weight"] = child["output_norm.weight"] = np.ones(WIDTH, "f4")
    parent["lm_head.weight"] = child["output.weight"] = drawn(WORDS, WIDTH)
    child["rope_freqs.weight"] = np.ones(WIDTH // 8, "f4")
    return parent, child


# The distance of each type from the parent, rounded up: what eight bits and fewer do to a spectrum.
FAR = {Kind.F32: 0.0, Kind.F16: 1e-4, Kind.BF16: 1e-3, Kind.Q8_0: 1e-2, Kind.Q5_0: 2e-2}
FAR |= {Kind.Q5_1: 2e-2, Kind.Q4_0: 6e-2, Kind.Q4_1: 6e-2, Kind.MXFP4: 1e-1}


@pytest.mark.parametrize("kind", FAR, ids=lambda kind: kind.name)
def test_a_file_beside_its_parent(kind: Kind, tmp_path: Path) -> None:
    parent, child = network()
    save_file(parent, tmp_path / "a.safetensors")
    write_gguf(tmp_path / "a.gguf", child, kind)
    one, other = (zs.load(f"checkpoint:{tmp_path}/a.{s}") for s in ("safetensors", "gguf"))
    shapes = [sorted(m.shape for m in matrices(each).values()) for each in (one, other)]
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) == 2 + LAYERS * (len(LAYER) + EXPERTS * len(EXPERT))
    distance = zs.analyze(one).distance(zs.analyze(other))
    assert distance <= FAR[kind]
    assert other.left_out == {"norm": 2 * LAYERS + 1, "position table": 1}


def test_a_type_is_dequantised_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every type of the package, in blocks of random bytes: as the package does it at once."""
    monkeypatch.setattr(gguf, "PIECE", 1024)
    dice = np.random.default_rng(1)
    known = 0
    for kind, (_, size) in GGML_QUANT_SIZES.items():
        blocks = dice.integers(0, 256, (12, 5 * size), dtype=np.uint8)
        path = of_blocks(tmp_path / f"{kind.name}.gguf", "blk.0.ffn_up.weight", blocks, kind)
        source = f"checkpoint:{path}"
        try:
            with np.errstate(all="ignore"):
                want = dequantize(blocks, kind)
        except NotImplementedError:
            if kind.name in ("F64", "I8", "I16", "I32", "I64"):
                continue
            with pytest.raises(NetworkError, match=rf"ffn_up.weight is packed to {kind.name}"):
                zs.load(source)
            continue
        (only,) = zs.load(source).constituents()
        np.testing.assert_array_equal(only.matrix, want, kind.name)
        known += 1
    assert known >= 26


def test_experts_come_one_at_a_time(tmp_path: Path) -> None:
    values = np.random.default_rng(2).normal(size=(5, 8, 64)).astype("f4")
    write_gguf(tmp_path / "a.gguf", {"blk.0.ffn_up_exps.weight": values}, Kind.Q8_0)
    net = zs.load(f"checkpoint:{tmp_path}/a.gguf")
    for number, each in enumerate(net.constituents()):
        assert each.name == f"blk.0.ffn_up_exps.weight[{number}]"
        assert each.matrix.base is None or each.matrix.base.size == 8 * 64
        np.testing.assert_allclose(each.matrix, values[number], atol=0.03)


def test_integers_and_doubles_are_what_they_are(tmp_path: Path) -> None:
    doubles = np.random.default_rng(3).normal(size=(6, 4))
    path = write_gguf(tmp_path / "a.gguf", {"blk.0.ffn_up.weight": doubles})
    (only,) = zs.load(f"checkpoint:{path}").constituents()
    np.testing.assert_array_equal(only.matrix, doubles)
    write_gguf(path, {"blk.0.ffn_up.weight": np.ones((64, 64), np.int8)})
    with pytest.raises(NetworkError, match=r"ffn_up.weight is int8, quantised or packed"):
        zs.load(f"checkpoint:{path}")


# Never matrices, so that it does not matter what their names alone would be taken for.
VECTORS = {"time_mix_a0", "time_mix_v0", "time_mix_k_k", "time_mix_k_a", "time_mix_ln"}
VECTORS |= {"v.norm_embd", "mm.pre_norm", "a.blk.{bid}.attn_post_norm"}
VECTORS |= {"a.blk.{bid}.attn_pre_norm"}


def test_names_are_judged_as_their_parents_are() -> None:
    """The package lists the names that each tensor has in its parents: one of them agrees."""
    lists = TensorNameMap.mappings_cfg | TensorNameMap.block_mappings_cfg
    unlike = []
    for tensor, name in TENSOR_NAMES.items():
        own = parent_like(f"{name.format(bid=3)}.weight")
        parents = {each.format(bid=3, xid=2) for each in lists.get(tensor, ())}
        said = {why_not(f"{p}{end}", (96, 64)) for p in parents for end in (".weight", "")}
        if parents and why_not(own, (96, 64)) not in said:
            unlike.append(name.removeprefix("blk.{bid}."))
    assert set(unlike) <= VECTORS


@pytest.mark.parametrize(
    "name",
    ["position_embd.weight", "v.position_embd.weight", "enc.blk.0.attn_rel_b.weight",
     "blk.0.time_mix_first.weight", "blk.0.time_mix_lerp_fused.weight", "rope_factors_long.weight",
     "blk.0.ssm_a", "v.sam.blk.0.attn.pos_h.weight", "resampler.query.weight"],
)  # fmt: skip
def test_tables_and_scales_are_none(name: str, tmp_path: Path) -> None:
    given = {name: np.ones((8, 64), "f4"), "output.weight": np.eye(8, 64, dtype="f4")}
    net = zs.load(f"checkpoint:{write_gguf(tmp_path / 'a.gguf', given)}")
    check(net, {"output.weight": given["output.weight"]})
    assert sum(net.left_out.values()) == 1


@pytest.mark.parametrize(("architecture", "count"), [("gpt2", 3), ("gptneox", 1), ("bloom", 1)])
def test_query_key_and_value(architecture: str, count: int, tmp_path: Path) -> None:
    """Apart where the parent's are, whole where the parent's are interleaved by heads."""
    fused = np.random.default_rng(4).normal(size=(96, 32)).astype("f4")
    given = {"blk.0.attn_qkv.weight": fused}
    path = write_gguf(tmp_path / "a.gguf", given, architecture=architecture)
    found = matrices(zs.load(f"checkpoint:{path}"))
    assert len(found) == count
    np.testing.assert_array_equal(np.concatenate(list(found.values())), fused)


def test_latent_keys_and_values_are_one_map(tmp_path: Path) -> None:
    heads, keys, values, latent = 4, 6, 5, 32
    parent = np.random.default_rng(5).normal(size=(heads, keys + values, latent)).astype("f4")
    given = {
        "blk.0.attn_k_b.weight": np.ascontiguousarray(parent[:, :keys].transpose(0, 2, 1)),
        "blk.0.attn_v_b.weight": np.ascontiguousarray(parent[:, keys:]),
    }
    path = write_gguf(tmp_path / "a.gguf", given, architecture="deepseek2")
    whole = parent.reshape(-1, latent)
    check(zs.load(f"checkpoint:{path}"), {"blk.0.attn_kv_b.weight": whole})


def test_a_convolution_over_two_frames_is_one(tmp_path: Path) -> None:
    parent = np.random.default_rng(10).normal(size=(8, 3, 2, 4, 4)).astype("f4")
    first, second = (np.ascontiguousarray(parent[:, :, frame]) for frame in (0, 1))
    given = {"v.patch_embd.weight": first, "v.patch_embd.weight.1": second}
    path = write_gguf(tmp_path / "a.gguf", given, architecture="clip")
    (only,) = zs.load(f"checkpoint:{path}").constituents()
    flat = parent.reshape(8, -1)
    np.testing.assert_allclose(only.matrix @ only.matrix.T, flat @ flat.T, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("architecture", "count"), [("gpt-oss", 3), ("qwen2moe", 6)])
def test_gates_are_joined_where_the_parents_are(
    architecture: str, count: int, tmp_path: Path
) -> None:
    gate, up = np.random.default_rng(9).normal(size=(2, 3, 8, 32)).astype("f4")
    given = {"blk.0.ffn_gate_exps.weight": gate, "blk.0.ffn_up_exps.weight": up}
    path = write_gguf(tmp_path / "a.gguf", given, architecture=architecture)
    net = zs.load(f"checkpoint:{path}")
    found = matrices(net)
    assert len(found) == count
    assert net.coverage == 1
    if count == 3:
        both = found["blk.0.ffn_gate_up_exps.weight[1]"]
        np.testing.assert_array_equal(both, np.concatenate([gate[1], up[1]]))


def test_a_scale_beside_a_weight_multiplies_it(tmp_path: Path) -> None:
    """As llama.cpp multiplies BitNet's and NVFP4's layers, and each expert by its own."""
    dice = np.random.default_rng(6)
    layer, experts = dice.normal(size=(8, 64)), dice.normal(size=(3, 8, 64))
    scales = np.array([2, 3, 5], "f4")
    given = {
        "blk.0.attn_q.weight": layer.astype("f4"),
        "blk.0.attn_q.scale": np.array([0.5], "f4"),
        "blk.0.ffn_up_exps.weight": experts.astype("f4"),
        "blk.0.ffn_up_exps.scale": scales,
    }
    want = {f"blk.0.ffn_up_exps.weight[{k}]": experts[k] * scales[k] for k in range(3)}
    path = write_gguf(tmp_path / "a.gguf", given)
    check(zs.load(f"checkpoint:{path}"), {"blk.0.attn_q.weight": layer / 2} | want)


def test_a_low_rank_adapter(tmp_path: Path) -> None:
    dice = np.random.default_rng(7)
    down, up = dice.normal(size=(4, 64)).astype("f4"), dice.normal(size=(32, 4)).astype("f4")
    given = {"blk.0.attn_q.weight.lora_a": down, "blk.0.attn_q.weight.lora_b": up}
    said = {"general.type": "adapter", "adapter.type": "lora", "adapter.lora.alpha": 8.0}
    path = write_gguf(tmp_path / "a.gguf", given, said=said)
    check(zs.load(f"checkpoint:{path}"), {"blk.0.attn_q.weight": 2 * up @ down})


def test_axes_that_were_joined_are_taken_apart(tmp_path: Path) -> None:
    """ComfyUI joins the axes of convolutions to fill blocks, and says how they were."""
    values = np.random.default_rng(8).normal(size=(16, 8, 4, 4)).astype("f4")
    said = {"comfy.gguf.orig_shape.conv_in.weight": [16, 8, 4, 4]}
    given = {"conv_in.weight": values.reshape(4, 512)}
    path = write_gguf(tmp_path / "a.gguf", given, architecture="sd1", said=said)
    check(zs.load(f"checkpoint:{path}"), {"conv_in.weight": values.reshape(16, -1)})


def parts(folder: Path) -> list[Path]:
    """A network in three files, the first of which holds no tensor."""
    paths = [folder / f"net-{number:05d}-of-00003.gguf" for number in (1, 2, 3)]
    for number, path in enumerate(paths):
        given = {f"blk.{number}.ffn_up.weight": np.full((4, 32), number, "f4") + np.eye(4, 32)}
        given = {name: values.astype("f4") for name, values in given.items()} if number else {}
        write_gguf(path, given, said={"split.no": number, "split.count": 3})
    return paths


def test_a_split_network_is_one(tmp_path: Path) -> None:
    parts(tmp_path)
    (ref,) = zs.list_networks(f"checkpoint:{tmp_path}/*.gguf")
    assert ref.name.endswith("/net")
    assert ref.shapes == ((4, 32), (4, 32))
    found = matrices(zs.load(f"checkpoint:{tmp_path}/net-00001-of-00003.gguf"))
    assert list(found) == ["blk.1.ffn_up.weight", "blk.2.ffn_up.weight"]


def test_a_part_does_not_pass_for_the_whole(tmp_path: Path) -> None:
    parts(tmp_path)[1].rename(tmp_path / "whole.gguf")
    with pytest.raises(NetworkError, match=r"whole.gguf is part 2 of 3 of one network"):
        zs.load(f"checkpoint:{tmp_path}/whole.gguf")
    with pytest.raises(NetworkError, match=r"net-00002-of-00003.gguf, a part .* is missing"):
        zs.load(f"checkpoint:{tmp_path}/net-00001-of-00003.gguf")


def test_a_type_that_is_not_known_is_named(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "a.gguf", {"output.weight": np.ones((4, 32), "f4")})
    data = path.read_bytes()
    name = data.index(b"output.weight") + len("output.weight")
    at = name + 4 + 2 * 8
    path.write_bytes(data[:at] + (31).to_bytes(4, "little") + data[at + 4 :])
    with pytest.raises(NetworkError, match=r"output.weight has the type number 31"):
        zs.load(f"checkpoint:{path}")


def test_numbers_of_the_other_order_are_named(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "a.gguf", {"output.weight": np.ones((4, 32), "f4")})
    data = path.read_bytes()
    path.write_bytes(data[:4] + data[7:3:-1] + data[8:])
    with pytest.raises(NetworkError, match=r"big-endian; turn them"):
        zs.load(f"checkpoint:{path}")


def test_the_format_before_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"tjgg\x03" + bytes(99))
    with pytest.raises(NetworkError, match=r"is a GGML file of before GGUF"):
        zs.load(f"checkpoint:{tmp_path}/a.gguf")


WITHOUT = """
import sys, zoo_spectra as zs
sys.modules["gguf"] = None
sys.path_importer_cache.clear()
try:
    zs.load("checkpoint:" + sys.argv[1])
except zs.ZooSpectraError as error:
    print(error)
"""


def test_without_the_package_the_command_is_said(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "a.gguf", {"output.weight": np.ones((4, 32), "f4")})
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(path)], capture_output=True, text=True, check=True
    )
    assert "pip install 'zoo-spectra-checkpoint[gguf]'" in ran.stdout


LARGE = """
import resource, sys, zoo_spectra as zs
net = zs.load("checkpoint:" + sys.argv[1])
names = [each.name for each in net.constituents() if each.matrix.any()]
print(len(names), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    """Five gigabytes of quantised layers, most of them a hole: 20 of float32."""
    import gguf as package

    side, count = 8192, 75
    row = side // 32 * 34
    writer = package.GGUFWriter(tmp_path / "a.gguf", "llama")
    for number in range(count):
        name = f"blk.{number}.ffn_up.weight"
        writer.add_tensor_info(name, (side, row), np.dtype("u1"), side * row, raw_dtype=Kind.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    (stream,) = writer.fout
    start = -(-stream.tell() // 32) * 32
    stream.seek(start + (count - 1) * side * row)
    stream.write(bytes([0, 60]) + bytes(range(1, 33)))  # a scale of one
    stream.truncate(start + count * side * row)
    stream.close()
    ran = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path / "a.gguf")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found, peak = map(int, ran.stdout.split())
    assert found == 1
    assert peak < 2 << 20  # kilobytes
