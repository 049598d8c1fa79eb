"""Hostile HDF5 files."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from good_connectome import of_hdf5, sparse_hdf5
from good_shared import MATRIX
from makers import Table, cases_of


def made(fill: Callable[[Any], object]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    return stream.getvalue()


def deep(file: Any) -> None:
    for _ in range(200):
        file = file.create_group("a")


def many(file: Any) -> None:
    for number in range(20_000):
        file.create_group(f"{number}")


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(5, 5), dtype="f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "a", shape=(5, 5))
    file.create_virtual_dataset("a", layout)


def external(file: Any) -> None:
    place = [("/etc/passwd", 0, 200)]
    file.create_dataset("a", shape=(5, 5), dtype="f8", external=place)


def bomb(path: Path) -> None:
    with h5py.File(path, "w") as file:
        packed = {"chunks": (2000, 2000), "compression": "gzip", "compression_opts": 1}
        made = file.create_dataset("a", shape=(20_000, 20_000), dtype="f8", **packed)
        made[0, 0] = 1.0


def texts(path: Path) -> None:
    """A text of 20 MB, five times the name of a node."""
    with h5py.File(path, "w") as file:
        file["a"] = MATRIX
        file["names"] = ["x" * 20_000_000] * 5


def csr(**changes: object) -> bytes:
    arrays = {"data": np.ones(2), "indices": np.array([1, 0]), "indptr": np.array([0, 1, 2])}

    def fill(file: Any) -> None:
        for name, values in (arrays | changes).items():
            file[f"X/{name}"] = values

    return made(fill)


def link(name: str) -> Callable[[Any], object]:
    return lambda file: file.__setitem__("a", h5py.ExternalLink(name, "a"))


def matlab(kind: str) -> Callable[[Any], object]:
    def fill(file: Any) -> None:
        file["a"] = MATRIX
        file["a"].attrs["MATLAB_class"] = np.bytes_(kind)

    return fill


FILES: Table = {
    "a link to another file": made(link("/etc/passwd")),
    "a link to itself": made(lambda file: file.__setitem__("a", h5py.SoftLink("/a"))),
    "values in another file": made(external),
    "virtual values": made(virtual),
    "groups two hundred deep": made(deep),
    "twenty thousand groups": made(many),
    "never written": made(lambda file: file.create_dataset("a", (9, 9), "f8", chunks=(9, 9))),
    "a shape of exabytes": made(
        lambda file: file.create_dataset("a", (1 << 30, 1 << 30), "f8", chunks=(9, 9))
    ),
    "a piece of gigabytes": made(
        lambda file: file.create_dataset("a", (22_000, 22_000), "f8", chunks=(22_000, 22_000))
    ),
    "three gigabytes packed": bomb,
    "two matrices": made(lambda file: file.update(a=MATRIX, b=MATRIX)),
    "a stack": made(lambda file: file.update(a=np.ones((3, 3, 2)))),
    "complex numbers": made(lambda file: file.update(a=MATRIX * 1j)),
    "an object of MATLAB": made(matlab("containers.Map")),
    "a function of MATLAB": made(matlab("function_handle")),
    "indices beyond": csr(indices=np.array([1, 7])),
    "pointers beyond": csr(indptr=np.array([0, 1, 1 << 40])),
    "pointers in a table": csr(indptr=np.array([[0, 1], [1, 2]])),
    "a shape of three": csr(shape=np.array([2, 2, 2])),
    "a shape below zero": csr(shape=np.array([-2, -2])),
    "data that are groups": made(
        lambda file: [file.create_group(f"X/{n}") for n in ("data", "indices", "indptr")]
    ),
    "cut within the data": sparse_hdf5()[:900],
    "another version": of_hdf5().replace(b"\x89HDF\r\n\x1a\n\x00", b"\x89HDF\r\n\x1a\n\x09"),
    "names of 20 MB": texts,
}
CASES = cases_of(FILES, ".h5", {"names of 20 MB", "pointers in a table", "a shape of three"})
