"""Spectral normalisation: the layer applies W / σ, σ = uᵀ W v of the vectors in the file."""

from __future__ import annotations

import re
from math import prod

import numpy as np

from zoo_spectra.sources.effective.table import Shape, Table
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, stem

_NEW = re.compile(r"(?P<module>(.*\.)?)parametrizations\.(?P<name>[^.]+)\.original")


def spectral_norm(table: Table) -> None:
    """``weight_orig`` with ``weight_u`` and (since torch 1.0) ``weight_v``, or torch 2's spelling.

    BigGAN has a ``u0`` beside its ``weight``, and goes from it one step of the power iteration on.

    σ is what torch computes in evaluation. Raises NetworkError for vectors of another length.
    """
    for original in table:
        match = _NEW.fullmatch(original)
        if match:
            name = match["module"] + match["name"]
            left, right = (original.removesuffix("original") + f"0._{each}" for each in "uv")
        elif original.endswith("_orig"):
            name = original.removesuffix("_orig")
            left, right = f"{name}_u", f"{name}_v"
        elif f"{stem(original)}u0" in table and leaf(original) == "weight":
            name, left, right = original, f"{stem(original)}u0", ""
        else:
            continue
        shape = table.shape(original)
        if shape is None or len(shape) < 2 or left not in table:
            continue
        vectors = [each for each in (left, right) if each in table]
        axes = _axes(shape, [table.shape(each) or () for each in vectors])
        if not axes:
            raise table.refuse(left, f"does not fit {original}, {shape}; save the network again")
        if len(vectors) == 1 and name != original and table.shape(name) == shape:
            for part in (original, left):  # torch before 1.0 kept what it computed, beside them
                table.leave_out(part, "computed from others")
            continue
        table.merge(name, shape, (original, *vectors), _Divided(axes, name == original))


class _Divided:
    """W / (uᵀ W v). ``axes``: those that u may run along (a transposed convolution's is 1).

    ``further``: u and v are first brought one step on.
    """

    def __init__(self, axes: list[int], further: bool) -> None:
        self._axes = axes
        self._further = further

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        weight, *vectors = values
        wide = weight.astype(np.float64)
        # The vectors were iterated along one axis; along another their product is about nothing.
        norm = max((self._norm(wide, axis, vectors) for axis in self._axes), key=abs)
        with np.errstate(all="ignore"):
            made: Matrix = (wide / norm).astype(weight.dtype)
        return made

    def _norm(self, weight: Matrix, axis: int, vectors: list[Matrix]) -> float:
        rows = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)
        across = vectors[0].astype(np.float64).reshape(-1) @ rows
        if len(vectors) == 2:
            return float(across @ vectors[1].astype(np.float64).reshape(-1))
        size = np.linalg.norm(across)
        return float(np.linalg.norm(rows @ (across / size)) if self._further else size)


def _axes(shape: Shape, vectors: list[Shape]) -> list[int]:
    lengths = [prod(vector) for vector in vectors]
    size = prod(shape)
    return [
        axis
        for axis, side in enumerate(shape)
        if lengths[0] == side and (len(lengths) == 1 or lengths[1] * side == size)
    ]
