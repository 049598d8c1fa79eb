"""Sparse constituents: dense where they are diagonalised, as they are where they are estimated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import zoo_spectra as zs
from zoo_spectra.errors import NetworkError
from zoo_spectra.method import spectrum
from zoo_spectra.method.engine import Engine, solve
from zoo_spectra.method.spectrum import constituent_spectrum, gram_eigenvalues
from zoo_spectra.sources import digest
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.testing import check_adapter

FORMATS = ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")


def thin(rows: int, columns: int, seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    dense: Matrix = rng.standard_normal((rows, columns)) * (rng.random((rows, columns)) < 0.1)
    return dense


def messy(dense: Matrix) -> Any:
    """A CSR matrix of the same entries: out of order, some in two parts, some zeros stored."""
    rows, columns = np.nonzero(dense)
    values = dense[rows, columns]
    zeros = np.argwhere(dense == 0)[:5]
    data = np.concatenate([values / 2, values / 2, np.zeros(len(zeros))])
    index = np.concatenate([columns, columns, zeros[:, 1]])
    row = np.concatenate([rows, rows, zeros[:, 0]])
    order = np.lexsort([-index, row])
    starts = np.searchsorted(row[order], np.arange(len(dense) + 1))
    return sparse.csr_matrix((data[order], index[order], starts), shape=dense.shape)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_below_the_limit_it_is_the_dense_matrix(form: str, dtype: str) -> None:
    dense = (thin(50, 70) * 10).astype(dtype)
    for made in (sparse.coo_array, sparse.coo_matrix):
        found = constituent_spectrum(Constituent("w", made(dense).asformat(form)))
        expected = constituent_spectrum(Constituent("w", dense))
        np.testing.assert_array_equal(found.eigenvalues, expected.eigenvalues)
        assert found.gap_ratio == expected.gap_ratio
        assert found.kind == "exact"


@pytest.mark.parametrize("shape", [(60, 90), (90, 60), (60, 60)])
def test_above_the_limit_it_is_estimated_as_it_is(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = thin(*shape)
    expected = constituent_spectrum(Constituent("w", dense), 30, "n")
    given = sparse.csr_array(dense)
    monkeypatch.setattr(sparse.csr_array, "toarray", None)
    found = constituent_spectrum(Constituent("w", given), 30, "n")
    assert found.kind == "slq"
    assert found.weights is not None
    assert found.weights.sum() == pytest.approx(1)
    for weights, nodes in ((expected.weights, expected.eigenvalues),):
        assert weights is not None
        for power in (1, 2, 3):
            here = np.sum(found.weights * found.eigenvalues**power)
            assert here == pytest.approx(np.sum(weights * nodes**power), rel=1e-9)


def test_a_long_one_becomes_a_gram_matrix_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrum, "DENSE_ENTRIES", 2000)
    for shape in [(20, 400), (400, 20)]:
        dense = thin(*shape)
        found = constituent_spectrum(Constituent("w", sparse.csr_array(dense)))
        np.testing.assert_allclose(found.eigenvalues, gram_eigenvalues(dense), atol=1e-12)


@pytest.mark.parametrize("exponent", [-150, 150])
def test_the_ends_of_float64(exponent: int) -> None:
    given = sparse.csr_array(thin(60, 60) * 10.0**exponent)
    for limit in (8192, 10):
        found = constituent_spectrum(Constituent("w", given), limit).eigenvalues
        expected = constituent_spectrum(Constituent("w", thin(60, 60)), limit).eigenvalues
        top = found[-1] / 10.0**exponent / 10.0**exponent
        assert top == pytest.approx(expected[-1], rel=1e-9)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (sparse.csr_array((5, 5)), "all entries are zero"),
        (sparse.csr_array(np.diag([1.0, np.nan, np.inf])), "2 non-finite entries"),
        (sparse.csr_array(np.ones((1, 9))), "order below 2"),
        (sparse.csr_array(np.eye(3) * 1j), "not real numbers"),
        (sparse.csr_array(np.eye(3) * 1e200), "outside the range of float64"),
    ],
)
def test_what_is_no_constituent(matrix: Any, words: str) -> None:
    for limit in (8192, 2):
        assert words in str(constituent_spectrum(Constituent("w", matrix), limit).skipped)


@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_the_digest_is_that_of_the_canonical_form(rows: int, columns: int, seed: int) -> None:
    dense = thin(rows, columns, seed)
    same = [messy(dense), *(sparse.coo_array(dense).asformat(form) for form in FORMATS)]
    before = same[0].copy()
    found = {digest(each) for each in same}
    found |= {digest(Constituent("w", each).matrix) for each in same}
    assert len(found) == 1
    np.testing.assert_array_equal(same[0].indices, before.indices)
    np.testing.assert_array_equal(same[0].data, before.data)
    changed = dense.copy()
    changed[rows - 1, columns - 1] += 1.0
    for other in (changed, dense.astype(np.float32), np.pad(dense, 1)):
        assert digest(sparse.csr_array(other)) not in found


def test_a_constituent_holds_the_canonical_form() -> None:
    dense = thin(30, 20)
    for each in (messy(dense), sparse.lil_matrix(dense)):
        held: Any = Constituent("w", each).matrix
        assert type(held) is sparse.csr_array
        assert held.nnz == np.count_nonzero(dense)
        np.testing.assert_array_equal(held.toarray(), dense)
    kept = sparse.csr_array(dense)
    assert Constituent("w", kept).matrix is kept
    assert Constituent("w", kept).nbytes < dense.nbytes == Constituent("w", dense).nbytes


def test_analyze_takes_them() -> None:
    dense = thin(40, 60)
    one = zs.analyze({"a": dense, "b": 2 * dense})
    other = zs.analyze({"a": sparse.csr_array(dense), "b": sparse.coo_matrix(2 * dense)})
    for measure in ("pooled", "depth", "matched"):
        assert one.distance(other, measure) == 0  # type: ignore[arg-type]
    large = zs.analyze({"a": sparse.csr_array(dense)}, zs.Settings(exact_limit=20))
    assert large.spectrum_kind == "slq"
    assert large.density_se is not None
    with pytest.raises(NetworkError, match="all entries are zero"):
        zs.analyze({"a": sparse.csr_array((4, 4))})


@pytest.mark.parametrize("engine", [Engine(), Engine(threads=2), Engine("torch-cpu")])
def test_every_engine_takes_them(engine: Engine) -> None:
    dense = [thin(30, 50, seed) for seed in range(5)]
    every = [Constituent(str(at), sparse.csr_array(each)) for at, each in enumerate(dense)]
    every += [Constituent("large", sparse.csr_array(thin(80, 80)))]
    solved = list(solve(iter(every), 40, "n", engine))
    for each, matrix in zip(solved, dense, strict=False):
        expected = gram_eigenvalues(matrix)
        np.testing.assert_allclose(each.spectrum.eigenvalues, expected, atol=1e-9)
    assert [each.spectrum.kind for each in solved] == ["exact"] * 5 + ["slq"]


def test_a_run_of_sparse_networks(tmp_path: Path) -> None:
    given = {"a": thin(30, 50), "b": thin(30, 30, 1)}
    thin_ones = {name: sparse.csr_array(each) for name, each in given.items()}
    adapter = zs.MemoryAdapter({"dense": given, "sparse": thin_ones})
    check_adapter(adapter, "*")
    job = zs.Job(sources=("memory:*",), catalog=str(tmp_path / "zoo"))
    zs.run(job, in_process=True, adapters=[adapter])
    one, other = (zs.Catalog(tmp_path / "zoo").network(name) for name in ("dense", "sparse"))
    assert one["status"] == other["status"] == "ok"
    assert one["csd"] == other["csd"]
    assert one["parameters"] == other["parameters"] == 30 * 80


def test_an_adapter_may_yield_them() -> None:
    """Also those of other formats, whose constituents are walked over twice by the suite."""
    network = Network("n", "artificial", lambda: iter([Constituent("w", messy(thin(20, 20)))]))
    found = zs.analyze(network)
    assert found.distance(zs.analyze({"w": thin(20, 20)})) == 0
