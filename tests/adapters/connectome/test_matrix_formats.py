"""Formats of matrices: MATLAB, HDF5, safetensors, CIFTI and BIDS, as their libraries write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from nibabel import cifti2
from safetensors.numpy import save_file
from scipy import io, sparse

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers import read_adjacency
from zoo_spectra_connectome.settings import parse_settings

Matrix = np.ndarray
Writer = Callable[[Path, Matrix], object]
NAMES = ["V1", "V2", "MT", "LIP", "FEF"]


def read(adapter: ConnectomeAdapter, path: Path, **options: str) -> Matrix:
    (ref,) = check_adapter(adapter, str(path), options)
    (whole,) = adapter.load(ref).constituents()
    return np.asarray(whole.matrix)


def held(path: Path, **options: str) -> Adjacency:
    """What the reader gives, with the names of the nodes."""
    return read_adjacency(path, parse_settings(options))


def mat(form: str = "5", packed: bool = False, **others: object) -> Writer:
    def write(path: Path, matrix: Matrix) -> None:
        made = {"connectivity": matrix} | others
        io.savemat(path, made, format=form, do_compression=packed)

    return write


def sparse_mat(path: Path, matrix: Matrix) -> None:
    io.savemat(path, {"W": sparse.csc_array(matrix)}, do_compression=True)


def matlab73(path: Path, matrix: Matrix) -> None:
    """By columns, behind MATLAB's own block, and the names in a cell."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file["W"] = matrix.T
        file["W"].attrs["MATLAB_class"] = np.bytes_("double")
        references = []
        for name in NAMES:
            text = np.array([[ord(letter)] for letter in name], "u2")
            file[f"#refs#/{name}"] = text
            file[f"#refs#/{name}"].attrs["MATLAB_class"] = np.bytes_("char")
            references.append(file[f"#refs#/{name}"].ref)
        file["names"] = np.array([references], dtype=h5py.ref_dtype)
        file["names"].attrs["MATLAB_class"] = np.bytes_("cell")
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")


def sparse_matlab73(path: Path, matrix: Matrix) -> None:
    made = sparse.csc_array(matrix)
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("W")
        group["data"], group["ir"] = made.data, made.indices.astype("u8")
        group["jc"] = made.indptr.astype("u8")
        group.attrs["MATLAB_class"] = np.bytes_("double")
        group.attrs["MATLAB_sparse"] = np.uint64(len(matrix))
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")


def hdf5(path: Path, matrix: Matrix) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("group/W", data=matrix, compression="gzip")
        file["group/labels"] = NAMES


def sparse_hdf5(path: Path, matrix: Matrix, **changes: Any) -> None:
    made = sparse.csr_array(matrix)
    with h5py.File(path, "w") as file:
        for name in ("data", "indices", "indptr"):
            file[f"X/{name}"] = changes.get(name, getattr(made, name))
        file["X"].attrs["shape"] = matrix.shape


def safetensors(path: Path, matrix: Matrix) -> None:
    save_file({"W": matrix}, path)


def sparse_safetensors(path: Path, matrix: Matrix) -> None:
    made = sparse.csr_array(matrix)
    save_file({n: getattr(made, n) for n in ("data", "indices", "indptr")}, path)


def torch_names(path: Path, matrix: Matrix) -> None:
    made = sparse.csr_array(matrix)
    parts = {"values": made.data, "col_indices": made.indices, "crow_indices": made.indptr}
    save_file({f"adjacency.{name}": part for name, part in parts.items()}, path)


def pconn(path: Path, matrix: Matrix) -> None:
    voxels = [np.array([[at, at, at]]) for at in range(len(matrix))]
    shape = {"affine": np.eye(4), "volume_shape": (9, 9, 9)}
    axis = cifti2.ParcelsAxis(NAMES, voxels, [{}] * len(matrix), **shape)
    cifti2.Cifti2Image(matrix.astype("f4"), header=(axis, axis)).to_filename(path)


def relmat(path: Path, matrix: Matrix) -> None:
    np.savetxt(path, matrix, delimiter="\t")


