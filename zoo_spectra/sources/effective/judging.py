"""Which tensors are weights: none is dropped in silence, what is not understood is refused."""

from __future__ import annotations

from math import prod

from zoo_spectra.sources.effective.quantised import of_integers, packed
from zoo_spectra.sources.effective.table import Table, Tensor
from zoo_spectra.sources.tensor_names import leaf
from zoo_spectra.sources.weights import REAL, not_real, why_not

LARGE = 4096  # entries of a tensor of no real numbers that may be weights, and
SHARE = 100  # one in so many of all entries
FLAT = 1 << 17  # entries of a vector that is no bias
AVERAGE = "moving average"


def judge(table: Table) -> None:
    """Leave out what is no weight, each with its reason.

    Raises NetworkError for a weight that is empty, packed, or not of real numbers.
    """
    reasons = {name: _reason(table, table.tensors[name]) for name in table}
    if None not in reasons.values():  # an average without what it is of is the network itself
        reasons = {
            name: None if reason == AVERAGE and len(table.tensors[name].shape) > 1 else reason
            for name, reason in reasons.items()
        }
    for name, reason in reasons.items():
        if reason is not None:
            table.leave_out(name, reason)


def _reason(table: Table, tensor: Tensor) -> str | None:
    name, shape, dtype = tensor.name, tensor.shape, tensor.dtype
    if 0 in shape:
        gone = len(shape) == 1 or all(0 in each.shape for each in table.tensors.values())
        if gone and why_not(name, (2, 2), "float32") is None:
            raise table.refuse(
                name,
                f"is an empty weight, shape {shape}: its values lie in other files; gather them "
                "(DeepSpeed: zero_to_fp32.py) and save the whole network",
            )
        return "empty"
    refused = packed(table, name)
    if refused is not None:
        raise refused
    if len(shape) == 1 and shape[0] >= FLAT and 2 * shape[0] > table.entries:
        raise table.refuse(
            name,
            f"is one vector of {shape[0]:,} entries, most of the file: parameters that a trainer "
            "has flattened; gather them and save the whole network",
        )
    reason = why_not(name, shape, "float32")  # by its name alone
    if reason is not None or dtype in REAL:
        return reason
    if dtype == "bool":
        return "mask"
    called = {"weight", "kernel"} & set(leaf(name).split("_"))
    large = prod(shape) >= max(LARGE, table.entries // SHARE)
    whole = dtype.startswith(("int", "uint"))
    if not whole or called or (large and dtype != "int64"):
        raise table.refuse(name, _not_real(dtype))
    quantised = of_integers(table, tensor)
    if quantised is not None:
        raise quantised
    return "integer"


def _not_real(dtype: str) -> str:
    if dtype.startswith("void"):
        return (
            f"is of numpy's type V{int(dtype.removeprefix('void') or 0) // 8} (void), whose values "
            "numpy does not know: bfloat16 is stored so; save it as float32"
        )
    return not_real("", dtype).removeprefix(" ")
