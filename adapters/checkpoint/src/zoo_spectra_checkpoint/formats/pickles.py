"""Pickles, read without running anything: what would be called is written down, not called.

The machine of a pickle builds containers and calls functions by name. Here a name is a ``Name``
and a call is a ``Call``, inert both; only an ordered dict is made what it is. So no function of the
file runs, none of torch's either: torch's own safe unpickler calls functions that allocate what
the file asks for, and builds tensors beyond their storage.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from zoo_spectra.sources import Guard

EVERY = 1024  # steps between two looks at the budget
MAX_BYTES = 256 << 20  # of one pickle, without the tensors: a legible one has a few MB
STEP_BYTES = 100  # of memory that a step may take: an empty dict has 64
DICTS = {"collections.OrderedDict", "collections.Counter", "collections.defaultdict"}
SMALL = 1 << 31  # a whole number below it is a key: no two of them have one hash


class PickleFault(Exception):
    """What a pickle does that none of a file of tensors would."""


@dataclass(frozen=True)
class Name:
    """A function or class, ``module.name``, that was not imported."""

    text: str


@dataclass
class Call:
    """A call that was not made. ``state`` is what would be set on its result."""

    function: str
    arguments: tuple[Any, ...]
    state: Any = None


@dataclass(frozen=True)
class Persistent:
    """What lies outside the pickle: a storage, in torch's files."""

    key: Any


@dataclass
class Loaded:
    """A pickle's object, or the error that ended it; every name and all outside it, in order."""

    value: Any
    names: tuple[str, ...]
    outside: tuple[Persistent, ...]
    error: Exception | None = None


def load(stream: IO[bytes], guard: Guard, outside: Mapping[str, Any] | None = None) -> Loaded:
    """Read one pickle, and leave the stream behind it. Never raises for what the bytes say.

    Keys of dicts that are no text and no small number become objects: equal ones stay apart.
    Persistent ids of ``outside`` give what it has for them. Raises NetworkError when the pickle
    takes more than the guard's budget, and OSError.
    """
    machine = _Machine(guard, outside or {})
    value, fault = None, None
    try:
        value = machine.run(stream)
    except (PickleFault, ValueError, LookupError, TypeError, struct.error) as error:
        fault = error
    return Loaded(value, tuple(machine.names), tuple(machine.outside), fault)


