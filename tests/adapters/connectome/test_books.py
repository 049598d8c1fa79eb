"""Tables that are not text: sheets of Excel, the parts of a simulator's archive."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Network
from zoo_spectra_connectome import ConnectomeAdapter


def load(adapter: ConnectomeAdapter, path: Path, options: Mapping[str, str]) -> Network:
    (ref,) = adapter.list(str(path), options)
    return adapter.load(ref)


def dense(network: Network) -> list[list[float]]:
    (whole,) = network.constituents()
    matrix = whole.matrix
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix).tolist()


def test_excel(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["pre", "post", "roi", "n"],
        ["A", "B", "x", 1.5],
        ["A", "B", "y", 2],
        ["B", "A", "x", 3],
    ):
        book.active.append(row)
    matrix = book.create_sheet("matrix")
    for row in ([None, "A", "B"], ["A", 0, 2.5], ["B", 1, 0]):
        matrix.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(NetworkError, match=r"2 sheets \(Sheet, matrix\); choose one with sheet="):
        load(adapter, tmp_path / "a.xlsx", {})
    assert dense(load(adapter, tmp_path / "a.xlsx", {"sheet": "Sheet"})) == [[0, 3.5], [3, 0]]
    assert dense(load(adapter, tmp_path / "a.xlsx", {"sheet": "matrix"})) == [[0, 2.5], [1, 0]]
    with pytest.raises(NetworkError, match="did you mean 'matrix'"):
        load(adapter, tmp_path / "a.xlsx", {"sheet": "matrx"})


def test_a_simulators_tables(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    rows = "0 0.5 1\n0.5 0 2\n1 2 0\n"
    tables = {"weights": rows, "tract_lengths": rows, "centres": "R1 1.5 1 1\nR2 1 1 1\nR3 2 1 1\n"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in tables.items():
            (tmp_path / f"{name}.txt").write_text(text)
            archive.writestr(f"c/{name}.txt", text)
    right = [[0, 0.5, 1], [0.5, 0, 2], [1, 2, 0]]
    assert dense(load(adapter, tmp_path / "weights.txt", {})) == right
    zipped = load(adapter, tmp_path / "a.zip", {})
    assert dense(zipped) == right
    assert zipped.metadata["heaviest"] == "R2 -> R3: 2"
    for name in ("tract_lengths", "centres"):
        with pytest.raises(NetworkError, match="simulator's table.*the network is in weights.txt"):
            load(adapter, tmp_path / f"{name}.txt", {})
    said = load(adapter, tmp_path / "tract_lengths.txt", {"format": "adjacency"})
    assert dense(said) == right
