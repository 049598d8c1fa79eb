"""An opened file of tensors, of any format: its table of contents, and one tensor at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError, ZooSpectraError
from zoo_spectra.sources import (
    Budget,
    Constituent,
    Entry,
    Guard,
    Matrix,
    Network,
    NetworkRef,
    Reading,
    Scalar,
    along,
    parameter_count,
    read,
)

__all__ = ["BESIDE", "Entry", "TensorFile", "reading"]

BESIDE = "beside the state dict"  # why a tensor is left out
TOLD = "the order along the network is told from names"

PEEK = 1 << 14  # entries of a tensor that says how others are stored


@dataclass(frozen=True)
class TensorFile:
    """An opened file. ``entries`` are in the file's order; ``fetch`` gives one as stored.

    ``tied``: how many further names its tensors have; ``beside``: how many loose ones lie beside
    the state dict, and are none of it. ``settings``: what the file, or one beside it, says of how
    they are applied. ``budget``: what one tensor may take. ``parts``: the files beside it that
    values are read from. ``by_names``: the file keeps no order, so that along the network is told
    from names.
    """

    path: Path
    entries: tuple[Entry, ...]
    fetch: Callable[[Entry], Matrix]
    tied: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)
    beside: int = 0
    budget: Budget | None = None
    parts: tuple[Path, ...] = ()
    by_names: bool = False

    def reading(self) -> Reading:
        """The constituents among the entries. Raises NetworkError for what is not understood."""
        stored = {entry.name: entry for entry in self.entries}
        where = str(self.path)
        entries = along(self.entries) if self.by_names else self.entries
        found = read(
            entries, where, self.settings, self.tied, lambda name: self._peek(stored[name])
        )
        self._check_unpacked(found, stored)
        if entries is not self.entries and self._moved(found):
            found = replace(found, notes=(*found.notes, TOLD))
        if not self.beside:
            return found
        return replace(found, left_out={**found.left_out, BESIDE: self.beside})

    def _moved(self, found: Reading) -> bool:
        """Whether a weight comes elsewhere among the weights than it does in the file."""
        places = {entry.name: place for place, entry in enumerate(self.entries)}
        order = [min(places[name] for name in part.whole.stored) for part in found.parts]
        return order != sorted(order)

    def _peek(self, entry: Entry) -> Matrix:
        if prod(entry.shape) > PEEK:
            raise FileFormatError(
                f"{self.path}, {entry.name} has the shape {entry.shape}: too long"
            )
        return self.read(entry)

    def _check_unpacked(self, found: Reading, stored: Mapping[str, Entry]) -> None:
        """Hold what is unpacked from integers against the budget, each as it is read."""
        if self.budget is None:
            return
        for part in found.parts:
            whole = part.whole
            if _packed(stored[name] for name in whole.stored):
                apart = part.place is not None and whole.make_one is not None
                size = 4 * prod(whole.shape[1:] if apart else whole.shape)
                guard = Guard(self.budget, f"{self.path}, {whole.name} ")
                guard.check(size, "unpacked to float32")

    def network(self, ref: NetworkRef, metadata: Mapping[str, Scalar]) -> Network:
        """What the file holds, under the name of ``ref``. Raises NetworkError without a weight."""
        found = self.reading()
        if not found.parts:
            reasons = ", ".join(f"{why} {count:,}" for why, count in found.left_out.items())
            raise NetworkError(
                f"{self.path} has {len(self.entries)} tensors, but no weight among them "
                f"({reasons or 'none at all'})"
            )
        return found.network(
            lambda: self.constituents(found), ref.name, ref.kind, ref.family, ref.source, metadata
        )

    def constituents(self, reading: Reading) -> Iterator[Constituent]:
        """The matrices of a reading of this file, or of one with the same names."""
        stored = {entry.name: entry for entry in self.entries}

        def one(name: str, place: int) -> Matrix:
            return self.read(replace(stored[name], place=place))

        return reading.constituents(lambda name: self.read(stored[name]), one)

    def parameters(self) -> int:
        """The number of parameters in the file: what is a float, without running statistics.

        Of quantised weights those that they stand for.
        """
        floats = {
            entry.name: entry.shape
            for entry in self.entries
            if entry.dtype.startswith(("float", "bfloat", "complex"))
        }
        try:
            parts = self.reading().parts if len(floats) < len(self.entries) else ()
        except NetworkError:  # which ``load`` will say
            parts = ()
        stored = {entry.name: entry for entry in self.entries}
        for whole in {part.whole.stored: part.whole for part in parts}.values():
            if _packed(stored[name] for name in whole.stored):
                for name in whole.stored:
                    floats.pop(name, None)
                floats[whole.name] = whole.shape
        return parameter_count(floats.items())

    def read(self, entry: Entry) -> Matrix:
        """The values of one tensor, or of a place of it; floats of less than four bytes as float32.

        Raises FileFormatError when the file does not hold what its table of contents promises.
        """
        with reading(self.path):
            values = self.fetch(entry)
            if entry.place is not None:
                entry = replace(entry, shape=entry.shape[1:])
                if values.ndim > len(entry.shape):  # all of them came
                    values = values[entry.place]
            if values.shape != entry.shape:
                where = f"{self.path}, {entry.name}"
                raise FileFormatError(f"{where}: shape {values.shape}, promised {entry.shape}")
            narrow = values.dtype.kind == "f" and values.dtype.itemsize < 4
            wanted = np.float32 if narrow else values.dtype.newbyteorder("=")
            return values.astype(wanted, copy=False)


def _packed(entries: Iterable[Entry]) -> bool:
    """Whether a tensor is made of stored integers."""
    return any("int" in entry.dtype for entry in entries)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever reading ``path`` raises into a NetworkError that names it."""
    try:
        yield
    except ZooSpectraError:
        raise
    except OSError as error:
        raise NetworkError(f"{path} cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise NetworkError(f"{path}: too large for this machine's memory; {error}") from error
    except Exception as error:  # a malformed file can make a parser raise anything
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileFormatError(f"{path} is malformed ({said}); fetch or save it again") from error
