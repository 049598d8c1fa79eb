"""ONNX files: initialisers and constants; the graph is not run, and the file not read whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Damaged, Entry, Guard, Matrix, budget_of
from zoo_spectra_checkpoint.formats.onnx_graph import Graph, read_graph
from zoo_spectra_checkpoint.formats.onnx_layout import (
    Piece,
    Scaling,
    pieces,
    refuse_packed,
    scaled,
    scalings,
)
from zoo_spectra_checkpoint.formats.onnx_names import named
from zoo_spectra_checkpoint.formats.onnx_uses import WEIGHT, Use, links, uses
from zoo_spectra_checkpoint.formats.onnx_values import check, dtype_name, external_file, values
from zoo_spectra_checkpoint.formats.protobuf import Wire
from zoo_spectra_checkpoint.tensors import TensorFile

_INTEGERS = {"int8", "uint8", "int4", "uint4"}
# Tensors that are put together by the rule of names, from what the file keeps of each.
_PARTS = ("_g", "_v", "_orig", "_mask", "_u", "original0", "original1")


def open_file(path: Path) -> TensorFile:
    """Open an ONNX model: its initialisers, and constants of at least two dimensions.

    They are in the order in which the graph uses them. Raises FileFormatError when the file is cut
    off or malformed, UnsafeFileError for values outside its folder, NetworkError for weights that
    are packed, sparse, or computed in the graph, and over budget.
    """
    guard = Guard(budget_of(path), f"{path}: ")
    try:
        with path.open("rb") as stream:
            graph = read_graph(Wire(stream, guard), path.stat().st_size, guard)
        for name, tensor in guard.each(graph.tensors.items()):
            check(tensor, name)
    except Damaged as error:
        raise _broken(path, str(error)) from error
    if graph.sparse:
        raise NetworkError(
            f"{path}, {graph.sparse[0][:200]} is a sparse initialiser, which is not read; "
            "save it dense"
        )
    return _Model(path, graph, guard).opened()


class _Model:
    def __init__(self, path: Path, graph: Graph, guard: Guard) -> None:
        self.path, self.graph, self.guard = path, graph, guard
        self.uses = uses(graph)
        self.links = links(graph)
        self.plan: dict[str, tuple[str, Piece, tuple[Scaling, ...]]] = {}

    def opened(self) -> TensorFile:
        entries: list[Entry] = []
        files: dict[Path, None] = {}
        order = [*self.uses, *(name for name in self.graph.tensors if name not in self.uses)]
        for name in self.guard.each(order):
            entries += self.entries(name)
            external = self.graph.tensors[name].external
            if external is not None:
                files[external_file(external, self.path, name)[0]] = None
        return TensorFile(self.path, tuple(entries), self.fetch, parts=tuple(files))

    def entries(self, name: str) -> Iterator[Entry]:
        """The weights that are made of one tensor, or the tensor itself."""
        tensor, found = self.graph.tensors[name], self.uses.get(name, [])
        weights = [use for use in found if use.role == WEIGHT]
        if name in self.graph.constants and (
            len(tensor.shape) < 2 or (dtype_name(tensor) == "int64" and not weights)
        ):
            return  # arithmetic of the graph
        where = f"{self.path}, {name[:200]}"
        steps: tuple[Scaling, ...] = ()
        if len(tensor.shape) > 1 and weights:
            refuse_packed(weights, where)
            self.check_computed(weights, where)
            steps = self.scaling(weights, len(tensor.shape), dtype_name(tensor), where)
        called, first = self.name(name, found), weights[0] if weights else None
        try:
            whole = tuple(pieces(called, tensor.shape, first))
        except ValueError as error:
            raise FileFormatError(f"{where}: {error}; save it again") from error
        for piece in whole:
            free = piece.name if piece.name not in self.plan else f"{name}/{piece.name}"
            if free in self.plan:
                raise FileFormatError(f"{where} shares its name with another; rename it")
            self.plan[free] = name, piece, steps
            yield Entry(free, piece.shape, "float32" if steps else _type(dtype_name(tensor)))

    def name(self, name: str, found: list[Use]) -> str:
        called = named(name, found, self.links)
        taken = called in self.graph.tensors or called in self.plan
        return f"{name}/{called}" if taken and called != name else called

    def scaling(
        self, weights: list[Use], sides: int, dtype: str, where: str
    ) -> tuple[Scaling, ...]:
        """The scales of a quantised weight. Raises NetworkError where the graph does not say."""
        ways = {scalings(use, sides, self.links) for use in weights}
        if len(ways) > 1:
            raise NetworkError(f"{where} is quantised in more ways than one; dequantise it")
        (steps,) = ways
        if not steps and dtype in _INTEGERS:
            raise NetworkError(
                f"{where} is {dtype}, quantised for {weights[0].node.op} in a way that is not "
                "undone; take the network before it was quantised"
            )
        for step in steps:
            for part in (step.scale, step.zero):
                if (part or part is step.scale) and part not in self.graph.tensors:
                    op = weights[0].node.op
                    raise NetworkError(
                        f"{where} is quantised for {op}, and its scale is not written beside it; "
                        "take the network before it was quantised"
                    )
        return steps

    def check_computed(self, weights: list[Use], where: str) -> None:
        """Raise NetworkError for a weight that arithmetic of the graph makes of several tensors."""
        for use in weights:
            made_of = [
                name
                for name in use.path.computed
                if len(self.graph.tensors[name].shape) > 1 and not name.endswith(_PARTS)
            ]
            if made_of and not where.endswith(_PARTS):
                raise NetworkError(
                    f"{where} is no weight itself: the graph computes that of "
                    f"{', '.join(n[:100] for n in use.path.computed[:3])}; fold the constants of "
                    "the model (onnxsim does), and save it again"
                )

    def fetch(self, entry: Entry) -> Matrix:
        name, piece, steps = self.plan[entry.name]
        try:
            found = self.read(name)
            for step in steps:
                found = scaled(found, step, self.graph, self.read)
            return piece.change(found)
        except Damaged as error:
            raise _broken(self.path, str(error)) from error
        except ValueError as error:
            raise FileFormatError(f"{self.path}, {name[:200]}: {error}; save it again") from error

    def read(self, name: str) -> Matrix:
        """A tensor's values. Raises Damaged, UnsafeFileError, NetworkError, OSError."""
        return values(self.graph.tensors[name], self.path, name)


def _type(name: str) -> str:
    return "float32" if name.endswith("fnuz") else name


def _broken(path: Path, what: str) -> FileFormatError:
    return FileFormatError(f"{path} is no complete ONNX model ({what}); fetch or save it again")
