"""Keras: every layout that its versions have written, and layers whose variables have numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from zoo_spectra.errors import NetworkError, UnsafeFileError
from zoo_spectra.sources import digest
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras  # it asks for its backend when it is imported

layers = keras.layers

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(6, 5)).astype(np.float32)
FILES = ("a.keras", "a.weights.h5", "a.h5")


def network(path: Path) -> Any:
    (ref,) = check_adapter(CheckpointAdapter(), str(path))
    return CheckpointAdapter().load(ref)


def opened(path: Path) -> dict[str, np.ndarray]:
    return {each.name: each.matrix for each in network(path).constituents()}


def refused(path: Path, error: type[NetworkError] = NetworkError) -> str:
    return check_refuses(CheckpointAdapter(), str(path), error)


def save(model: Any, path: Path) -> Path:
    (model.save_weights if path.name.endswith(".weights.h5") else model.save)(path)
    return path


def model(einsum: bool) -> Any:
    """Layers of all kinds, trained for a step, so that there is an optimizer's state."""
    keras.utils.set_random_seed(3)
    image, text = keras.Input((9, 9, 3)), keras.Input((6,))
    x = layers.Conv2D(8, 3, name="stem")(image)
    x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, use_bias=False, name="dwise")(x))
    x = layers.SeparableConv2D(6, 2, name="apart")(x)
    x = layers.GlobalAveragePooling2D()(layers.Conv2DTranspose(5, 2, name="up")(x))
    e = layers.Embedding(11, 16, name="words")(text)
    a = layers.LayerNormalization()(layers.MultiHeadAttention(4, 4, name="mha")(e, e))
    g = layers.GroupQueryAttention(4, 6, 2, name="gqa")(a, a)
    if einsum:
        g = layers.EinsumDense("abc,cde->abde", (None, 3, 5), bias_axes="de", name="heads")(g)
        g = layers.EinsumDense("abde,defg->abfg", (None, 2, 4), name="outs")(g)
    g = layers.GlobalAveragePooling1D()(layers.Reshape((6, 8 if einsum else 16))(g))
    r = layers.Bidirectional(layers.LSTM(7))(a)
    r = layers.Concatenate()([x, g, r, layers.GRU(6)(a), layers.SimpleRNN(5)(a)])
    made = keras.Model([image, text], layers.Dense(4, name="top")(r))
    made.compile("adam", "mse")
    made.fit([np.ones((2, 9, 9, 3)), np.ones((2, 6))], np.ones((2, 4)), verbose=0)
    return made


@pytest.fixture(scope="module")
def trained() -> Any:
    return {einsum: model(einsum) for einsum in (False, True)}


def matrices(made: Any) -> dict[str, np.ndarray]:
    """What each layer applies, as (outputs, inputs), by a computation of its own."""

    def last(values: np.ndarray) -> np.ndarray:
        turned = values.transpose(-1, -2, *range(values.ndim - 2))
        return turned.reshape(turned.shape[0], -1)

    v = {variable.path: np.asarray(variable.value.detach()) for variable in made.variables}
    right = {
        "dwise": v["dwise/kernel"].reshape(9, 8).T,
        "separable, depthwise": v["apart/depthwise_kernel"].reshape(4, 8).T,
        "separable, pointwise": last(v["apart/pointwise_kernel"]),
        "transposed": last(v["up/kernel"]),
        "embedding": v["words/embeddings"],
    }
    if "heads/kernel" in v:
        right["heads"] = v["heads/kernel"].reshape(16, 15).T
        right["outs"] = v["outs/kernel"].reshape(15, 8).T
    for name in ("mha", "gqa"):
        for part in ("query", "key", "value"):
            kernel = v[f"{name}/{part}/kernel"]
            right[f"{name}/{part}"] = kernel.reshape(16, -1).T
        right[f"{name}/out"] = v[f"{name}/attention_output/kernel"].reshape(-1, 16)
    for path, values in v.items():
        own = path.rpartition("/")[2]
        if own in ("kernel", "recurrent_kernel") and (
            "cell" in path or path[:4] in ("stem", "top/")
        ):
            right[path] = last(values)
    return right


