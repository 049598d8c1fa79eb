"""What an ONNX graph does with its tensors: which slot of which operator each reaches, and how.

A tensor reaches a slot through operators that change no value (Identity, Transpose …) or that undo
a quantisation; what is computed of several tensors is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zoo_spectra_checkpoint.formats.onnx_graph import Graph, Node

WEIGHT = "weight"
# The slots in which an operator has a weight.
WEIGHTS = {
    "Conv": (1,),
    "ConvTranspose": (1,),
    "DeformConv": (1,),
    "FusedConv": (1,),
    "Gemm": (0, 1),
    "FusedGemm": (0, 1),
    "MatMul": (0, 1),
    "FusedMatMul": (0, 1),
    "Einsum": (0, 1, 2),
    "Gather": (0,),
    "LSTM": (1, 2),
    "GRU": (1, 2),
    "RNN": (1, 2),
    "Attention": (1,),
    "ConvInteger": (1,),
    "MatMulInteger": (0, 1),
    "QLinearConv": (3,),
    "QLinearMatMul": (0, 3),
    "MatMulIntegerToFloat": (1,),
    "DynamicQuantizeMatMul": (1,),
    "DynamicQuantizeLSTM": (1, 2),
    "QGemm": (3,),
    "QAttention": (1,),
    "MatMulNBits": (1,),
    "MatMulBnb4": (1,),
    "MatMulFpQ4": (1,),
    "GatherBlockQuantized": (0,),
    "QMoE": (2, 5, 8),
    "MoE": (2, 4, 6),
}
# What a constant is in the other slots, for the rule of names: see ``OTHERS``.
_NORMS = ("Normalization", "LayerNorm")
_ELEMENTWISE = {
    **dict.fromkeys(("Add", "Sub", "Sum", "BiasGelu", "BiasAdd"), "bias"),
    **dict.fromkeys(("Mul", "Div", "Pow", "PRelu", "Clip", "Min", "Max", "Mod"), "scale"),
    **dict.fromkeys(("Where", "And", "Or", "Not", "Xor", "Equal", "Less", "Greater"), "mask"),
    **dict.fromkeys(("LessOrEqual", "GreaterOrEqual"), "mask"),
    **dict.fromkeys(("Concat", "Expand", "Tile", "If", "Loop", "Scan"), "token"),
}
_RECURRENT = {3: "bias", 4: "buffer", 5: "token", 6: "token", 7: "scale"}
# The same tensor, its values in their order or in another one.
_SAME = {"Identity", "Cast", "Dropout"}
_SHAPED = {"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Expand"}
_MOVED = {"Slice", "Split", "Concat", "Gather", "Tile", "Pad", "DepthToSpace", "SpaceToDepth"}
SCALED = {"DequantizeLinear", "QuantizeLinear"}
MAX_SOURCES = 64
MAX_STEPS = 16


@dataclass(frozen=True)
class Path:
    """How a tensor comes to a slot: ``steps`` are the nodes on the way that change it.

    ``computed``: the names of all tensors of which arithmetic has made it.
    """

    source: str
    steps: tuple[Node, ...] = ()
    computed: tuple[str, ...] = ()
    moved: bool = False

    @property
    def turned(self) -> bool:
        """Whether its two sides were exchanged on the way."""
        turns = sum(step.op == "Transpose" for step in self.steps)
        return turns % 2 == 1


@dataclass(frozen=True)
class Use:
    """A slot of an operator that a tensor reaches; ``role``: ``WEIGHT``, or what else it is."""

    role: str
    node: Node
    slot: int
    path: Path


def uses(graph: Graph) -> Mapping[str, list[Use]]:
    """Where each tensor of a graph goes, those that are used in the order of their first use."""
    found: dict[str, list[Use]] = {}
    known: dict[str, list[Path]] = {name: [Path(name)] for name in graph.tensors}
    for node in graph.nodes:
        given = [name for name in node.inputs if name]
        passed = _passed(node, known)
        if passed is not None:
            known[node.outputs[0]] = passed
        constant = bool(given) and all(name in known for name in given) and node.op not in WEIGHTS
        if passed is None and constant:
            made = _made(node, [path for name in given for path in known[name]])
            known |= dict.fromkeys((out for out in node.outputs if out), made)
        for slot, name in enumerate(node.inputs):
            moved_on = constant or (passed is not None and slot == 0)
            if name in known and (not moved_on or (node.op in SCALED and slot)):
                for path in known[name]:
                    use = Use(_role(node, slot), node, slot, path)
                    found.setdefault(path.source, []).append(use)
    return found


@dataclass(frozen=True)
class Links:
    """A graph, the nodes that take each value, and the node that makes it."""

    graph: Graph
    takers: Mapping[str, list[Node]]
    makers: Mapping[str, Node]


def links(graph: Graph) -> Links:
    """The links between the nodes of a graph."""
    takers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(node.inputs):
            takers.setdefault(name, []).append(node)
    return Links(graph, takers, {name: node for node in graph.nodes for name in node.outputs})


def _passed(node: Node, known: Mapping[str, list[Path]]) -> list[Path] | None:
    """The paths behind a node that hands its first input on; None when it is no such node."""
    if not node.inputs or not node.outputs or node.inputs[0] not in known:
        return None
    paths = known[node.inputs[0]]
    if node.op in _SAME:
        return paths
    if node.op in _SHAPED | SCALED or node.op == "Transpose":
        return [
            Path(path.source, (*path.steps, node)[-MAX_STEPS:], path.computed, path.moved)
            for path in paths
        ]
    return None


def _made(node: Node, paths: list[Path]) -> list[Path]:
    """The paths behind a node all of whose inputs are constant."""
    paths = list({path.source: path for path in paths}.values())[:MAX_SOURCES]
    if node.op in _MOVED:
        return [Path(path.source, path.steps, path.computed, True) for path in paths]
    names = {path.source: None for path in paths} | dict.fromkeys(_computed(paths))
    every = tuple(names)[:MAX_SOURCES]
    return [Path(path.source, path.steps, every, path.moved) for path in paths]


def _computed(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from path.computed


def _role(node: Node, slot: int) -> str:
    """What a constant in a slot is: a weight, a word for the rule of names, or nothing known."""
    op = node.op
    if slot in WEIGHTS.get(op, ()):
        return WEIGHT
    if op in ("LSTM", "GRU", "RNN"):
        return _RECURRENT.get(slot, "buffer")
    if op in WEIGHTS:
        return "bias" if slot == 2 else "buffer"
    if any(op.endswith(norm) for norm in _NORMS):
        return "norm"
    if op in SCALED:
        return "scale" if slot == 1 else "buffer"
    known = _ELEMENTWISE.get(op)
    if known is not None:
        return known
    return "buffer" if node.domain in ("", "ai.onnx") else ""
