"""The table of contents that becomes constituents: what is stored, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, stem

Shape = tuple[int, ...]
Fetch = Callable[[str], Matrix]
FetchOne = Callable[[str, int], Matrix]  # one place of the first axis


@dataclass(frozen=True)
class Entry:
    """One stored tensor. ``dtype`` is torch's name of it, such as ``bfloat16``.

    ``apart``: whether one place of its first axis can be had without the others; with a ``place``
    that one is asked for. Whoever does not know of it may give all.
    """

    name: str
    shape: Shape
    dtype: str
    apart: bool = False
    place: int | None = None


@dataclass(frozen=True)
class Tensor:
    """A tensor that a network computes with: stored as it is, or made of several stored ones.

    ``stored`` are their names; ``make(fetch)`` gives the values, in ``shape``. ``make_one`` gives
    one place of the first axis, where that takes no others; None where it does.
    """

    name: str
    shape: Shape
    dtype: str
    stored: tuple[str, ...]
    make: Callable[[Fetch], Matrix]
    make_one: Callable[[FetchOne, int], Matrix] | None = None

    def then(self, shape: Shape, change: Callable[[Matrix], Matrix]) -> Tensor:
        """The same tensor with its axes in another order: ``change`` of its values."""
        make = self.make
        return Tensor(self.name, shape, self.dtype, self.stored, lambda fetch: change(make(fetch)))


@dataclass
class Table:
    """The tensors while they are read: by name, in the order of the first stored one of each.

    ``where`` names the network in errors. ``stored``: all shapes, as listed.
    ``left_out``: names by reason; ``notes``: names by text. ``settings``: what a file beside says
    of how its tensors are applied. ``peek`` gives the values of a small stored tensor that says
    how others are stored; None where no values can be had yet.
    """

    where: str
    tensors: dict[str, Tensor]
    stored: Mapping[str, Shape]
    settings: Mapping[str, object] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    peek: Fetch | None = None

    def __contains__(self, name: object) -> bool:
        return name in self.tensors

    def __iter__(self) -> Iterator[str]:
        """The names; tensors may be merged meanwhile."""
        return iter(tuple(self.tensors))

    def shape(self, name: str) -> Shape | None:
        """The shape of a tensor; None when there is none of that name."""
        found = self.tensors.get(name)
        return None if found is None else found.shape

    def merge(
        self,
        name: str,
        shape: Shape,
        parts: Iterable[str],
        make: Callable[[tuple[Matrix, ...]], Matrix],
        each: bool = False,
    ) -> None:
        """Put one tensor in the place of ``parts``: ``make`` of their values, in their order.

        ``each``: it may be given any number of places of their first axes, all of the same ones.
        """
        taken = [self.tensors.pop(part) for part in parts]
        if name in self.tensors:
            self.leave_out(name, "computed from others")
        stored = tuple(each for tensor in taken for each in tensor.stored)

        def made(fetch: Fetch) -> Matrix:
            return make(tuple(tensor.make(fetch) for tensor in taken))

        def made_one(fetch: FetchOne, place: int) -> Matrix:
            values = tuple(tensor.make_one(fetch, place)[None] for tensor in taken)  # type: ignore[misc]
            whole: Matrix = make(values)[0]
            return whole

        apart = each and all(tensor.make_one is not None for tensor in taken)
        made_each = made_one if apart else None
        self.tensors[name] = Tensor(name, shape, "float32", stored, made, made_each)

    def beside(self, name: str) -> frozenset[str]:
        """The last parts of the names of the stored tensors that share what precedes theirs."""
        return self._families.get(stem(name), frozenset()) - {leaf(name)}

    @cached_property
    def _families(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name in self.stored:
            found.setdefault(stem(name), set()).add(leaf(name))
        return {before: frozenset(names) for before, names in found.items()}

    @cached_property
    def entries(self) -> int:
        """Of all stored tensors."""
        return sum(map(prod, self.stored.values()))

    def leave_out(self, name: str, reason: str) -> None:
        """Take a tensor out, with the reason in a word or two."""
        del self.tensors[name]
        self.left_out.setdefault(reason, []).append(name)

    def note(self, text: str, name: str) -> None:
        """Say something of a tensor that stays."""
        self.notes.setdefault(text, []).append(name)

    def refuse(self, name: str, what: str) -> NetworkError:
        """The error of a network that cannot be read for one tensor."""
        return NetworkError(f"{self.where}, {name} {what}")


def table_of(
    entries: Iterable[Entry],
    where: str,
    settings: Mapping[str, object] | None = None,
    peek: Fetch | None = None,
) -> Table:
    """A table of stored tensors, each as it is."""
    tensors = {each.name: _plain(each) for each in entries}
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    return Table(where, tensors, shapes, settings or {}, peek=peek)


def _plain(entry: Entry) -> Tensor:
    name = entry.name
    return Tensor(
        name,
        entry.shape,
        entry.dtype,
        (name,),
        lambda fetch: fetch(name),
        (lambda fetch, place: fetch(name, place)) if entry.apart else None,
    )
