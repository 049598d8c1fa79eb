"""Torch modules and tensors as networks. Torch is never imported here: the caller has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.effective import Entry, Fetch, Reading, read
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.network import Constituent, Network, Scalar
from zoo_spectra.sources.torch_layers import plain_tensors, scales, unparametrised
from zoo_spectra.sources.weights import REAL, not_real


class Module(Protocol):
    """What is asked of a torch module: ``torch.nn.Module`` has it."""

    def state_dict(self, *, keep_vars: bool = False) -> Mapping[str, Any]:
        """Tensors by dotted name."""
        ...


def network_from_module(module: Module, name: str = "module") -> Network:
    """The maps that a torch module applies, in state-dict order, as a network.

    A tensor that has several names (tied weights) counts once, under its first. Tensors are read
    when the constituents are walked, so later training changes what is read. Raises NetworkError
    for what is packed or not understood, and walking raises it for a weight on the meta device.
    """
    metadata: dict[str, Scalar] = {"class": type(module).__name__}
    reading = read_tensors(module_tensors(module), name, {"scales": scales(module)})

    def walk() -> Iterator[Constituent]:
        return reading.constituents(tensor_values(module_tensors(module), name))

    return reading.network(walk, name, family=type(module).__name__, metadata=metadata)


def module_tensors(module: Module) -> dict[str, Any]:
    """The state dict of a module, with parametrised tensors as they are applied."""
    return unparametrised(module, module.state_dict(keep_vars=True))


def read_tensors(
    tensors: Mapping[str, Any], where: str, settings: Mapping[str, object] | None = None
) -> Reading:
    """The constituents among torch tensors by name; tied tensors once. Raises NetworkError."""
    entries: list[Entry] = []
    seen: set[object] = set()
    tied = 0
    for name, tensor in plain_tensors(tensors).items():
        identity = tensor_identity(tensor)
        if identity in seen:
            tied += 1
            continue
        seen.add(identity)
        entries.append(Entry(name, tuple(tensor.shape), stored_dtype(tensor)))
    return read(entries, where, settings, tied)


def tensor_values(tensors: Mapping[str, Any], where: str) -> Fetch:
    """The values of torch tensors by name, as arrays; ``where`` names the network in errors."""
    plain = plain_tensors(tensors)
    return lambda name: tensor_array(plain[name], f"{where}, {name}")


def tensor_array(tensor: Any, where: str) -> Matrix:
    """A torch tensor as a numpy array of its shape; half precision and less become float32.

    Raises NetworkError when it has no values (meta device) or is complex.
    """
    if tensor.device.type == "meta":
        raise NetworkError(f"{where} is on the meta device and has no values; load the weights")
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    kind = dtype_name(tensor)
    if kind not in REAL and not kind.startswith(("int", "uint", "bool")):
        raise NetworkError(not_real(where, kind))
    plain = tensor.detach().cpu()
    if str(plain.layout) != "torch.strided":
        plain = plain.to_dense()
    narrow = kind in REAL and kind not in {"float64", "float32"}
    return np.asarray((plain.float() if narrow else plain).numpy())


def dtype_name(tensor: Any) -> str:
    """``float32`` of ``torch.float32``."""
    return str(tensor.dtype).removeprefix("torch.")


def stored_dtype(tensor: Any) -> str:
    """The type that ``tensor_array`` starts from: what is quantised by torch is dequantised."""
    return "float32" if getattr(tensor, "is_quantized", False) else dtype_name(tensor)


def is_tensor(value: Any) -> bool:
    """Whether an entry of a state dict is a tensor (some are packed tuples or extra state)."""
    return hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "detach")


def tensor_identity(tensor: Any) -> object:
    """Equal for two names of one tensor: same storage, place, shape and strides."""
    if tensor.device.type == "meta" or str(tensor.layout) != "torch.strided" or not tensor.numel():
        return id(tensor)
    return tensor.data_ptr(), tuple(tensor.shape), tensor.stride()
