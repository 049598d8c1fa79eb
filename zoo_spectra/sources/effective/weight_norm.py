"""Weight normalisation: the file has a gain g and a direction v, the layer applies g · v / ‖v‖."""

from __future__ import annotations

import re

import numpy as np

from zoo_spectra.sources.effective.table import Shape, Table
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf

_NEW = re.compile(r"(?P<module>(.*\.)?)parametrizations\.(?P<name>[^.]+)\.original0")


def weight_norm(table: Table) -> None:
    """``weight_g`` and ``weight_v``, or ``original0`` and ``original1`` of torch 2.

    The norm is over the axes where the gain has one side of 1 (all of them for a single gain).
    """
    for gain in table:
        match = _NEW.fullmatch(gain)
        if match:
            name = match["module"] + match["name"]
            direction = f"{gain[:-1]}1"
        elif gain.endswith("_g") and {"weight", "kernel"} & set(leaf(gain).split("_")):
            name, direction = gain[:-2], f"{gain[:-2]}_v"
        else:
            continue
        of_gain, shape = table.shape(gain), table.shape(direction)
        if of_gain is None or shape is None or len(shape) < 2:
            continue
        wide = _wide(of_gain, shape)
        if wide is not None:
            table.merge(name, shape, (gain, direction), _Normed(wide))


class _Normed:
    """g · v / ‖v‖, with the gain in the shape ``wide``."""

    def __init__(self, wide: Shape) -> None:
        self._wide = wide
        self._axes = tuple(axis for axis, side in enumerate(wide) if side == 1)

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        gain, direction = values
        direction = direction.astype(np.float64)
        norm = np.sqrt(np.square(direction).sum(axis=self._axes, keepdims=True))
        with np.errstate(all="ignore"):
            made: Matrix = (gain.reshape(self._wide) * direction / norm).astype(values[1].dtype)
        return made


def _wide(gain: Shape, direction: Shape) -> Shape | None:
    """The gain's shape beside the direction's, with sides of 1; None where it does not fit."""
    if len(gain) == len(direction):
        fits = all(g in (1, side) for g, side in zip(gain, direction, strict=True))
        return gain if fits else None
    if all(side == 1 for side in gain):
        return (1,) * len(direction)
    return (*gain, *(1,) * (len(direction) - 1)) if gain == direction[:1] else None
