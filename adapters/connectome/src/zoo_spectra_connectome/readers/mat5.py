"""MATLAB's files of version 5 to 7: elements within elements, each perhaps packed.

Format: *MAT-File Format*, MathWorks, chapter "Level 5". scipy's reader builds whatever a file
declares, objects too, and takes the memory that a packed element asks for.
"""

from __future__ import annotations

import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import check_bytes
from zoo_spectra_connectome.readers.chosen import is_square
from zoo_spectra_connectome.readers.mat_values import Variables, lines, refuse_object

HEADER = 128
MATRIX, COMPRESSED = 14, 15
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8"}
STORED |= {13: "u8", 16: "u1", 17: "u2", 18: "u4"}
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
NUMERIC = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4"}
NUMERIC |= {14: "i8", 15: "u8"}
CODE = {OBJECT: "an object", FUNCTION: "a function", OPAQUE: "an object"}
COMPLEX = 0x0800
MAX_DEPTH, MAX_ELEMENTS = 8, 100_000  # cells and structures in one another; and in all
ELEMENT_BYTES, MAX_TEXT = 1000, 1 << 22
PIECE = 1 << 20


def variables(path: Path, guard: Guard) -> Variables:
    """Every variable of a file. Raises FileFormatError, UnsafeFileError for objects and functions.

    NetworkError beyond the budget.
    """
    guard.hold(path.stat().st_size, "the file")
    content = memoryview(path.read_bytes())
    mark = bytes(content[126:128])
    if len(content) < HEADER or mark not in (b"IM", b"MI"):
        raise FileFormatError("its header does not say the order of its bytes; is it cut off?")
    walk = _Walk("<" if mark == b"IM" else ">", guard)
    at = HEADER
    while at < len(content):
        kind, data, at = walk.element(content, at)
        if kind == COMPRESSED:
            inner = memoryview(_unpacked(data, guard))
            kind, data, _ = walk.element(inner, 0)
        if kind == MATRIX:
            walk.matrix(data, "", 0)
    return walk.found


def _unpacked(data: memoryview, guard: Guard) -> bytes:
    unpacker, pieces, size = zlib.decompressobj(), [], 0
    rest: Any = data
    while not unpacker.eof:
        piece = unpacker.decompress(rest, PIECE)
        rest = unpacker.unconsumed_tail
        if not piece and not rest:
            raise FileFormatError("a packed variable is cut off")
        size += len(piece)
        guard.check(guard.held + 2 * size, "a packed variable")
        guard.tick()
        pieces.append(piece)
    return b"".join(pieces)


