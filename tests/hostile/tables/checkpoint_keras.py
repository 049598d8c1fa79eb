"""Hostile files of Keras: HDF5 that leads elsewhere or unpacks to more, and archives."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from good_checkpoint import keras_archive, of_keras
from good_shared import STATE
from makers import GIGABYTE, Table, bomb, cases_of, with_fields, zipped

WEIGHT = STATE["fc.weight"].T
Fill = Callable[[h5py.File], object]


def hdf5(fill: Fill, by_name: bool = False) -> bytes:
    """A file with a layer that is whole, and what ``fill`` puts into it."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        if by_name:
            file.attrs["layer_names"] = np.array([b"fc"])
        file["fc/fc/kernel:0" if by_name else "layers/dense/vars/0"] = WEIGHT
        fill(file)
    return stream.getvalue()


def on_disk(fill: Fill, libver: str | None = None) -> Callable[[Path], object]:
    """The same, where a file is needed beside it."""

    def write(path: Path) -> None:
        (path.parent / "values").write_bytes(bytes(400))
        with h5py.File(path.parent / "other.data", "w") as other:
            other["vars/0"] = WEIGHT
        with h5py.File(path, "w", libver=libver) as file:
            file["layers/dense/vars/0"] = WEIGHT
            fill(file)

    return write


def numbered(shape: tuple[int, ...], **options: Any) -> Fill:
    return lambda file: file.create_dataset("layers/dense_1/vars/0", shape, "f4", **options)


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((6, 5), "f4")
    for row in range(6):
        layout[row] = h5py.VirtualSource("other.data", "vars/0", (5, 6))[:, row]
    file.create_virtual_dataset("layers/dense_1/vars/0", layout)


def deep(file: h5py.File) -> None:
    group = file.create_group("deep")
    for _ in range(500):
        group = group.create_group("layers")
    group["vars/0"] = WEIGHT


def circle(file: h5py.File) -> None:
    file["layers/again"] = file["layers"]


def many(file: h5py.File) -> None:
    for number in range(20_000):
        file.create_group(f"layers/dense_{number}/vars")


def layer(file: h5py.File, name: str, *shapes: tuple[int, ...], dtype: str = "f4") -> None:
    for number, shape in enumerate(shapes):
        values = np.random.default_rng(number).normal(size=shape) * 100
        file[f"layers/{name}/vars/{number}"] = values.astype(dtype)


def config(**layers: dict[str, Any]) -> str:
    listed = [{"class_name": kind, "config": given} for kind, given in layers.items()]
    return json.dumps({"class_name": "Functional", "config": {"name": "f", "layers": listed}})


def archive(members: dict[str, bytes | str]) -> bytes:
    return zipped(members)  # type: ignore[arg-type]


