"""Gram matrices and eigenvalues by torch, on a GPU: matrices of one shape in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_spectra.method.spectrum import Floats, eigenvalues_of, scaled, unscaled
from zoo_spectra.sources import Matrix

# Float64 entries of the weights and Gram matrices of one call.
BATCH_ENTRIES = 128 << 20


def torch_eigenvalues(
    matrices: Sequence[Matrix], symmetric: Sequence[bool], device: str
) -> list[Floats]:
    """As ``eigenvalues_of`` each, within 1e-6 of its largest eigenvalue.

    What does not fit the device's memory is done by LAPACK on the CPU.
    """
    import torch

    found: list[Floats] = [np.empty(0)] * len(matrices)
    for places in _alike(matrices, symmetric):
        alike = symmetric[places[0]]
        try:
            solved = _solve([matrices[at] for at in places], alike, device)
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            solved = [eigenvalues_of(matrices[at], alike) for at in places]
        for at, values in zip(places, solved, strict=True):
            found[at] = values
    return found


def _alike(matrices: Sequence[Matrix], symmetric: Sequence[bool]) -> list[list[int]]:
    """Places of matrices of one shape, symmetric or not, as many together as one call may hold."""
    groups: dict[tuple[tuple[int, ...], bool], list[int]] = {}
    for at, matrix in enumerate(matrices):
        groups.setdefault((matrix.shape, symmetric[at]), []).append(at)
    chunks = []
    for (shape, _), places in groups.items():
        entries = shape[0] * shape[1] + min(shape) ** 2
        most = max(1, BATCH_ENTRIES // entries)
        chunks += [places[first : first + most] for first in range(0, len(places), most)]
    return chunks


def _solve(matrices: Sequence[Matrix], symmetric: bool, device: str) -> list[Floats]:
    """Eigenvalues of k matrices of one shape (p, q), all symmetric or none."""
    import torch

    pairs = [_ready(matrix) for matrix in matrices]
    stack: Any = torch.from_numpy(np.stack([weights for weights, _ in pairs])).to(device)
    stack = stack.to(torch.float64)
    rows, columns = stack.shape[1:]
    if symmetric:
        gram = (stack + stack.mT) / 2
    else:
        gram = stack @ stack.mT if rows <= columns else stack.mT @ stack
    del stack
    values: Floats = torch.linalg.eigvalsh(gram).cpu().numpy()
    if symmetric:
        return [np.ldexp(each, exponent) for each, (_, exponent) in zip(values, pairs, strict=True)]
    return [unscaled(each, exponent) for each, (_, exponent) in zip(values, pairs, strict=True)]


def _ready(matrix: Matrix) -> tuple[Matrix, int]:
    """A matrix as it is sent: float32 stays so, which is half the way to the GPU."""
    if matrix.dtype == np.float32:
        return np.ascontiguousarray(matrix), 0
    return scaled(matrix)