class _Bounded:
    """A stream that ends after MAX_BYTES: a length in a pickle would else allocate what it says."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left = stream, MAX_BYTES

    def read(self, size: int) -> bytes:
        return self._taken(self._stream.read(min(size, self._left)))

    def readline(self) -> bytes:
        return self._taken(self._stream.readline(min(1 << 16, self._left)))

    def _taken(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data


class _Machine:
    def __init__(self, guard: Guard, known: Mapping[str, Any]) -> None:
        self.guard, self.known = guard, known
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.names: dict[str, None] = {}
        self.outside: list[Persistent] = []

    def run(self, stream: IO[bytes]) -> Any:
        steps: Iterator[tuple[Any, Any, Any]] = pickletools.genops(_Bounded(stream))  # type: ignore[arg-type]
        for number, (opcode, argument, _) in enumerate(steps, 1):
            if not number % EVERY:
                self.spend(EVERY)
            name = opcode.name
            if name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name]())
            elif name in _STEPS:
                _STEPS[name](self, argument)
            elif name == "STOP":
                return self.stack.pop()
            elif name not in _NOTHING:
                if isinstance(argument, str | bytes | bytearray):
                    self.guard.hold(len(argument), "its pickle")
                if name not in _LITERALS:
                    raise PickleFault(f"it has the step {name}, which no file of tensors has")
                self.stack.append(argument)
        raise PickleFault("it ends before its end")

    def spend(self, steps: int) -> None:
        self.guard.tick()
        self.guard.hold(steps * STEP_BYTES, "its pickle")

    def mark(self, _: Any) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marks.pop()
        return items

    def name(self, text: str) -> None:
        if text.startswith(_OLD):
            own = text.removeprefix(_OLD)
            text = f"builtins.{_RENAMED.get(own, own)}"
        self.names[text] = None
        self.stack.append(Name(text))

    def name_of_stack(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise PickleFault("it names a function by something else than text")
        self.name(f"{module}.{name}")

    def call(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.made(function, arguments)

    def call_with_names(self, _: Any) -> None:
        self.stack.pop()
        self.call(None)

    def call_since_mark(self, _: Any) -> None:
        function, *arguments = self.since_mark()
        self.made(function, tuple(arguments))

    def call_named(self, text: str) -> None:
        arguments = self.since_mark()
        self.name(text.replace(" ", "."))
        self.made(self.stack.pop(), tuple(arguments))

    def made(self, function: Any, arguments: Any) -> None:
        """What a call gives: an ordered dict, of nothing or of a list of pairs; else a ``Call``."""
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise PickleFault("it calls what is no function")
        if function.text not in DICTS:
            self.stack.append(Call(function.text, arguments))
            return
        first = arguments[0] if arguments else ()
        if isinstance(first, dict):
            self.stack.append(first)
            return
        made: dict[Any, Any] = {}
        if isinstance(first, list | tuple):
            self.spend(len(first))  # one list may be given many times
            for pair in first:
                if isinstance(pair, list | tuple) and len(pair) == 2:
                    made.update(_pairs(pair))
        self.stack.append(made)

    def build(self, _: Any) -> None:
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, Call):
            made.state = state

    def pack(self, count: int) -> None:
        items = [self.stack.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def extend(self, items: Iterable[Any]) -> None:
        made = self.stack[-1]
        if isinstance(made, list):
            made.extend(items)
        elif not isinstance(made, Call):
            raise PickleFault(f"it appends to a {type(made).__name__}")

    def set_items(self, items: list[Any]) -> None:
        made = self.stack[-1]
        if isinstance(made, dict):
            made.update(_pairs(items))
        elif not isinstance(made, Call):
            raise PickleFault(f"it sets items of a {type(made).__name__}")

    def remember(self, at: int) -> None:
        self.memo[at] = self.stack[-1]

    def refer(self, key: Any) -> None:
        if isinstance(key, str) and key in self.known:
            self.stack.append(self.known[key])
            return
        self.outside.append(Persistent(key))
        self.stack.append(self.outside[-1])

    def recall(self, at: int) -> None:
        self.stack.append(self.memo[at])

    def pop(self, _: Any) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.since_mark()


def _pairs(items: Any) -> Iterator[tuple[Any, Any]]:
    """Keys are text, small numbers, or objects: nothing is hashed that could make that slow."""
    if len(items) % 2:
        raise PickleFault("it sets a key without a value")
    for at in range(0, len(items), 2):
        key = items[at]
        plain = isinstance(key, str) or (type(key) is int and -SMALL < key < SMALL)
        yield (key if plain else object()), items[at + 1]


_CONSTANTS: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
}
_LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("BYTEARRAY8", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
}
_NOTHING = {"PROTO", "FRAME"}
_STEPS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "POP": _Machine.pop,
    "POP_MARK": lambda m, _: m.since_mark().clear(),
    "DUP": lambda m, _: m.stack.append(m.stack[-1]),
    "LIST": lambda m, _: _push(m, list(m.since_mark())),
    "TUPLE": lambda m, _: _push(m, tuple(m.since_mark())),
    "TUPLE1": lambda m, _: m.pack(1),
    "TUPLE2": lambda m, _: m.pack(2),
    "TUPLE3": lambda m, _: m.pack(3),
    "DICT": lambda m, _: _push(m, dict(_pairs(m.since_mark()))),
    "FROZENSET": lambda m, _: _push(m, list(m.since_mark())),
    "APPEND": lambda m, _: m.extend([m.stack.pop()]),
    "APPENDS": lambda m, _: m.extend(m.since_mark()),
    "ADDITEMS": lambda m, _: m.extend(m.since_mark()),
    "SETITEM": lambda m, _: m.set_items([m.stack.pop(-2), m.stack.pop()]),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "GLOBAL": lambda m, text: m.name(text.replace(" ", ".")),
    "STACK_GLOBAL": _Machine.name_of_stack,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "NEWOBJ_EX": _Machine.call_with_names,
    "OBJ": _Machine.call_since_mark,
    "INST": _Machine.call_named,
    "BUILD": _Machine.build,
    "PUT": _Machine.remember,
    "BINPUT": _Machine.remember,
    "LONG_BINPUT": _Machine.remember,
    "MEMOIZE": lambda m, _: m.remember(len(m.memo)),
    "GET": _Machine.recall,
    "BINGET": _Machine.recall,
    "LONG_BINGET": _Machine.recall,
    "PERSID": _Machine.refer,
    "BINPERSID": lambda m, _: m.refer(m.stack.pop()),
}
# Names of Python 2 that torch's files of protocol 2 have.
_OLD = "__builtin__."
_RENAMED = {"xrange": "range", "unicode": "str", "long": "int"}


def _push(machine: _Machine, item: Any) -> None:
    machine.stack.append(item)
