"""Outputs first: kernels whose last axis is the output, as Keras, Flax and GPT-2 keep them.

A matrix is (outputs, everything else). A transposed convolution stays as torch keeps it: its first
axis is the input's.
"""

from __future__ import annotations

from math import prod

from zoo_spectra.sources.effective.table import Shape, Table, Tensor
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, parts, stem, words

_KERNELS = {"kernel", "recurrent_kernel", "pointwise_kernel"}
_SLASHED = {"w", "weights"}  # of haiku and TensorFlow, where names have slashes
_DEPTHWISE = {"depthwise_kernel", "depthwise_weights"}
_INTO_HEADS = {"query", "key", "value", "q", "k", "v"}
_OUT_OF_HEADS = {"out", "output", "o"}
_CONV1D = {"c_attn", "c_proj", "c_fc", "q_attn"}
STYLE_INPUTS = 8  # more inputs than this tell (1, out, in, k, k) from a convolution of volumes
WIDE = 16  # and so many columns (1, out, in) from a convolution of one output


def outputs_first(table: Table, name: str) -> Tensor:
    """A weight with its outputs on the first axis, as far as its name and its siblings tell."""
    tensor = table.tensors[name]
    own, shape = leaf(name), tensor.shape
    keras = own.isdigit() and parts(name)[-2:-1] == ["vars"] and len(shape) > 2
    if len(shape) > 2 and (own in _DEPTHWISE or (keras and "depthwise" in _owner(name))):
        return _grouped(tensor)
    if own in ("weight", "kernel") and len(shape) == 2 and set(parts(name)[-2:-1]) & _CONV1D:
        return _turned(tensor) if _is_conv1d(table, tensor) else tensor
    if keras or own in _KERNELS or (own in _SLASHED and "/" in name):
        return _kernel(table, tensor)
    if _has_leading_one(shape):
        return tensor.then(shape[1:], lambda values: values.reshape(shape[1:]))
    return tensor


def _owner(name: str) -> str:
    """The layer of a tensor: ``conv2d`` of ``conv2d/kernel`` and, in Keras 3, ``conv2d/vars/0``."""
    path = [part for part in parts(name)[:-1] if part != "vars"]
    return path[-1] if path else ""


def _kernel(table: Table, tensor: Tensor) -> Tensor:
    shape, owner = tensor.shape, _owner(tensor.name)
    if len(shape) == 3 and words(owner) & _INTO_HEADS:  # (inputs, heads, size)
        return tensor.then(
            (shape[1] * shape[2], shape[0]), lambda values: values.reshape(shape[0], -1).T
        )
    if len(shape) == 3 and words(owner) & _OUT_OF_HEADS and _leaves_heads(table, tensor):
        return tensor.then(
            (shape[0] * shape[1], shape[2]), lambda values: values.reshape(-1, shape[2])
        )
    if len(shape) == 4 and "qkv" in words(owner) and shape[1] == 3:  # (inputs, 3, heads, size)
        return tensor.then((prod(shape[1:]), shape[0]), lambda v: v.reshape(shape[0], -1).T)
    if "ConvTranspose" in owner:  # flax: (…, in, out)
        return _permuted(tensor, (-2, -1))
    return _permuted(tensor, (-1, -2))


def _leaves_heads(table: Table, tensor: Tensor) -> bool:
    """Whether (heads, size, outputs) follows a sibling (inputs, heads, size), or attention."""
    above = stem(stem(tensor.name).rstrip("./"))
    ending = tensor.name[len(stem(tensor.name)) - 1 :]
    siblings = [table.shape(f"{above}{sibling}{ending}") for sibling in _INTO_HEADS]
    if any(siblings):  # keys and values may have fewer heads than queries
        return any(shape is not None and shape[1:] == tensor.shape[:2] for shape in siblings)
    return "attention" in above.lower() or "attn" in above.lower()


def _permuted(tensor: Tensor, first: tuple[int, int]) -> Tensor:
    """The axes ``first`` in front: (out, in, …), as torch keeps a kernel."""
    count = len(tensor.shape)
    axes = (*(axis % count for axis in first), *range(count - 2))
    shape = tuple(tensor.shape[axis] for axis in axes)
    return tensor.then(shape, lambda values: values.transpose(axes))


def _turned(tensor: Tensor) -> Tensor:
    return tensor.then(tensor.shape[::-1], lambda values: values.T)


def _grouped(tensor: Tensor) -> Tensor:
    """(…, channels, multiplier) to (channels · multiplier, …)."""
    *sides, channels, times = tensor.shape

    def change(values: Matrix) -> Matrix:
        flat = values.reshape(-1, channels * times).T
        return flat.reshape(channels * times, *sides)

    return tensor.then((channels * times, *sides), change)


def _is_conv1d(table: Table, tensor: Tensor) -> bool:
    """Whether a weight is (in, out): its bias tells, else the usual widths of such a layer."""
    rows, columns = tensor.shape
    bias = f"{stem(tensor.name)}bias"
    length = table.stored.get(bias)
    if rows != columns and length in ((rows,), (columns,)):
        return length == (columns,)
    if parts(tensor.name)[-2] == "c_attn":
        return columns == 3 * rows
    return parts(tensor.name)[-2] == "c_fc" and columns > rows


def _has_leading_one(shape: Shape) -> bool:
    """(1, out, in, k, k) of modulated convolutions, (1, out, in) of batched products."""
    if len(shape) == 5 and shape[0] == 1:
        return shape[2] >= STYLE_INPUTS and shape[2] > max(shape[3:])
    return len(shape) == 3 and shape[0] == 1 and min(shape[1:]) >= WIDE
