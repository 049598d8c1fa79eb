"""What torch's layers keep in other ways than as plain tensors: packed, parametrised, adapted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_spectra.errors import NetworkError

# Parametrisations that the rule itself undoes, as it does in a file: the numbers are the same then.
_BY_RULE = {"_WeightNorm", "_SpectralNorm"}
PACKED = ("._packed_params._packed_params", "._packed_params._packed_weight")


def packed_layer(name: str) -> str | None:
    """The layer whose packed weight is called ``name`` in a state dict of torch's quantisation."""
    for ending in PACKED:
        if name.endswith(ending):
            return name.removesuffix(ending)
        if name == ending[1:]:
            return ""
    return None


def unpacked_names(name: str) -> tuple[str, str] | None:
    """``("fc.weight", "fc.bias")`` of ``fc._packed_params._packed_params``; None: not packed."""
    layer = packed_layer(name)
    if layer is None:
        return None
    return f"{layer}.weight".removeprefix("."), f"{layer}.bias".removeprefix(".")


def plain_tensors(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of a state dict by name, those of packed layers under their layer's names.

    Raises NetworkError for a packed recurrent layer.
    """
    found: dict[str, Any] = {}
    for name, value in tensors.items():
        names = unpacked_names(name)
        parts = value if isinstance(value, tuple) else (value,)
        if type(value).__name__ == "ScriptObject":
            raise NetworkError(
                f"{name} is a quantised layer, packed by torch; take the network before it was "
                "quantised"
            )
        if names is None:
            names, parts = (name, ""), (value,)
        for each, part in zip(names, parts, strict=False):
            if all(hasattr(part, what) for what in ("dtype", "shape", "detach")):
                found[each] = part
    return found


def unparametrised(module: Any, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """A module's state dict with what its layers apply in the place of its parametrisations."""
    found = dict(tensors)
    for path, layer in _layers(module):
        for name, steps in getattr(layer, "parametrizations", {}).items():
            if {type(step).__name__ for step in steps} <= _BY_RULE:
                continue
            before = f"{path}.".removeprefix(".")
            inside = f"{before}parametrizations.{name}."
            for key in [key for key in found if key.startswith(inside)]:
                del found[key]
            training = steps.training
            steps.eval()  # else a spectral norm among them would iterate its vectors
            found[before + name] = getattr(layer, name).detach()
            steps.train(training)
    return found


def scales(module: Any) -> dict[str, float]:
    """The scale of each low-rank adapter in a module, by its layer: 0 where it is merged."""
    found: dict[str, float] = {}
    for path, layer in _layers(module):
        scaling = getattr(layer, "scaling", None)
        if hasattr(layer, "lora_A") and isinstance(scaling, Mapping | int | float):
            values = list(scaling.values()) if isinstance(scaling, Mapping) else [scaling]
            merged = bool(getattr(layer, "merged", False))
            if len(values) == 1:
                found[path] = 0.0 if merged else float(values[0])
    return found


def _layers(module: Any) -> list[tuple[str, Any]]:
    named = getattr(module, "named_modules", None)
    return list(named()) if callable(named) else []
