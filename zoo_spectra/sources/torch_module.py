"""Torch modules and tensors as networks. Torch is never imported here: the caller has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.network import Constituent, Network, Scalar, flatten_weight
from zoo_spectra.sources.weights import REAL, is_constituent, not_real


class Module(Protocol):
    """What is asked of a torch module: ``torch.nn.Module`` has it."""

    def state_dict(self, *, keep_vars: bool = False) -> Mapping[str, Any]:
        """Tensors by dotted name."""
        ...


def network_from_module(module: Module, name: str = "module") -> Network:
    """The weights of a torch module, in state-dict order, as a network.

    A tensor that has several names (tied weights) counts once, under its first. Tensors are read
    when the constituents are walked, so later training changes what is read. Walking raises
    NetworkError for a weight on the meta device, or one that is complex or quantised.
    """
    metadata: dict[str, Scalar] = {"class": type(module).__name__}

    def constituents() -> Iterator[Constituent]:
        return tensor_constituents(module.state_dict(keep_vars=True), name)

    return Network(name, "artificial", constituents, type(module).__name__, "", metadata)


def tensor_constituents(tensors: Mapping[str, Any], where: str) -> Iterator[Constituent]:
    """The weights among torch tensors, one at a time, each as a float matrix (p, q).

    ``where`` names the network in errors. Raises NetworkError as ``tensor_array`` does.
    """
    for key in weight_names(tensors):
        yield Constituent(key, flatten_weight(tensor_array(tensors[key], f"{where}, {key}")))


def weight_names(tensors: Mapping[str, Any]) -> list[str]:
    """The names of the weights among torch tensors, in order; tied tensors once."""
    names: list[str] = []
    seen: set[object] = set()
    for key, tensor in tensors.items():
        if is_tensor(tensor) and is_constituent(key, tuple(tensor.shape), dtype_name(tensor)):
            identity = _identity(tensor)
            if identity not in seen:
                seen.add(identity)
                names.append(key)
    return names


def tensor_array(tensor: Any, where: str) -> Matrix:
    """A torch tensor as a numpy array of its shape; half precision becomes float32.

    Raises NetworkError when it has no values (meta device) or is not of a real floating type.
    """
    if tensor.device.type == "meta":
        raise NetworkError(f"{where} is on the meta device and has no values; load the weights")
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    kind = dtype_name(tensor)
    if kind not in REAL:
        raise NetworkError(not_real(where, kind))
    plain = tensor.detach().cpu()
    if str(plain.layout) != "torch.strided":
        plain = plain.to_dense()
    return np.asarray((plain if kind in {"float64", "float32"} else plain.float()).numpy())


def dtype_name(tensor: Any) -> str:
    """``float32`` of ``torch.float32``."""
    return str(tensor.dtype).removeprefix("torch.")


def is_tensor(value: Any) -> bool:
    """Whether an entry of a state dict is a tensor (some are packed tuples or extra state)."""
    return hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "detach")


def _identity(tensor: Any) -> object:
    """Equal for two names of one tensor: same storage, place, shape and strides."""
    if tensor.device.type == "meta" or str(tensor.layout) != "torch.strided" or not tensor.numel():
        return id(tensor)
    return tensor.data_ptr(), tuple(tensor.shape), tensor.stride()