WRITERS: dict[str, Writer] = {
    "a.mat": mat(),
    "packed.mat": mat(packed=True),
    "four.mat": mat("4"),
    "ints.mat": mat(coordinates=np.ones((5, 3)), threshold=0.5, note="by hand"),
    "inside.mat": lambda path, matrix: io.savemat(path, {"s": {"W": matrix, "n": 5.0}}),
    "sparse.mat": sparse_mat,
    "seven.mat": matlab73,
    "sparse_seven.mat": sparse_matlab73,
    "a.h5": hdf5,
    "sparse.hdf5": sparse_hdf5,
    "a.safetensors": safetensors,
    "sparse.safetensors": sparse_safetensors,
    "torch.safetensors": torch_names,
    "a.pconn.nii": pconn,
    "sub-1_relmat.dense.tsv": relmat,
    "pandas_relmat.dense.tsv": lambda path, matrix: pd.DataFrame(matrix).to_csv(path, sep="\t"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_matrix(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix, name: str
) -> None:
    WRITERS[name](tmp_path / name, matrix)
    np.testing.assert_array_equal(read(adapter, tmp_path / name), matrix)


LINES = np.frombuffer("\n".join(NAMES).encode(), "u1")[None]
NAMED: dict[str, Writer] = {
    "bct.mat": mat(Names=np.array(NAMES), Coord=np.ones((5, 3))),  # Brain Connectivity Toolbox
    "cells.mat": mat(labels=np.array(NAMES, object)),
    "studio.mat": mat("4", name=LINES, atlas=np.frombuffer(b"HCP", "u1")[None]),  # DSI Studio
    "seven.mat": matlab73,
    "a.h5": hdf5,
    "a.pconn.nii": pconn,
}


@pytest.mark.parametrize("name", NAMED)
def test_names_of_regions(tmp_path: Path, matrix: Matrix, name: str) -> None:
    NAMED[name](tmp_path / name, matrix)
    assert list(held(tmp_path / name).nodes) == NAMES


def test_several_atlases_in_a_file_of_qsiprep(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix
) -> None:
    """Each matrix has the labels of its atlas."""
    other = [name.lower() for name in NAMES]
    path = tmp_path / "sub-1_connectivity.mat"
    made = {"aal_count_connectivity": matrix, "dk_count_connectivity": 2 * matrix}
    io.savemat(path, made | {"aal_region_labels": NAMES, "dk_region_labels": other})
    said = check_refuses(adapter, str(path), NetworkError)
    assert "2 matrices (aal_count_connectivity 5 × 5, dk_count_connectivity 5 × 5)" in said
    found = held(path, array="dk_count_connectivity")
    np.testing.assert_array_equal(found.matrix, 2 * matrix)
    assert list(found.nodes) == other


@pytest.mark.parametrize("name", ["two.mat", "two.h5", "two.safetensors"])
def test_array_chooses_among_several(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix, name: str
) -> None:
    path, both = tmp_path / name, {"count": matrix, "length": 2 * matrix}
    if name == "two.mat":
        io.savemat(path, both)
    elif name == "two.h5":
        with h5py.File(path, "w") as file:
            file.update(both)
    else:
        save_file(both, path)
    said = check_refuses(adapter, str(path), NetworkError)
    assert "2 matrices (count 5 × 5, length 5 × 5); choose one with array=" in said
    assert "did you mean 'length'" in check_refuses(
        adapter, str(path), NetworkError, {"array": "lenght"}
    )
    np.testing.assert_array_equal(read(adapter, path, array="length"), 2 * matrix)


def test_what_is_no_matrix_is_said(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    io.savemat(path, {"Z": np.ones((4, 4, 3))})
    assert "Z is a stack of matrices, 4 × 4 × 3" in check_refuses(adapter, str(path), NetworkError)
    io.savemat(path, {"t": np.ones((4, 90)), "c": np.eye(4) * 1j})
    said = check_refuses(adapter, str(path), NetworkError)
    assert "no square matrix of numbers: t (4 × 90), c (of complex numbers)" in said


def test_code_in_a_file_of_matlab(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix
) -> None:
    path = tmp_path / "a.mat"
    matlab73(path, matrix)
    for kind in ("function_handle", "table"):
        with h5py.File(path, "r+") as file:
            file["W"].attrs["MATLAB_class"] = np.bytes_(kind)
        said = check_refuses(adapter, str(path), UnsafeFileError)
        assert "of MATLAB, which is not read; save the matrix alone" in said


def test_links_out_of_a_file(adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix) -> None:
    hdf5(tmp_path / "other.h5", matrix)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["W"] = h5py.ExternalLink("other.h5", "group/W")
    assert "a link into another file" in check_refuses(
        adapter, str(tmp_path / "a.h5"), UnsafeFileError
    )


def test_sparse_indices_are_looked_at(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix
) -> None:
    indices = sparse.csr_array(matrix).indices.copy()
    indices[0] = 1 << 30
    sparse_hdf5(tmp_path / "a.h5", matrix, indices=indices)
    said = check_refuses(adapter, str(tmp_path / "a.h5"), FileFormatError)
    assert "its sparse matrix is damaged" in said


def with_json(path: Path, matrix: Matrix, **said: object) -> None:
    relmat(path, matrix)
    path.with_name(path.name.replace(".dense.tsv", ".json")).write_text(json.dumps(said))


def test_json_beside_a_matrix_of_bids(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix
) -> None:
    path, both = tmp_path / "sub-1_relmat.dense.tsv", matrix + matrix.T
    bare = both - np.diag(np.diagonal(both))
    with_json(path, both, Directed=False, ValidDiagonal=False)
    np.testing.assert_array_equal(read(adapter, path), bare)
    for form, half in {"UpperTri": np.triu(both), "LowerTri": np.tril(both)}.items():
        with_json(path, half, StorageFormat=form)
        np.testing.assert_array_equal(read(adapter, path), both)
    with_json(path, np.triu(both), Directed=False)
    np.testing.assert_array_equal(read(adapter, path), both)
    holes = both.copy()
    np.fill_diagonal(holes, np.nan)
    with_json(path, holes, ValidDiagonal=False)
    np.testing.assert_array_equal(read(adapter, path), bare)
    with_json(path, matrix, Directed=False)
    said = check_refuses(adapter, str(path), FileFormatError)
    assert "undirected, and it is not symmetric" in said
    holes[0, 1] = np.nan
    with_json(path, holes, ValidDiagonal=False)
    assert "entry (1, 2) is missing" in check_refuses(adapter, str(path), NetworkError)


def test_nodes_beside_a_matrix_of_bids(tmp_path: Path, matrix: Matrix) -> None:
    path = tmp_path / "sub-1_atlas-A_meas-count_relmat.dense.tsv"
    relmat(path, matrix)
    rows = [f"{at + 1}\t{name}\t{name[0]}" for at, name in enumerate(NAMES)]
    table = "\n".join(["matrix_index\tlabel\tletter", *reversed(rows)]) + "\n"
    (tmp_path / "sub-1_atlas-A_nodeindices.tsv").write_text(table)
    (tmp_path / "sub-1_atlas-B_nodeindices.tsv").write_text("label\nx\n")
    found = held(path)
    assert list(found.nodes) == NAMES
    assert found.attributes["letter"] == ("V", "V", "M", "L", "F")


@pytest.mark.parametrize("symmetry", ["symmetric", "skew-symmetric"])
def test_a_half_of_matrix_market_that_is_both(
    adapter: ConnectomeAdapter, tmp_path: Path, symmetry: str
) -> None:
    head = f"%%MatrixMarket matrix coordinate real {symmetry}\n2 2 2\n"
    (tmp_path / "a.mtx").write_text(head + "2 1 5\n1 2 5\n")
    said = check_refuses(adapter, str(tmp_path / "a.mtx"), FileFormatError)
    assert "entries are on both sides of the diagonal" in said


def test_unsigned_and_hermitian_matrix_market(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.mtx"
    path.write_text("%%MatrixMarket matrix coordinate unsigned-integer general\n2 2 1\n1 2 7\n")
    np.testing.assert_array_equal(read(adapter, path), [[0, 7], [0, 0]])
    path.write_text("%%MatrixMarket matrix coordinate complex hermitian\n2 2 1\n2 1 7 0\n")
    assert "not one of real numbers" in check_refuses(adapter, str(path), FileFormatError)