class _Walk:
    def __init__(self, order: str, guard: Guard) -> None:
        self.found = Variables()
        self._order, self._guard = order, guard
        self._elements = 0

    def element(self, data: memoryview, at: int) -> tuple[int, memoryview, int]:
        """The type and the bytes of the element at a place, and where the next one begins."""
        if at + 8 > len(data):
            raise FileFormatError("it ends within a variable; is it cut off?")
        first, size = (int(n) for n in np.frombuffer(data[at : at + 8], self._order + "u4"))
        if first >> 16:  # a small one, within its tag
            kind, size, start, after = first & 0xFFFF, first >> 16, at + 4, at + 8
            if size > 4:
                raise FileFormatError("a small element of more than four bytes")
        else:
            kind, start = first, at + 8
            after = start + size + (0 if kind == COMPRESSED else -size % 8)
        if start + size > len(data):
            raise FileFormatError("a variable is longer than what is there; is it cut off?")
        self._guard.tick()
        return kind, data[start : start + size], after

    def matrix(self, data: memoryview, owner: str, depth: int) -> str | None:
        """Keep what a variable or a part of one holds; gives its text, if it is one."""
        self._elements += 1
        if self._elements > MAX_ELEMENTS or depth > MAX_DEPTH:
            raise FileFormatError("it has too many cells and structures, or too deep ones")
        if not len(data):
            return None
        self._guard.hold(ELEMENT_BYTES, "its variables")
        _, flags, at = self.element(data, 0)
        if len(flags) < 4:
            raise FileFormatError("a variable without flags")
        flag = int(np.frombuffer(flags[:4], self._order + "u4")[0])
        kind, is_complex = flag & 0xFF, bool(flag & COMPLEX)
        if kind == OPAQUE:
            raise refuse_object(owner, CODE[kind])
        dims, at = self._numbers(data, at)
        _, raw, at = self.element(data, at)
        name = owner or bytes(raw).decode("latin-1")
        if kind in CODE:
            raise refuse_object(name, CODE[kind])
        shape = tuple(int(side) for side in dims)
        if len(shape) < 2 or min(shape) < 0:
            raise FileFormatError(f"variable {name[:40]!r} has the shape {shape[:4]}")
        if kind == CHAR:
            return self._char(data, at, name, shape)
        if name and kind == CELL:
            self._cell(data, at, name, shape, depth)
        elif name and kind == STRUCT:
            self._struct(data, at, name, shape, depth)
        elif name and is_complex:
            self._other(name, "of complex numbers")
        elif name and kind == SPARSE:
            self._keep(name, self._sparse(data, at, name, shape))
        elif name and kind in NUMERIC:
            self._numeric(data, at, name, shape, kind)
        return None

    def _numbers(self, data: memoryview, at: int) -> tuple[Any, int]:
        kind, raw, after = self.element(data, at)
        if kind not in STORED:
            raise FileFormatError(f"numbers of the type {kind}")
        dtype = np.dtype(self._order + STORED[kind])
        if len(raw) % dtype.itemsize:
            raise FileFormatError("numbers that are cut off")
        return np.frombuffer(raw, dtype), after

    def _numeric(
        self, data: memoryview, at: int, name: str, shape: tuple[int, ...], kind: int
    ) -> None:
        if not is_square(shape):
            self._other(name, " × ".join(map(str, shape[:6])))
            if max(shape) == prod(shape) and kind == 9:  # DSI Studio's names, in bytes
                text, _ = self._numbers(data, at)
                if text.dtype.itemsize == 1 and len(text) < MAX_TEXT:
                    self.found.texts[name] = lines(text.tobytes().decode("latin-1"))
            return
        size = prod(shape) * np.dtype(NUMERIC[kind]).itemsize
        check_bytes(size)
        self._guard.hold(size, f"variable {name[:40]}")
        stored, _ = self._numbers(data, at)
        if len(stored) != prod(shape):
            raise FileFormatError(f"variable {name[:40]!r} has {len(stored)} numbers for {shape}")
        values = stored.astype(NUMERIC[kind]).reshape(shape, order="F")
        self._keep(name, values)

    def _sparse(self, data: memoryview, at: int, name: str, shape: tuple[int, ...]) -> Any:
        rows, at = self._numbers(data, at)
        starts, at = self._numbers(data, at)
        values, _ = self._numbers(data, at)
        self._guard.hold(32 * (len(rows) + len(starts)), f"variable {name[:40]}")
        return csc(name, values, rows, starts, shape)

    def _char(self, data: memoryview, at: int, name: str, shape: tuple[int, ...]) -> str:
        kind, raw, _ = self.element(data, at)
        if len(raw) > MAX_TEXT or len(shape) != 2:
            self._other(name, "a long text")
            return ""
        if kind == 16:
            text = bytes(raw).decode("utf-8", "replace")
        else:
            numbers, _ = self._numbers(data, at)
            text = "".join(map(chr, numbers.astype(np.uint32) & 0xFFFF))
        rows = ["".join(text[at :: shape[0]]).strip() for at in range(min(shape[0], len(text)))]
        if name:
            self.found.texts[name] = lines(rows[0]) if len(rows) == 1 else rows
            self._other(name, "text")
        return rows[0] if len(rows) == 1 else ""

    def _cell(
        self, data: memoryview, at: int, name: str, shape: tuple[int, ...], depth: int
    ) -> None:
        texts: list[str | None] = []
        for number in range(min(prod(shape), MAX_ELEMENTS + 1)):
            kind, inner, at = self.element(data, at)
            if kind != MATRIX:
                raise FileFormatError(f"cell {name[:40]!r} holds an element of the type {kind}")
            texts.append(self.matrix(inner, f"{name}{{{number + 1}}}", depth + 1))
        for number in range(len(texts)):  # a text in a cell is no list by itself
            self.found.texts.pop(f"{name}{{{number + 1}}}", None)
            if texts[number] is not None:
                self.found.others.pop(f"{name}{{{number + 1}}}", None)
        if texts and all(text is not None for text in texts):
            self.found.texts[name] = [text or "" for text in texts]
        self._other(name, "a cell")

    def _struct(
        self, data: memoryview, at: int, name: str, shape: tuple[int, ...], depth: int
    ) -> None:
        width, at = self._numbers(data, at)
        kind, raw, at = self.element(data, at)
        if len(width) != 1 or not 0 < int(width[0]) <= 256:
            raise FileFormatError(f"structure {name[:40]!r} has no names of fields")
        size = int(width[0])
        fields = [
            bytes(raw[start : start + size]).split(b"\0")[0].decode("latin-1")
            for start in range(0, len(raw), size)
        ]
        for number in range(min(prod(shape), MAX_ELEMENTS + 1) if fields else 0):
            place = f"({number + 1})" if prod(shape) > 1 else ""
            for each in fields:
                kind, inner, at = self.element(data, at)
                if kind != MATRIX:
                    raise FileFormatError(f"structure {name[:40]!r} holds the type {kind}")
                self.matrix(inner, f"{name}{place}.{each}", depth + 1)
        self._other(name, "a structure")

    def _other(self, name: str, what: str) -> None:
        if name:
            self.found.others[name] = what

    def _keep(self, name: str, values: Any) -> None:
        if name in self.found.matrices:
            raise FileFormatError(f"two variables are called {name[:40]!r}")
        self.found.matrices[name] = values


def csc(name: str, values: Any, rows: Any, starts: Any, shape: tuple[int, ...]) -> Any:
    """A sparse matrix by columns, as MATLAB has it. Raises FileFormatError when it is none."""
    try:
        if len(shape) != 2 or len(starts) != shape[1] + 1:
            raise ValueError(f"{len(starts)} starts of {shape}")
        count = int(starts[-1])
        if not 0 <= count <= min(len(rows), len(values)):
            raise ValueError(f"{count} entries of {len(values)}")
        numbers = np.asarray(values[:count]).astype(np.float64)
        indices, pointers = rows[:count].astype(np.int64), starts.astype(np.int64)
        made = sparse.csc_array((numbers, indices, pointers), shape=shape)
        made.check_format(full_check=True)
    except ValueError as error:
        raise FileFormatError(f"the sparse matrix {name[:40]!r} is damaged: {error}") from error
    return made.tocsr()