def foreign_filter() -> h5py.h5p.PropDCID:
    """The creation of a dataset whose pieces go through a filter that only a plug-in has."""
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((4, 4))
    created.set_filter(32_001, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
    return created


def plain() -> bytes:
    """HDF5 of somebody else."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["data/weights"] = WEIGHT
    return stream.getvalue()


GOOD = of_keras()
FILES: Table = {
    "a link into another file": on_disk(
        lambda file: file.__setitem__("layers/dense_1", h5py.ExternalLink("other.data", "/vars"))
    ),
    "a link into a system file": hdf5(
        lambda file: file.__setitem__("layers/dense_1", h5py.ExternalLink("/etc/passwd", "/"))
    ),
    "a soft link to itself": hdf5(
        lambda file: file.__setitem__("layers/dense_1", h5py.SoftLink("/layers/dense_1"))
    ),
    "values in another file": on_disk(numbered((10, 10), external=[("values", 0, 400)])),
    "values in a system file": on_disk(numbered((10, 10), external=[("/etc/passwd", 0, 400)])),
    "values of datasets of other files": on_disk(virtual, "latest"),
    "a promise of terabytes": hdf5(numbered((1 << 20, 1 << 20))),
    "a promise of terabytes, in pieces": hdf5(numbered((1 << 20, 1 << 20), chunks=(64, 64))),
    "a promise of exabytes": hdf5(numbered((1 << 30, 1 << 28), chunks=(64, 64))),
    "values that were never written": hdf5(numbered((40, 50))),
    "values that were never written, in pieces": hdf5(numbered((40, 50), chunks=(10, 10))),
    "four gigabytes of one packed piece": hdf5(
        lambda file: [
            file.create_dataset(
                "layers/dense_1/vars/0",
                (25_000, 40_000),
                "f4",
                chunks=(25, 40_000),
                compression="gzip",
                fillvalue=1,
            ).__setitem__((slice(0, 25)), 1.0)
        ]
    ),
    "a filter that is not known": hdf5(
        lambda file: h5py.h5d.create(
            file.create_group("layers/dense_1/vars").id,
            b"0",
            h5py.h5t.IEEE_F32LE,
            h5py.h5s.create_simple((8, 8)),
            foreign_filter(),
        )
    ),
    "groups without end": hdf5(deep),
    "texts for weights": hdf5(lambda file: file.__setitem__("layers/a/vars/0", [["a", "b"]] * 2)),
    "fields for weights": hdf5(
        lambda file: file.__setitem__("layers/a/vars/0", np.zeros((4, 4), "f4,f4"))
    ),
    "references for weights": hdf5(
        lambda file: file.create_dataset("layers/a/vars/0", (4, 4), h5py.ref_dtype)
    ),
    "complex weights": hdf5(lambda file: layer(file, "a", (4, 4), dtype="c8")),
    "weights in eight bits": hdf5(lambda file: layer(file, "dense_1", (4, 4), dtype="i1")),
    "weights in eight bits, by name": hdf5(
        lambda file: file.__setitem__("b/b/kernel", np.ones((4, 4), "i1")), True
    ),
    "void of two bytes": hdf5(
        lambda file: file.__setitem__("layers/a/vars/0", np.ones((4, 4), "u2").view("V2"))
    ),
    "a kernel of either of two layouts": hdf5(lambda file: layer(file, "mine", (3, 3, 8, 1))),
    "a kernel of an equation that is not known": hdf5(
        lambda file: layer(file, "einsum_dense", (8, 4, 2), (4, 2))
    ),
    "no layout of Keras": plain(),
    "an archive without weights": archive({"config.json": "{}", "metadata.json": "{}"}),
    "an archive whose weights are none": archive({"model.weights.h5": b"x" * 5000}),
    "an archive whose weights lead elsewhere": archive(
        {
            "model.weights.h5": hdf5(
                lambda file: file.__setitem__("layers/b", h5py.ExternalLink("/etc/passwd", "/"))
            )
        }
    ),
    "an archive whose weights unpack to gigabytes": bomb(
        "model.weights.h5", b"\x89HDF\r\n\x1a\n", 3 * GIGABYTE
    ),
    "an archive with a place beyond its end": with_fields(
        archive({"model.weights.h5": GOOD}), offset=1 << 31
    ),
    "an archive with a size beyond its end": with_fields(
        archive({"model.weights.h5": GOOD}), size=1 << 30, packed=1 << 30
    ),
    "an encrypted archive": with_fields(archive({"model.weights.h5": GOOD}), flags=1),
    # What says nothing wrong of the weights is passed over.
    "a circle of groups": hdf5(circle),
    "twenty thousand groups": hdf5(many),
    "a configuration of brackets": archive(
        {"model.weights.h5": GOOD, "config.json": "[" * 1_000_000}
    ),
    "a configuration that is a number": archive({"model.weights.h5": GOOD, "config.json": "1e999"}),
    "a configuration of odd values": archive(
        {
            "model.weights.h5": GOOD,
            "config.json": config(
                Dense={"name": "dense"}, EinsumDense={"name": "conv2d", "equation": ["a"]}
            ),
        }
    ),
    "a configuration of a hundred megabytes": archive(
        {"model.weights.h5": GOOD, "config.json": " " * 100_000_000}
    ),
    "a packed archive": keras_archive(GOOD, zipfile.ZIP_DEFLATED),
}
READ = set(list(FILES)[list(FILES).index("a circle of groups") :])
ZIPPED = {name: made for name, made in FILES.items() if "archive" in name or "config" in name}
CASES = [
    *cases_of({name: FILES[name] for name in FILES if name not in ZIPPED}, ".h5", READ),
    *cases_of(ZIPPED, ".keras", READ),
]
