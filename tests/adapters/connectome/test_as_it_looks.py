"""Matrices that are symmetric, nearly so, and not, where no option says which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import zoo_spectra as zs
from zoo_spectra.errors import NetworkError

RNG = np.random.default_rng(0)
HALF = RNG.random((40, 40))
SYMMETRIC = (HALF + HALF.T) / 2
BLURRED = SYMMETRIC * (1 + 1e-4 * RNG.random((40, 40)))
PRINTED = np.round(SYMMETRIC, 6) + 1e-6 * np.triu(RNG.integers(0, 2, (40, 40)), 1)
ONE_OFF = np.rint(200 * SYMMETRIC).astype(np.uint8)
ONE_OFF[0, 1] += 1
COUNTS = RNG.poisson(2.0, (40, 40))


def source(folder: Path, matrix: np.ndarray, thin: bool) -> str:
    if not thin:
        np.save(folder / "m.npy", matrix)
        return f"connectome:{folder / 'm.npy'}"
    few = (SYMMETRIC > 0.6) & (np.indices((40, 40)).sum(axis=0) % 9 == 0)
    sparse.save_npz(folder / "m.npz", sparse.csr_array(np.where(few, matrix, 0)))
    return f"connectome:{folder / 'm.npz'}"


@pytest.mark.parametrize("thin", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("matrix", [SYMMETRIC, PRINTED], ids=["exactly", "as it is printed"])
def test_symmetric_up_to_rounding_is_symmetric(
    matrix: np.ndarray, thin: bool, tmp_path: Path
) -> None:
    network = zs.load(source(tmp_path, matrix, thin))
    [only] = network.constituents()
    np.testing.assert_array_equal(only.matrix, np.asarray(only.matrix).T)
    assert network.metadata["directed"] is False


@pytest.mark.parametrize("thin", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("matrix", [BLURRED, ONE_OFF], ids=["blurred", "one entry"])
def test_nearly_symmetric_is_asked_about(matrix: np.ndarray, thin: bool, tmp_path: Path) -> None:
    if thin and matrix is ONE_OFF:
        matrix = np.where(np.eye(40) > 0, matrix, BLURRED)
    written = source(tmp_path, matrix, thin)
    with pytest.raises(NetworkError, match="symmetric but for .* symmetry=mean .* symmetry=none"):
        zs.load(written)
    [mean] = zs.load(f"{written}?symmetry=mean").constituents()
    np.testing.assert_array_equal(mean.matrix, np.asarray(mean.matrix).T)
    for directed in ("symmetry=none", "directed=true"):
        assert zs.load(f"{written}?{directed}").metadata["directed"] is True


@pytest.mark.parametrize("unit", [1, 1e200, 1e-200])
@pytest.mark.parametrize("loops", [0, 10**9])
def test_directed_stays_directed_whatever_its_loops_and_unit(
    loops: int, unit: float, tmp_path: Path
) -> None:
    matrix = COUNTS * unit
    np.fill_diagonal(matrix, loops * unit)
    network = zs.load(source(tmp_path, matrix, thin=False))
    [only] = network.constituents()
    np.testing.assert_array_equal(only.matrix, matrix)
    assert network.metadata["directed"] is True