@pytest.mark.parametrize("file", FILES)
def test_every_layer_in_every_layout(file: str, trained: Any, tmp_path: Path) -> None:
    made = trained[file != "a.weights.h5"]  # which has not the equations of layers
    found = network(save(made, tmp_path / file))
    got = {each.name: each.matrix for each in found.constituents()}
    right = matrices(made)
    same = {digest(np.ascontiguousarray(values)): name for name, values in right.items()}
    missing = set(same.values()) - {same.get(digest(values)) for values in got.values()}
    assert not missing
    assert len(got) == len(right) > 20
    assert found.left_out["optimizer state"] > 60
    assert found.left_out["bias"] >= 10


def test_the_three_files_are_in_the_order_of_the_model(trained: Any, tmp_path: Path) -> None:
    """Parts of attention are by the alphabet in the one, and in the order of use in the other."""
    orders = [
        [name.split("/")[0] for name in opened(save(trained[False], tmp_path / file))]
        for file in FILES
    ]
    assert orders[0] == orders[1]
    assert (orders[2][0], orders[2][-1]) == ("stem", "top")
    assert (orders[0][0], orders[0][-1]) == ("conv2d", "dense")


def test_a_model_of_ones_own_class(tmp_path: Path) -> None:
    """Its configuration lists no layers; the groups have the names of attributes."""

    class Mine(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Conv2D(4, 3)
            self.dw = layers.DepthwiseConv2D(3)
            self.extra = layers.DepthwiseConv2D(3, use_bias=False)
            self.attend = layers.MultiHeadAttention(2, 4)
            self.last = layers.Dense(3)

        def call(self, x: Any) -> Any:
            x = self.extra(self.dw(self.first(x)))
            x = keras.ops.reshape(x, (-1, 4, 4))
            return self.last(self.attend(x, x))

    made = Mine()
    made(np.ones((1, 8, 8, 3)))
    shapes = {
        name: matrix.shape for name, matrix in opened(save(made, tmp_path / FILES[1])).items()
    }
    assert shapes == {
        "first/kernel": (4, 27),
        "dw/depthwise_kernel": (4, 9),
        "extra/depthwise_kernel": (4, 9),
        "attend/query/kernel": (8, 4),
        "attend/key/kernel": (8, 4),
        "attend/value/kernel": (8, 4),
        "attend/output/kernel": (8, 4),
        "last/kernel": (3, 4),
    }


@pytest.mark.parametrize("sign", ["", "_"])
def test_attention_as_earlier_versions_wrote_it(sign: str, tmp_path: Path) -> None:
    shapes = {"query": (8, 2, 3), "key": (8, 2, 3), "value": (8, 2, 3), "output": (2, 3, 8)}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, shape in shapes.items():
            file[f"layers\\mine/{sign}{name}_dense/vars/0"] = RNG.normal(size=shape)
    got = {name: matrix.shape for name, matrix in opened(tmp_path / "a.h5").items()}
    assert got == {f"mine/{name}/kernel": (6, 8) for name in shapes}


def test_models_in_a_model(tmp_path: Path) -> None:
    inner = keras.Sequential([layers.Dense(4), layers.Dense(3)], name="inner")
    outer = keras.Sequential([keras.Input((5,)), inner, layers.Dense(2)])
    for file in FILES:
        shapes = [matrix.shape for matrix in opened(save(outer, tmp_path / file)).values()]
        assert shapes == [(4, 5), (3, 4), (2, 3)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_precision(dtype: str, tmp_path: Path) -> None:
    made = keras.Sequential([keras.Input((6,)), layers.Dense(5, dtype=dtype)])
    right = made.layers[0].kernel.value.detach().double().numpy().T
    for file in FILES[:2]:
        (got,) = opened(save(made, tmp_path / file)).values()
        np.testing.assert_array_equal(got, right)
        assert got.dtype == (np.float64 if dtype == "float64" else np.float32)


def test_what_keras_has_quantised_is_named(tmp_path: Path) -> None:
    made = keras.Sequential([keras.Input((16,)), layers.Dense(8)])
    made.quantize("int8")
    assert "int8, quantised by Keras" in refused(save(made, tmp_path / "a.keras"))


def old(path: Path, *names: str, shapes: dict[str, tuple[int, ...]] | None = None) -> Path:
    with h5py.File(path, "w") as file:
        groups = [name.split("/")[0].encode() for name in names]
        file.attrs["layer_names"] = np.array(list(dict.fromkeys(groups)))
        for name in names:
            file[name] = RNG.normal(size=(shapes or {}).get(name, (5,))).astype(np.float32)
    return path


def test_names_of_keras_1(tmp_path: Path) -> None:
    shapes = {"block1/block1_W_1:0": (3, 3, 4, 7), "fc/fc_W:0": (8, 5), "z/z_U": (4, 4)}
    names = ("block1/block1_W_1:0", "block1/block1_b_1:0", "fc/fc_W:0", "fc/fc_b:0", "z/z_U")
    path = old(tmp_path / "a.h5", *names, shapes=shapes)
    assert {name: matrix.shape for name, matrix in opened(path).items()} == {
        "block1/kernel": (7, 36),
        "fc/kernel": (5, 8),
        "z/recurrent_kernel": (4, 4),
    }


def test_layers_written_by_the_alphabet_are_in_the_order_of_the_list(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([b"z", b"a", b"m"])
        for number, name in enumerate("amz"):
            file[f"{name}/{name}/kernel:0"] = WEIGHT + number
    assert list(opened(path)) == ["z/kernel", "a/kernel", "m/kernel"]


def test_kernels_that_may_be_depthwise(tmp_path: Path) -> None:
    """Without a class the bias tells, or the name; else nothing does."""
    path = tmp_path / "a.weights.h5"

    def write(owner: str, *shapes: tuple[int, ...]) -> Path:
        with h5py.File(path, "w") as file:
            for number, shape in enumerate(shapes):
                file[f"{owner}/vars/{number}"] = RNG.normal(size=shape).astype(np.float32)
        return path

    def shape() -> tuple[int, ...]:
        (only,) = opened(path).values()
        return only.shape

    for owner, shapes, right in (
        ("mine", ((3, 3, 8, 2), (16,)), (16, 9)),
        ("mine", ((3, 3, 8, 2), (2,)), (2, 72)),
        ("mine", ((3, 3, 8, 5),), (5, 72)),
        ("block_depthwise", ((3, 3, 8, 2),), (16, 9)),
        ("layers/depthwise_conv2d_3", ((3, 3, 8, 1),), (8, 9)),
        ("layers/conv2d_3", ((3, 3, 8, 2),), (2, 72)),
    ):
        write(owner, *shapes)
        assert shape() == right, owner
    write("mine", (3, 3, 8, 1))
    assert "may be a depthwise kernel or a convolution of one output" in refused(path)


def test_an_equation_that_the_file_does_not_have(tmp_path: Path) -> None:
    made = keras.Sequential(
        [keras.Input((3, 8)), layers.EinsumDense("abc,cde->abde", (None, 2, 4))]
    )
    assert "whose equation the file does not have" in refused(save(made, tmp_path / FILES[1]))
    (got,) = opened(save(made, tmp_path / FILES[0])).values()
    assert got.shape == (8, 8)


def test_an_archive_that_was_packed_again(tmp_path: Path) -> None:
    made = keras.Sequential([keras.Input((6,)), layers.Dense(5)])
    save(made, tmp_path / "a.keras")
    with (
        zipfile.ZipFile(tmp_path / "a.keras") as first,
        zipfile.ZipFile(tmp_path / "b.keras", "w", zipfile.ZIP_DEFLATED) as second,
    ):
        for name in first.namelist():
            second.writestr(name, first.read(name))
    (one,), (other,) = (opened(tmp_path / f"{name}.keras").values() for name in "ab")
    np.testing.assert_array_equal(one, other)


def test_a_part_of_a_model(tmp_path: Path) -> None:
    old(tmp_path / "m_00000.weights.h5", "fc/fc/kernel", shapes={"fc/fc/kernel": (5, 4)})
    assert opened(tmp_path / "m_00000.weights.h5")
    (tmp_path / "m.weights.json").write_text(json.dumps({"weight_map": {}}))
    assert "one part of a model" in refused(tmp_path / "m_00000.weights.h5")


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    (tmp_path / "values").write_bytes(WEIGHT.tobytes())
    with h5py.File(path, "w") as file:
        file.create_dataset("d/vars/0", (6, 5), "f4", external=[("values", 0, 120)])
    assert "values in another file" in refused(path, UnsafeFileError)


def test_hdf5_of_others_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data/weights"] = WEIGHT
    assert "no weights of Keras" in refused(tmp_path / "a.h5")


def test_without_h5py_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    old(tmp_path / "a.h5", "fc/fc/kernel", shapes={"fc/fc/kernel": (5, 4)})
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from zoo_spectra.sources import load\n"
        "load('checkpoint:' + sys.argv[1])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.h5")], capture_output=True, text=True
    )
    assert "pip install 'zoo-spectra-checkpoint[keras]'" in ran.stderr
