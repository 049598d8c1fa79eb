"""LyCORIS's adapters: products entry by entry (LoHa) and of Kronecker (LoKr), which are the map."""

from __future__ import annotations

import re
from math import prod

import numpy as np

from zoo_spectra.sources.effective.lora import UNKNOWN, check_size
from zoo_spectra.sources.effective.table import Shape, Table
from zoo_spectra.sources.matrices import Matrix

_PART = re.compile(r"(?P<base>.+)\.(?P<kind>hada|lokr)_(?P<role>w[12](_[ab])?|t[12]?)")
_HADAMARD = ("w1_a", "w1_b", "w2_a", "w2_b")


def products(table: Table) -> None:
    """``hada_w1_a`` … and ``lokr_w1`` … with their ``alpha``, a weight for each layer.

    Raises NetworkError where a part is missing, does not fit or is one of a core tensor's.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name in table:
        match = ("hada_" in name or "lokr_" in name) and _PART.fullmatch(name)
        if match:
            found.setdefault((match["base"], match["kind"]), {})[match["role"]] = name
    for (base, kind), names in found.items():
        _merge(table, base, kind, names)


def _merge(table: Table, base: str, kind: str, names: dict[str, str]) -> None:
    some = next(iter(names.values()))
    shapes = {role: table.shape(name) or () for role, name in names.items()}
    shape, rank = _hadamard(shapes) if kind == "hada" else _kronecker(shapes)
    if shape is None:
        raise table.refuse(some, "and its like give no weight; merge the adapter and save it again")
    check_size(table, tuple(names.values()), shape)
    alpha = f"{base}.alpha"
    scaled = rank is not None and alpha in table
    if rank is not None and not scaled:
        table.note(UNKNOWN, f"{base}.weight")
    if f"{base}.weight" in table:
        raise table.refuse(some, "is beside its layer's weight; merge the adapter into it")
    roles = tuple(names)
    parts = [*names.values(), *([alpha] if alpha in table else [])]

    def make(values: tuple[Matrix, ...]) -> Matrix:
        given = {role: v.astype(np.float64) for role, v in zip(roles, values, strict=False)}
        scale = float(values[-1].reshape(-1)[0]) / rank if scaled and rank else 1.0
        one, two = (_factor(given, which) for which in ("w1", "w2"))
        made = one * two if kind == "hada" else np.kron(_widened(one, two.ndim), two)
        result: Matrix = (made * scale).reshape(shape).astype(np.float32)
        return result

    table.merge(f"{base}.weight", shape, parts, make)


def _factor(given: dict[str, Matrix], which: str) -> Matrix:
    """A factor itself, or the product of its two parts."""
    if which in given:
        return given[which]
    first, second = given[f"{which}_a"], given[f"{which}_b"]
    made: Matrix = first @ second.reshape(len(second), -1)
    return made


def _widened(matrix: Matrix, dimensions: int) -> Matrix:
    return matrix.reshape(*matrix.shape, *(1,) * (dimensions - 2))


def _hadamard(shapes: dict[str, Shape]) -> tuple[Shape | None, int | None]:
    if set(shapes) != set(_HADAMARD) or any(len(shape) != 2 for shape in shapes.values()):
        return None, None
    one, two = (_joined(shapes[f"{which}_a"], shapes[f"{which}_b"]) for which in ("w1", "w2"))
    return (one if one == two else None), shapes["w1_b"][0]


def _kronecker(shapes: dict[str, Shape]) -> tuple[Shape | None, int | None]:
    sides: list[Shape] = []
    rank = None
    for which in ("w1", "w2"):
        if which in shapes:
            factor: Shape | None = shapes[which]
        elif {f"{which}_a", f"{which}_b"} <= set(shapes):
            second = shapes[f"{which}_b"]
            factor = _joined(shapes[f"{which}_a"], (second[0], prod(second[1:])))
            rank = second[0]
        else:
            return None, None
        if factor is None or len(factor) < 2:
            return None, None
        sides.append(factor)
    if "t2" in shapes or len(sides[0]) != 2:
        return None, None
    one, two = sides
    return (one[0] * two[0], one[1] * two[1], *two[2:]), rank


def _joined(first: Shape, second: Shape) -> Shape | None:
    fits = len(first) == 2 and len(second) == 2 and first[1] == second[0]
    return (first[0], second[1]) if fits else None
