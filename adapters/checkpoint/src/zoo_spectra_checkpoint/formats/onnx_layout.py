"""The weights of an ONNX graph as the other formats have them: outputs first, scales applied.

MatMul's weight is (in, out) and Gemm's either; recurrent layers keep both directions in one tensor
and their gates in an order of their own, https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Matrix
from zoo_spectra_checkpoint.formats.onnx_graph import Graph, Node
from zoo_spectra_checkpoint.formats.onnx_uses import SCALED, Links, Path, Use

Shape = tuple[int, ...]
Read = Callable[[str], Matrix]
# (scale, zero point) of the weight in operators on integers, and the axis of its outputs.
_SCALES = {
    ("QLinearConv", 3): (4, 5, 0),
    ("QLinearMatMul", 0): (1, 2, -2),
    ("QLinearMatMul", 3): (4, 5, -1),
    ("MatMulIntegerToFloat", 1): (3, 5, -1),
    ("DynamicQuantizeMatMul", 1): (2, 3, -1),
    ("QGemm", 3): (4, 5, -1),
}
_ZERO = {"MatMulInteger": {0: 2, 1: 3}, "ConvInteger": {1: 3}}
# Places of torch's gates (LSTM: i f g o, GRU: r z n) among ONNX's (i o f c, z r h).
_GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
_RANGES = {2: (0, 255), 3: (-128, 127), 4: (0, 65535), 5: (-32768, 32767), 21: (0, 15)}
_RANGES |= {22: (-8, 7)}
PACKED = {"MatMulNBits", "MatMulBnb4", "MatMulFpQ4", "GatherBlockQuantized", "QMoE"}


@dataclass(frozen=True)
class Scaling:
    """Numbers times scales: (q - zero) · scale, or (``backward``) the rounding to such numbers.

    ``axis``: along which there are several of them; None where that is not known.
    """

    scale: str
    zero: str
    axis: int | None
    block: int = 0
    backward: bool = False


def scalings(use: Use, sides: int, links: Links) -> tuple[Scaling, ...]:
    """The quantisations between a tensor of so many sides and its slot, in their order.

    Their axes are those of the stored tensor.
    """
    found: list[Scaling] = []
    order: list[int] | None = list(range(sides))

    def add(scale: str, zero: str, axis: int, block: int = 0, backward: bool = False) -> None:
        known = (
            order is not None and -sides <= axis < sides and (not block or order == sorted(order))
        )
        stored = order[axis] if known and order is not None else None
        found.append(Scaling(scale, zero, stored, block, backward))

    for step in use.path.steps:
        if step.op == "Transpose" and order is not None:
            axes = _axes(step) or tuple(range(sides))[::-1]
            fits = sorted(axes) == list(range(sides))
            order = [order[axis] for axis in axes] if fits else None
        elif step.op in SCALED:
            axis, block = step.number("axis", 1), step.number("block_size", 0)
            back = step.op == "QuantizeLinear"
            add(_input(step, 1), _input(step, 2), axis, block, back)
        elif step.op != "Transpose":
            order = None
    node = use.node
    places = _SCALES.get((node.op, use.slot))
    if places is not None:
        add(_input(node, places[0]), _input(node, places[1]), places[2])
    elif use.slot in _ZERO.get(node.op, ()):
        axis = 0 if node.op == "ConvInteger" else (-1 if use.slot else -2)
        zero = _input(node, _ZERO[node.op][use.slot])
        add(_later_scale(node, links), zero, axis)
    elif node.op == "Gather":
        after = _behind_lookup(node, links)
        if after is not None:
            add(_input(after, 1), _input(after, 2), sides)  # of one scale only
    return tuple(found)


def _behind_lookup(node: Node, links: Links) -> Node | None:
    """The operator that undoes the quantisation of rows that were looked up; None for none."""
    takers = links.takers.get(node.outputs[0], []) if node.outputs else []
    alike = {(each.op, each.inputs[1:]) for each in takers}
    return takers[0] if len(alike) == 1 and takers[0].op == "DequantizeLinear" else None


def _axes(step: Node) -> Shape:
    axes = step.attributes.get("perm", ())
    return axes if isinstance(axes, tuple) else (axes,)


def _input(node: Node, place: int) -> str:
    return node.inputs[place] if len(node.inputs) > place else ""


def _later_scale(node: Node, links: Links) -> str:
    """The scale of a product of integers: Cast, then Mul by (scale of the other one · this)."""
    casts = [each for each in links.takers.get(node.outputs[0], ()) if each.op == "Cast"]
    if len(casts) != 1:
        return ""
    cast = casts[0].outputs[0]
    products = [each for each in links.takers.get(cast, ()) if each.op == "Mul"]
    factors = [name for each in products for name in each.inputs if name != cast]
    maker = links.makers.get(factors[0]) if len(factors) == 1 else None
    if maker is None or maker.op != "Mul":
        return ""
    constant = [name for name in maker.inputs if name in links.graph.tensors]
    dynamic = [links.makers.get(name) for name in maker.inputs if name not in constant]
    known = len(constant) == len(dynamic) == 1 and dynamic[0] is not None
    return constant[0] if known and dynamic[0].op == "DynamicQuantizeLinear" else ""  # type: ignore[union-attr]


def scaled(values: Matrix, scaling: Scaling, graph: Graph, read: Read) -> Matrix:
    """The values that stored numbers stand for, as float32; or those rounded to such numbers.

    Raises ValueError when the scales do not fit the shape.
    """
    scale = _along(read(scaling.scale).astype(np.float32), values.shape, scaling)
    zero: Matrix = np.zeros((), np.float32)
    if scaling.zero:
        zero = _along(read(scaling.zero).astype(np.float32), values.shape, scaling)
    with np.errstate(all="ignore"):
        if not scaling.backward:
            return (values.astype(np.float32) - zero) * scale
        code = graph.tensors[scaling.zero].code if scaling.zero in graph.tensors else 2
        low, high = _RANGES.get(code, (0, 255))
        rounded: Matrix = np.clip(np.rint(values / scale) + zero, low, high)
        return rounded


def _along(given: Matrix, shape: Shape, scaling: Scaling) -> Matrix:
    """Scales in a shape that fits ``shape``: one, one a place of the axis, or one a block."""
    if given.size == 1:
        return given.reshape(())
    axis = scaling.axis
    if axis is None:
        raise ValueError("scales along an axis that is not known")
    if scaling.block > 0:
        wide: Matrix = np.repeat(given, scaling.block, axis)
        return wide[tuple(slice(side) for side in shape)]
    if given.size != shape[axis]:
        raise ValueError(f"{given.size} scales for {shape[axis]} places")
    sides = [1] * len(shape)
    sides[axis] = -1
    return given.reshape(sides)


@dataclass(frozen=True)
class Piece:
    """A weight that is cut from a tensor, or is the whole of it: its name, shape and values."""

    name: str
    shape: Shape
    change: Callable[[Matrix], Matrix]


def pieces(name: str, shape: Shape, use: Use | None) -> Iterator[Piece]:
    """The weights in a tensor that reaches a slot, outputs first as far as the operator tells."""
    turns = [] if use is None else _transpositions(use.path)
    if use is None or turns is None or use.path.moved:
        yield Piece(name, shape, lambda values: values)
        return
    for axes in turns:
        if sorted(axes or range(len(shape))) != list(range(len(shape))):
            raise ValueError(f"a transposition of {shape} by {axes}")
        shape = tuple(shape[axis] for axis in axes or range(len(shape))[::-1])

    def arrived(values: Matrix) -> Matrix:
        for axes in turns:
            values = values.transpose(axes or None)
        return values

    if use.node.op in _GATES and len(shape) == 3:
        yield from _recurrent(name, shape, use, arrived)
    elif len(shape) > 1 and shape[:-2] == (1,) * (len(shape) - 2) and _inputs_first(use):
        yield Piece(name, shape[:-3:-1], lambda values: arrived(values).reshape(shape[-2:]).T)
    else:
        yield Piece(name, shape, arrived)


def _transpositions(path: Path) -> list[Shape] | None:
    """The orders of axes on a path; None where it has a step that changes the shape."""
    found: list[Shape] = []
    for step in path.steps:
        if step.op == "Transpose":
            found.append(_axes(step))
        elif step.op not in SCALED:
            return None
    return found


def _inputs_first(use: Use) -> bool:
    node, slot = use.node, use.slot
    if "Gemm" in node.op or node.op == "FusedMatMul":
        second = slot == 1 or node.op == "QGemm"
        return (
            bool(node.number("transB", 0)) != second if second else bool(node.number("transA", 0))
        )
    if node.op == "Attention":
        return True
    return "MatMul" in node.op and slot != 0


def _recurrent(
    name: str, shape: Shape, use: Use, arrived: Callable[[Matrix], Matrix]
) -> Iterator[Piece]:
    """(directions, gates · units, inputs): a weight a direction, its gates in torch's order."""
    gates = _GATES[use.node.op]
    directions, rows, columns = shape
    if rows % len(gates):
        raise ValueError(f"{rows} rows for {len(gates)} gates")
    stem = name.removesuffix("weight")
    own = ("weight_ih", "weight_hh")[use.slot - 1]
    for number in range(directions):
        ending = "_reverse" if number else ""
        called = f"{stem}{own}{ending}" if stem != name else f"{name}.{own}{ending}"

        def change(values: Matrix, number: int = number) -> Matrix:
            apart = arrived(values)[number].reshape(len(gates), -1, columns)
            ordered: Matrix = apart[list(gates)].reshape(rows, columns)
            return ordered

        yield Piece(called, (rows, columns), change)


def refuse_packed(uses: Sequence[Use], where: str) -> None:
    """Raise NetworkError for a weight that is packed by a scheme which is not undone here."""
    for use in uses:
        if use.node.op in PACKED:
            raise NetworkError(
                f"{where} is packed by {use.node.op} of {use.node.domain or 'ONNX'}; take the "
                "network before it was quantised"
            )
