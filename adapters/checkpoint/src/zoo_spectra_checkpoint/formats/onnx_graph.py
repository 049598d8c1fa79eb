"""The graph in an ONNX file: its nodes, and where its tensors lie; none of their values is read.

Subgraphs (of If, Loop, Scan) and functions of the model are unfolded: a value has one name in all
nodes. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zoo_spectra.sources import Damaged, Guard
from zoo_spectra_checkpoint.formats.protobuf import BYTES, VARINT, Field, Wire, signed

MAX_DEPTH = 16  # of subgraphs and functions in one another
MAX_DIMENSIONS = 32
FIELD_BYTES, NODE_BYTES = 300, 1500  # of memory that a field and a node may take
Scope = ChainMap[str, str]  # what each name stands for
_SCOPES = b"pkg.torch.onnx.name_scopes"
_EXTERNAL = 1  # data_location
# The fields of a TensorProto that hold values, and what is packed in them.
DATA = {4: "float", 5: "int32", 7: "int64", 9: "raw", 10: "double", 11: "uint64"}


@dataclass(frozen=True)
class Stored:
    """A tensor of the file. ``places``: where its values lie, from first to last byte.

    ``code`` is ONNX's number of its type, ``field`` one of ``DATA``, ``external`` where the values
    are in another file.
    """

    shape: tuple[int, ...]
    code: int
    field: str = "raw"
    places: tuple[tuple[int, int], ...] = ()
    external: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Node:
    """An operator. ``inputs`` may have empty names; ``attributes`` are the whole numbers.

    ``scopes``: the paths of the modules that it is of, as torch writes them beside it.
    """

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    scopes: str = ""

    def number(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, int) else default


@dataclass
class Graph:
    """All of a model: tensors by name, ``constants`` among them, and nodes in order of use."""

    tensors: dict[str, Stored] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    sparse: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)


@dataclass
class _Part:
    """A graph or function as it is written: fields of its nodes, tensors and names."""

    nodes: list[Field] = field(default_factory=list)
    tensors: list[Field] = field(default_factory=list)
    sparse: list[Field] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    name: str = ""
    domain: str = ""
    overload: str = ""


# What the fields of a FunctionProto and of a GraphProto are.
_FUNCTION = {1: "name", 4: "inputs", 5: "outputs", 7: "nodes", 10: "domain", 13: "overload"}
_GRAPH = {1: "nodes", 5: "tensors", 15: "sparse"}


def read_graph(wire: Wire, size: int, guard: Guard) -> Graph:
    """The graph of a file of ``size`` bytes. Raises Damaged, and NetworkError over budget."""
    reader = _Reader(wire, guard)
    graphs: list[Field] = []
    training: list[Field] = []
    for each in wire.fields(0, size):
        if each.number == 7 and each.kind == BYTES:
            graphs.append(each)
        elif each.number == 20 and each.kind == BYTES:
            training.append(each)
        elif each.number == 25 and each.kind == BYTES:
            function = reader.part(each, function=True)
            reader.functions[function.domain, function.name, function.overload] = function
    if len(graphs) != 1:
        raise Damaged("no graph" if not graphs else "more than one graph")
    reader.unfold(reader.part(graphs[0]), ChainMap(), 0)
    for each in training:
        reader.training(each)
    return reader.graph


class _Reader:
    def __init__(self, wire: Wire, guard: Guard) -> None:
        self.wire, self.guard = wire, guard
        self.graph = Graph()
        self.functions: dict[tuple[str, str, str], _Part] = {}
        self._names: dict[str, int] = {}

    def part(self, place: Field, function: bool = False) -> _Part:
        """The pieces of a GraphProto or FunctionProto."""
        found = _Part()
        for each in self.wire.fields(place.value, place.stop):
            what = (_FUNCTION if function else _GRAPH).get(each.number)
            if what is None or each.kind != BYTES:
                continue
            self.guard.hold(FIELD_BYTES, "its graph")
            if what in ("name", "domain", "overload"):
                setattr(found, what, self.wire.text(each))
            else:
                text = what in ("inputs", "outputs")
                getattr(found, what).append(self.wire.text(each) if text else each)
        return found

    def unfold(self, part: _Part, outer: Scope, depth: int) -> Scope:
        """Add a graph's tensors and nodes; what each name inside stands for."""
        if depth > MAX_DEPTH:
            raise Damaged(f"more than {MAX_DEPTH} graphs in one another")
        scope = outer.new_child()
        for place in part.tensors:
            name, tensor = self.tensor(place)
            scope[name] = self.define(name)
            self.graph.tensors[scope[name]] = tensor
        for place in part.sparse:
            self.graph.sparse.append(self.sparse_name(place))
        for place in part.nodes:
            self.node(place, scope, depth)
        return scope

    def define(self, name: str) -> str:
        """A name that no other value has: names of two subgraphs may be the same."""
        self.guard.hold(FIELD_BYTES + len(name), "its graph")
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"

    def node(self, place: Field, scope: Scope, depth: int) -> None:
        """Add a node: its subgraphs, the body of its function in its place, or itself."""
        self.guard.hold(NODE_BYTES, "its graph")
        texts = {3: "", 4: "", 7: "", 8: ""}
        names: dict[int, list[str]] = {1: [], 2: []}
        attributes: dict[str, Any] = {}
        graphs: list[Field] = []
        constant: Stored | None = None
        scopes = ""
        for each in self.wire.fields(place.value, place.stop):
            if each.kind != BYTES:
                continue
            if each.number in names:
                names[each.number].append(self.wire.text(each))
            elif each.number in texts:
                texts[each.number] = self.wire.text(each)
            elif each.number == 9:
                scopes = self.scopes(each) or scopes
            elif each.number == 5:
                key, value, inside, tensor = self.attribute(each)
                graphs += inside
                attributes |= {} if value is None else {key: value}
                constant = tensor if key == "value" else constant
        given = tuple(scope.get(name, name) for name in names[1])
        for graph in graphs:
            self.unfold(self.part(graph), scope, depth + 1)
        function = self.functions.get((texts[7], texts[4], texts[8]))
        if function is not None:
            bound = ChainMap(dict(zip(function.inputs, given, strict=False)))
            body = self.unfold(function, bound, depth + 1)
            made = [body.get(name, name) for name in function.outputs]
            scope.update(zip(names[2], made, strict=False))
            return
        for name in names[2]:
            scope[name] = self.define(name) if name else ""
        made = [scope[name] for name in names[2]]
        if texts[4] == "Constant" and constant is not None and made:
            self.graph.tensors[made[0]] = constant
            self.graph.constants.add(made[0])
        else:
            node = Node(texts[4], texts[7], texts[3], given, tuple(made), attributes, scopes)
            self.graph.nodes.append(node)

    def attribute(self, place: Field) -> tuple[str, Any, list[Field], Stored | None]:
        """An attribute: its name, its whole number or numbers, its graphs, its tensor."""
        name, value, tensor = "", None, None
        numbers: list[int] = []
        graphs: list[Field] = []
        for each in self.wire.fields(place.value, place.stop):
            if each.number == 1 and each.kind == BYTES:
                name = self.wire.text(each)
            elif each.number == 3 and each.kind == VARINT:
                value = signed(each.value)
            elif each.number == 8:
                numbers += self.wire.numbers(each)
                self.guard.hold(8 * len(numbers), "its graph")
            elif each.number in (6, 11) and each.kind == BYTES:
                graphs.append(each)
            elif each.number == 5 and each.kind == BYTES:
                tensor = self.tensor(each)[1]
        return name, tuple(numbers) if numbers else value, graphs, tensor

    def tensor(self, place: Field) -> tuple[str, Stored]:
        """A TensorProto: its name, and where it lies."""
        name, code, located = "", 0, 0
        shape: list[int] = []
        places: dict[int, list[tuple[int, int]]] = {}
        external: dict[str, str] = {}
        for each in self.wire.fields(place.value, place.stop):
            if each.number == 1:
                shape += self.wire.numbers(each)
                if len(shape) > MAX_DIMENSIONS:
                    raise Damaged(f"a tensor of more than {MAX_DIMENSIONS} dimensions")
            elif each.number == 2 and each.kind == VARINT:
                code = each.value
            elif each.number == 8 and each.kind == BYTES:
                name = self.wire.text(each)
            elif each.number == 3:
                raise Damaged("a tensor in segments, which no program writes")
            elif each.number == 13 and each.kind == BYTES:
                external |= dict([self.pair(each)])
            elif each.number == 14 and each.kind == VARINT:
                located = each.value
            elif each.number in DATA:
                self._place(places.setdefault(each.number, []), each)
        if min(shape, default=0) < 0:
            raise Damaged(f"{name[:200]} has the shape {tuple(shape)}")
        if len(places) > 1 or (located == _EXTERNAL and places):
            raise Damaged(f"{name[:200]} has its values in two places")
        number = next(iter(places), 9)
        outside = external if located == _EXTERNAL else None
        given = tuple(places.get(number, ()))
        return name, Stored(tuple(shape), code, DATA[number], given, outside)

    def _place(self, places: list[tuple[int, int]], each: Field) -> None:
        if each.kind == VARINT:
            raise Damaged("a tensor whose numbers are not packed")
        self.guard.hold(FIELD_BYTES, "its graph")
        places.append((each.value, each.stop))

    def pair(self, place: Field) -> tuple[str, str]:
        """A StringStringEntryProto."""
        found = {
            each.number: self.wire.text(each)
            for each in self.wire.fields(place.value, place.stop)
            if each.number in (1, 2) and each.kind == BYTES
        }
        return found.get(1, ""), found.get(2, "")

    def scopes(self, place: Field) -> str:
        """What a StringStringEntry says of scopes; others may be long, and are not read."""
        found = ""
        for each in self.wire.fields(place.value, place.stop):
            if each.number == 1 and each.kind == BYTES and each.stop - each.value != len(_SCOPES):
                return ""
            if each.number == 1 and each.kind == BYTES and self.wire.short(each) != _SCOPES:
                return ""
            if each.number == 2:
                found = self.wire.text(each)
        return found

    def sparse_name(self, place: Field) -> str:
        """The name of a SparseTensorProto, which its values have."""
        for each in self.wire.fields(place.value, place.stop):
            if each.number == 1 and each.kind == BYTES:
                return self.tensor(each)[0]
        return ""

    def training(self, place: Field) -> None:
        """The tensors of a TrainingInfoProto: what an optimizer keeps."""
        for each in self.wire.fields(place.value, place.stop):
            if each.number in (1, 2) and each.kind == BYTES:
                for name, tensor in self._tensors(each):
                    self.graph.tensors[self.define(f"optimizer/{name}")] = tensor

    def _tensors(self, place: Field) -> Iterator[tuple[str, Stored]]:
        for each in self.part(place).tensors:
            yield self.tensor(each)
