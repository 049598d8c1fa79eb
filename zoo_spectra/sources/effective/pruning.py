"""Masks: a pruned layer applies its weights times a mask of the same shape."""

from __future__ import annotations

import re

from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf

_SPARSIFIED = re.compile(r"(?P<module>(.*\.)?)parametrizations\.(?P<name>[^.]+)\.0\.mask")


def masks(table: Table) -> None:
    """``weight_orig`` × ``weight_mask`` of torch's pruning, and ``weight`` × ``mask`` beside it.

    torch's sparsifiers keep ``original`` and ``0.mask`` among ``parametrizations``.
    """
    for mask in table:
        shape = table.shape(mask)
        if shape is None or len(shape) < 2:
            continue
        match = _SPARSIFIED.fullmatch(mask)
        if match:
            name = match["module"] + match["name"]
            owners = [mask.removesuffix("0.mask") + "original"]
        elif mask.endswith("_mask"):
            name = mask.removesuffix("_mask")
            owners = [f"{name}_orig", name]
        elif leaf(mask) == "mask":
            name = f"{mask.removesuffix('mask')}weight"
            owners = [name]
        else:
            continue
        for weight in owners:
            if table.shape(weight) == shape:
                table.merge(name, shape, (weight, mask), _masked)
                break


def _masked(values: tuple[Matrix, ...]) -> Matrix:
    weight, mask = values
    made: Matrix = weight * mask.astype(weight.dtype)
    return made
