"""Experts that lie in one tensor, and other batches of matrices: each is a map of its own."""

from __future__ import annotations

import re

from zoo_spectra.sources.effective.table import Shape, Table, Tensor
from zoo_spectra.sources.tensor_names import leaf, parts, stem, words

_EXPERTS = {"expert", "experts", "moe", "exps", "chexps"}
_APART = re.compile(r"\d+|experts?_?\d+")
_CONCATENATED = {"w1", "w2", "v1"}
_ROUTERS = ("router.layer.weight", "router.weight", "gate.weight", "router.classifier.weight")
# No kernel of a convolution in one dimension is so long while its outputs are so few.
LONG = 64


def stacked(table: Table, tensor: Tensor) -> bool:
    """Whether a tensor is (experts, ·, ·): by its name, and not apart already, or by its shape.

    A convolution keeps its three axes: experts are numbered there, or it is called one.
    """
    name, shape = tensor.name, tensor.shape
    if len(shape) != 3 or shape[0] < 2:
        return False
    path = parts(name)
    if any("conv" in part.lower() for part in path):
        return False
    at = next((n for n, part in enumerate(path) if words(part) & _EXPERTS), None)
    if at is None or any(_APART.fullmatch(part) for part in path[at:-1]):
        return _is_batch(name, shape) or _has_a_bias_each(table, tensor)
    return True


def _is_batch(name: str, shape: Shape) -> bool:
    slashed = "/" in name or leaf(name).endswith("kernel")  # a kernel there is (width, in, out)
    return not slashed and shape[0] < min(shape[1:]) and shape[2] >= LONG


def _has_a_bias_each(table: Table, tensor: Tensor) -> bool:
    """Whether the bias beside it has a row a matrix, as layers that are scanned or mapped do."""
    if leaf(tensor.name) not in ("weight", "kernel"):
        return False
    bias = table.stored.get(f"{stem(tensor.name)}bias", ())
    count, *sides = (side for at, side in enumerate(bias) if side > 1 or at == 0) if bias else (0,)
    return count == tensor.shape[0] and len(sides) == 1 and sides[0] in tensor.shape[1:]


def concatenated_experts(table: Table, tensor: Tensor) -> Tensor | None:
    """(experts · f, d) as (experts, f, d), where a router beside it tells the number of experts."""
    name, shape = tensor.name, tensor.shape
    path = parts(name)
    if len(shape) != 2 or leaf(name) not in _CONCATENATED or "experts" not in path:
        return None
    block = name[: name.index("experts")]
    outer = stem(block.rstrip("./"))
    routers = [table.shape(f"{place}{each}") for place in (block, outer) for each in _ROUTERS]
    router = next((found for found in routers if found is not None and len(found) == 2), None)
    if router is None or router[0] < 2 or shape[0] % router[0] or router[1] != shape[1]:
        return None
    apart = (router[0], shape[0] // router[0], shape[1])
    return tensor.then(apart, lambda values: values.reshape(apart))
