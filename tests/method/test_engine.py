"""Constituents on threads and through torch: the same results, in order, few at a time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from zoo_spectra.errors import DeviceError
from zoo_spectra.method import engine, torch_solver
from zoo_spectra.method.engine import Engine, check_device, solve
from zoo_spectra.method.spectrum import (
    ConstituentSpectrum,
    constituent_spectrum,
    gram_eigenvalues,
    signed_eigenvalues,
)
from zoo_spectra.method.torch_solver import torch_eigenvalues
from zoo_spectra.sources.network import Constituent, Matrix

RNG = np.random.default_rng(0)


def matrices() -> list[Matrix]:
    shapes = [(8, 40), (40, 8), (30, 30), (8, 40), (2, 2), (60, 20), (8, 40)]
    return [RNG.standard_normal(shape).astype(np.float32) for shape in shapes]


def constituents() -> list[Constituent]:
    bad = np.full((4, 4), np.nan)
    every = [*matrices(), np.zeros((3, 5)), bad, RNG.standard_normal((50, 70)), np.ones((1, 9))]
    every += [RNG.standard_normal((9, 9)) * 1e-120, RNG.integers(-128, 127, (20, 33), np.int8)]
    return [Constituent(f"w{at}", matrix) for at, matrix in enumerate(every)]


def same(found: ConstituentSpectrum, expected: ConstituentSpectrum, accuracy: float) -> None:
    assert (found.name, found.shape) == (expected.name, expected.shape)
    assert (found.skipped, found.kind) == (expected.skipped, expected.kind)
    assert len(found.eigenvalues) == len(expected.eigenvalues)
    if len(expected.eigenvalues):
        limit = accuracy * expected.eigenvalues[-1]
        np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=0, atol=limit)


def same_constituents(solved: list[engine.Solved], every: list[Constituent]) -> None:
    assert [each.constituent.name for each in solved] == [each.name for each in every]
    for found, given in zip(solved, every, strict=True):
        np.testing.assert_array_equal(found.constituent.matrix, given.matrix, strict=True)


@pytest.mark.parametrize("alone", [10, 2048])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, threads: int, alone: int) -> None:
    monkeypatch.setattr(engine, "ALONE_ORDER", alone)
    every = constituents()
    solved = list(solve(iter(every), 45, "id", Engine(threads=threads)))
    same_constituents(solved, every)
    for each in solved:
        same(each.spectrum, constituent_spectrum(each.constituent, 45, "id"), 1e-14)
        assert each.seconds > 0
        assert each.load_seconds >= 0


@pytest.mark.parametrize("budget", [1, 2000, 1 << 30])
def test_the_gpus_code_agrees_with_lapack(monkeypatch: pytest.MonkeyPatch, budget: int) -> None:
    monkeypatch.setattr(engine, "BATCH_BYTES", budget)
    every = constituents()
    solved = list(solve(iter(every), 45, "id", Engine("torch-cpu")))
    same_constituents(solved, every)
    for each in solved:
        same(each.spectrum, constituent_spectrum(each.constituent, 45, "id"), 1e-12)


def test_matrices_of_one_shape_share_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    plain = torch_solver._solve

    def counted(group: list[Matrix], symmetric: bool, device: str) -> list[np.ndarray]:
        calls.append(len(group))
        return plain(group, symmetric, device)

    monkeypatch.setattr(torch_solver, "_solve", counted)
    torch_eigenvalues(matrices(), [False] * 7, "cpu")
    assert sorted(calls) == [1, 1, 1, 1, 3]
    calls.clear()
    three = [matrix + matrix.T for matrix in (np.ones((5, 5)), RNG.random((5, 5)))]
    torch_eigenvalues([*three, RNG.random((5, 5))], [True, True, False], "cpu")
    assert calls == [2, 1]
    calls.clear()
    monkeypatch.setattr(torch_solver, "BATCH_ENTRIES", 2 * (8 * 40 + 8 * 8))
    torch_eigenvalues(matrices(), [False] * 7, "cpu")
    assert sorted(calls) == [1, 1, 1, 1, 1, 2]


def test_what_does_not_fit_the_device_is_done_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch_solver, "_solve", full)
    every = matrices()
    solved = torch_eigenvalues(every, [False] * 7, "cpu")
    for matrix, values in zip(every, solved, strict=True):
        np.testing.assert_array_equal(values, gram_eigenvalues(matrix))
    (values,) = torch_eigenvalues([np.ones((3, 3))], [True], "cpu")
    np.testing.assert_array_equal(values, signed_eigenvalues(np.ones((3, 3))))


@pytest.mark.parametrize("exponent", [-150, 150])
def test_the_ends_of_float64_through_torch(exponent: int) -> None:
    matrix = RNG.standard_normal((12, 40)) * 10.0**exponent
    (values,) = torch_eigenvalues([matrix], [False], "cpu")
    np.testing.assert_allclose(values, gram_eigenvalues(matrix), rtol=1e-9)


def test_few_constituents_are_held_and_blas_has_one_thread() -> None:
    read: list[int] = []

    def walk() -> Iterator[Constituent]:
        for at in range(40):
            read.append(at)
            yield Constituent(f"w{at}", RNG.standard_normal((5, 5)))

    for done, _ in enumerate(solve(walk(), 8192, "id", Engine(threads=3))):
        assert len(read) - done <= 6
        blas = [info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"]
        assert set(blas) == {1}
    assert len(read) == 40


def test_an_error_while_reading_comes_through() -> None:
    def walk() -> Iterator[Constituent]:
        yield Constituent("w", RNG.standard_normal((5, 5)))
        raise ValueError("no more")

    before = threading.active_count()
    with pytest.raises(ValueError, match="no more"):
        list(solve(walk(), 8192, "id", Engine(threads=3)))
    assert threading.active_count() == before


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    check_device("cpu")
    check_device("torch-cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="no GPU on this machine"):
        check_device("cuda")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DeviceError, match="needs torch"):
        check_device("torch-cpu")


@pytest.mark.parametrize("how", [Engine(), Engine(threads=3), Engine("torch-cpu")])
def test_a_reader_may_use_one_buffer_for_all(how: Engine) -> None:
    every = [RNG.standard_normal((30, 40)) for _ in range(20)]

    def walk() -> Iterator[Constituent]:
        buffer = np.empty((30, 40))
        for at, matrix in enumerate(every):
            buffer[...] = matrix
            yield Constituent(f"w{at}", buffer)
        buffer[...] = np.nan

    for each, matrix in zip(solve(walk(), 45, "id", how), every, strict=True):
        np.testing.assert_array_equal(each.constituent.matrix, matrix)
        expected = constituent_spectrum(Constituent(each.constituent.name, matrix), 45, "id")
        same(each.spectrum, expected, 1e-12)
