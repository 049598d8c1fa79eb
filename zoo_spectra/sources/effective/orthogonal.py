"""torch's orthogonal parametrisation, and those that a file does not say how to undo."""

from __future__ import annotations

import re

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.matrices import Matrix

_PARAMETRISED = re.compile(r"(?P<module>(.*\.)?)parametrizations\.(?P<name>[^.]+)\.original\d*")
_INSIDE = re.compile(r"(.*\.)?parametrizations\.[^.]+\.")
_CURE = (
    "call torch.nn.utils.parametrize.remove_parametrizations on its layer and save the network "
    "again, or analyse the module itself"
)


def parametrised(table: Table) -> None:
    """What torch's ``parametrizations`` hold besides weight norm and spectral norm.

    With a ``base`` beside it, a matrix is orthogonal by a matrix exponential, Cayley's map or
    reflections: which is not in the file, and the eigenvalues are 1 by each, so torch's default is
    taken. Alone, it is by reflections where its diagonal is of ±1. Raises NetworkError for any
    other, here or when the values are read.
    """
    inside: dict[str, list[str]] = {}
    for name in table:
        if "parametrizations." in name and (match := _INSIDE.match(name)):
            inside.setdefault(match[0], []).append(name)
    for original in table:
        match = _PARAMETRISED.fullmatch(original)
        shape = table.shape(original)
        if match is None or shape is None or len(shape) < 2:
            continue
        place = original[: match.end("name")] + "."
        others = [name for name in inside[place] if name != original]
        base = f"{place}0.base"
        known = original.endswith("original") and others in ([], [base])
        if not known or (others and len(shape) > 2):  # a batch's eigenvalues depend on the map
            raise table.refuse(original, f"has a parametrisation that is not known; {_CURE}")
        name = match["module"] + match["name"]
        if others:
            table.note("orthogonal by one of three maps, with the same eigenvalues", name)
            square = shape[0] == shape[1]
            table.merge(name, shape, (original, base), _exponential if square else _reflected_base)
        else:
            table.merge(name, shape, (original,), _Householder(f"{table.where}, {original}"))


def _exponential(values: tuple[Matrix, ...]) -> Matrix:
    from scipy.linalg import expm  # not for every import of this room

    original, base = (each.astype(np.float64) for each in values)
    lower = np.tril(original)
    made: Matrix = (base @ expm(lower - lower.T)).astype(values[0].dtype)
    return made


def _reflected_base(values: tuple[Matrix, ...]) -> Matrix:
    original, base = (each.astype(np.float64) for each in values)
    tall = _tall(original)
    return _as(base @ (_reflected(tall) * np.sign(np.diagonal(tall))), values[0])


class _Householder:
    """The product of the reflections below the diagonal. Raises NetworkError where it is none."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        (original,) = values
        tall = _tall(original.astype(np.float64))
        signs = np.diagonal(tall, axis1=-2, axis2=-1)
        if not np.array_equal(np.abs(signs), np.ones_like(signs)):
            raise NetworkError(f"{self._where} has a parametrisation that is not known; {_CURE}")
        flat = tall.reshape(-1, *tall.shape[-2:])
        made = np.stack([_reflected(each) for each in flat]).reshape(tall.shape)
        return _as(made * signs[..., None, :], original)


def _reflected(tall: Matrix) -> Matrix:
    from scipy.linalg import lapack

    vectors = np.tril(tall, -1)
    factors = 2.0 / (1.0 + np.square(vectors).sum(axis=0))
    made, _, _ = lapack.dorgqr(vectors, factors)
    return np.asarray(made)


def _tall(original: Matrix) -> Matrix:
    rows, columns = original.shape[-2:]
    return np.swapaxes(original, -1, -2) if rows < columns else original


def _as(made: Matrix, original: Matrix) -> Matrix:
    rows, columns = original.shape[-2:]
    return (np.swapaxes(made, -1, -2) if rows < columns else made).astype(original.dtype)
