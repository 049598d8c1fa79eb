"""Plug-ins that misbehave, each in one way, for this process and for Ray's workers."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from waiting import wait_for
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.sources.ref import NetworkRef
from zoo_spectra.sources.source import Source

GOOD = np.eye(4) + np.ones((4, 4))
PROMISED = ((4, 4), (4, 4), (4, 4))


class Unspeakable(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class Stranger(BaseException):
    """What is no Exception, and nobody knows."""


class Subclass(np.ndarray):
    """An array that is one by another name."""


class Shy:
    def __repr__(self) -> str:
        raise SystemExit(0)


def good(name: str, **changes: Any) -> NetworkRef:
    source = str(Source("odd", name))
    return replace(NetworkRef(source, "odd", name, "artificial", shapes=PROMISED), **changes)


def _raises(error: BaseException) -> Callable[[], Any]:
    def raising() -> Any:
        raise error

    return raising


def _half(error: BaseException) -> Iterator[NetworkRef]:
    yield good("fine")
    raise error


def _with(**changes: Any) -> Callable[[], Any]:
    return lambda: [good("fine"), good("other", **changes)]


NAN: Any = float("nan")
# What `list` gives; every one of these is an error of the adapter.
LISTS: Mapping[str, Callable[[], Any]] = {
    "raises": _raises(ZeroDivisionError("in list")),
    "raises_recursion": _raises(RecursionError("in list")),
    "raises_memory": _raises(MemoryError("in list")),
    "raises_os": _raises(PermissionError(13, "no")),
    "exits": lambda: sys.exit(0),
    "interrupts": _raises(KeyboardInterrupt()),
    "stranger": _raises(Stranger("in list")),
    "cancelled": _raises(asyncio.CancelledError()),
    "stops": _raises(StopIteration()),
    "unspeakable": _raises(Unspeakable()),
    "raises_later": lambda: _half(KeyError("in list")),
    "exits_later": lambda: _half(SystemExit(0)),
    "none": lambda: None,
    "number": lambda: 3,
    "text": lambda: "odd:fine",
    "bytes": lambda: b"odd:fine",
    "mapping": lambda: {"fine": good("fine")},
    "one": lambda: good("fine"),
    "yields_none": lambda: [good("fine"), None],
    "yields_text": lambda: ["odd:fine"],
    "yields_sets": lambda: [{1, 2}],
    "yields_numbers": lambda: np.arange(3),
    "yields_networks": lambda: [Network("fine", "artificial", lambda: iter(()))],
    "yields_shy": lambda: [Shy()],
    "set": lambda: {good("fine")},  # cannot be hashed: its options are a dict
    "name_number": _with(name=7),
    "name_none": _with(name=None),
    "name_bytes": _with(name=b"x"),
    "name_empty": _with(name="  "),
    "source_none": _with(source=None),
    "adapter_other": _with(adapter="memory"),
    "adapter_none": _with(adapter=None),
    "kind_other": _with(kind="mineral"),
    "kind_none": _with(kind=None),
    "kind_list": _with(kind=["artificial"]),
    "family_none": _with(family=None),
    "fingerprint_none": _with(fingerprint=None),
    "fingerprint_number": _with(fingerprint=17),
    "location_none": _with(location=None),
    "options_none": _with(options=None),
    "options_numbers": _with(options={"a": 1}),
    "options_pairs": _with(options=[("a", "b")]),
    "shapes_number": _with(shapes=3),
    "shapes_text": _with(shapes="44"),
    "shapes_nan": _with(shapes=((NAN, 4),)),
    "shapes_real": _with(shapes=((4.0, 4.0),)),
    "shapes_negative": _with(shapes=((-4, 4),)),
    "shapes_huge": _with(shapes=((10**40, 10**40),)),
    "shapes_three": _with(shapes=((4, 4, 4),)),
    "shapes_flat": _with(shapes=(4, 4)),
    "shapes_none_inside": _with(shapes=(None,)),
    "shapes_endless": _with(shapes=itertools.repeat((4, -4))),
    "parameters_nan": _with(parameters=NAN),
    "parameters_negative": _with(parameters=-1),
    "parameters_infinite": _with(parameters=float("inf")),
    "parameters_text": _with(parameters="many"),
    "parameters_huge": _with(parameters=10**400),
    "metadata_none": _with(metadata=None),
    "metadata_keys": _with(metadata={1: 2}),
    "metadata_array": _with(metadata={"a": np.ones(3)}),
    "metadata_object": _with(metadata={"a": object()}),
    "metadata_shy": _with(metadata={"a": Shy()}),
    "twice": lambda: [good("fine"), good("fine", shapes=None)],
}
# What `list` gives, and is taken for what it means.
TAKEN: Mapping[str, Callable[[], Any]] = {
    "generator": lambda: (good(name) for name in ("fine",)),
    "numpy_shapes": _with(shapes=[np.array([4, 4])] * 3, parameters=np.int64(48)),
    "numpy_metadata": _with(metadata={np.str_("a"): np.float32(1.5), "b": np.int64(2)}),
    "proxy_options": _with(options=MappingProxyType({"a": "b"})),
    "numpy_name": lambda: [good(np.str_("fine"))],
    "again": lambda: [good("fine"), good("fine")],
}


def _walk(*constituents: Any) -> Callable[[], Any]:
    return lambda: iter(constituents)


def _failing(error: BaseException) -> Callable[[], Iterator[Constituent]]:
    def walk() -> Iterator[Constituent]:
        yield Constituent("good", GOOD)
        raise error

    return walk


def _reused() -> Iterator[Constituent]:
    """One buffer for all, as a reader that saves memory does; allowed, and to be analysed right."""
    buffer = np.empty((4, 4))
    for number in range(3):
        buffer[...] = np.diag([1.0, 2.0, 3.0, 4.0]) * 10.0**number + 0.1
        yield Constituent(f"w{number}", buffer)
        buffer[...] = np.nan


def _endless() -> Iterator[Constituent]:
    for number in itertools.count():
        yield Constituent(f"w{number}", GOOD)


def _of(*matrices: Any) -> Callable[[], Any]:
    return _walk(*[Constituent(f"w{n}", matrix) for n, matrix in enumerate(matrices)])


# The walk of a network that promises three matrices of 4 × 4: every one of these fails.
WALKS: Mapping[str, Callable[[], Any]] = {
    "walk_raises": _failing(ZeroDivisionError("in walk")),
    "walk_exits": _failing(SystemExit(0)),
    "walk_interrupts": _failing(KeyboardInterrupt()),
    "walk_stranger": _failing(Stranger("in walk")),
    "walk_cancelled": _failing(asyncio.CancelledError()),
    "walk_generator_exit": _failing(GeneratorExit()),
    "walk_unspeakable": _failing(Unspeakable()),
    "walk_memory": _failing(MemoryError()),
    "walk_surrogate": _failing(ValueError("in \udcff walk")),
    "walk_nul": _failing(ValueError("in \0 walk")),
    "walk_none": lambda: None,
    "walk_text": lambda: "good",
    "walk_exits_at_once": lambda: sys.exit(0),
    "yields_none": _walk(None),
    "yields_pairs": _walk(("w", GOOD)),
    "yields_shy": _walk(Shy()),
    "name_none": _walk(Constituent(None, GOOD)),  # type: ignore[arg-type]
    "name_number": _walk(Constituent(3, GOOD)),  # type: ignore[arg-type]
    "matrix_none": _of(None),
    "matrix_list": _of([[1.0, 2.0], [3.0, 4.0]]),
    "matrix_object": _of(np.array([[1, "a"], [None, 2]], dtype=object)),
    "matrix_text": _of(np.array([["a", "b"], ["c", "d"]])),
    "matrix_records": _of(np.zeros((4, 4), dtype=[("a", float)])),
    "matrix_times": _of(np.zeros((4, 4), dtype="datetime64[s]")),
    "matrix_masked": _of(np.ma.masked_less(GOOD, 2.0)),
    "matrix_3d": _of(np.ones((4, 2, 2))),
    "matrix_1d": _of(np.ones(4)),
    "matrix_0d": _of(np.array(1.0)),
    "more": _of(GOOD, GOOD, GOOD, GOOD),
    "fewer": _of(GOOD, GOOD),
    "no_constituents": _of(),
    "other_shape": _of(GOOD, GOOD, np.ones((4, 5))),
    "endless": _endless,
}
# What `load` gives instead of a network: fails.
LOADS: Mapping[str, Callable[[], Any]] = {
    "load_raises": _raises(ZeroDivisionError("in load")),
    "load_exits": lambda: sys.exit(3),
    "load_interrupts": _raises(KeyboardInterrupt()),
    "load_stranger": _raises(Stranger("in load")),
    "load_unspeakable": _raises(Unspeakable()),
    "load_stops": _raises(StopIteration()),
    "load_none": lambda: None,
    "load_text": lambda: "network",
    "load_name_none": lambda: Network(None, "artificial", _of(GOOD, GOOD, GOOD)),  # type: ignore[arg-type]
    "load_walk_none": lambda: Network("x", "artificial", None),  # type: ignore[arg-type]
    "load_metadata_array": lambda: Network(
        "x",
        "artificial",
        _of(GOOD, GOOD, GOOD),
        metadata={"a": np.ones(3)},  # type: ignore[dict-item]
    ),
    "load_metadata_keys": lambda: Network(
        "x",
        "artificial",
        _of(GOOD, GOOD, GOOD),
        metadata={3: 3},  # type: ignore[dict-item]
    ),
    "load_left_out_texts": lambda: Network(
        "x",
        "artificial",
        _of(GOOD, GOOD, GOOD),
        left_out={"bias": "two"},  # type: ignore[dict-item]
    ),
    "load_coverage_large": lambda: Network("x", "artificial", _of(GOOD, GOOD, GOOD), coverage=1.5),
    "load_coverage_nan": lambda: Network(
        "x", "artificial", _of(GOOD, GOOD, GOOD), coverage=float("nan")
    ),
    "load_notes_number": lambda: Network(
        "x",
        "artificial",
        _of(GOOD, GOOD, GOOD),
        notes=(3,),  # type: ignore[arg-type]
    ),
}
# Networks that end well.
FINE: Mapping[str, Callable[[], Any]] = {
    "fine": _of(GOOD, GOOD, GOOD),
    "reused": _reused,
    "a_list": lambda: [Constituent(f"w{n}", GOOD) for n in range(3)],
    "subclass": _of(*[GOOD.view(Subclass)] * 3),
    "surrogate": _walk(*[Constituent(f"\udcff{n}", GOOD) for n in range(3)]),
    "nul": _walk(*[Constituent(f"\0{n}", GOOD) for n in range(3)]),
}


class OddLists:
    """``oddlist:KIND``: lists what KIND says."""

    name = "odd"
    options: Mapping[str, str] = {}

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        listed: Iterable[NetworkRef] = {**LISTS, **TAKEN}[pattern]()
        return listed

    def load(self, ref: NetworkRef) -> Network:
        return Network(ref.name, "artificial", FINE["fine"], "", ref.source)


class Odd:
    """``odd:KIND``: one network of three promised matrices that does what KIND says."""

    name = "odd"
    options: Mapping[str, str] = {}

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        return [good(pattern)]

    def load(self, ref: NetworkRef) -> Network:
        if ref.name in LOADS:
            loaded: Network = LOADS[ref.name]()
            return loaded
        return Network(ref.name, "artificial", {**WALKS, **FINE}[ref.name], "", ref.source)


class Unpicklable(Odd):
    """Holds what no process can be sent."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Stopping(Odd):
    """``odd:NAME``: stops its process (SIGSTOP), the first time, or with ``always`` each time."""

    def __init__(self, folder: Path, always: bool = False) -> None:
        self._folder, self._always = folder, always

    def load(self, ref: NetworkRef) -> Network:
        mark = self._folder / f"{ref.name} {os.getpid()}"
        if self._always or not list(self._folder.iterdir()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        return Network(ref.name, "artificial", FINE["fine"], "", ref.source)


class StoppingAtStart(Odd):
    """Stops the process that it is sent to (SIGSTOP), the first one, or with ``always`` each."""

    def __init__(self, folder: Path, always: bool = False) -> None:
        self._folder, self._always = folder, always

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._always or not list(self._folder.iterdir()):
            (self._folder / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGSTOP)

    def load(self, ref: NetworkRef) -> Network:
        return Network(ref.name, "artificial", FINE["fine"], "", ref.source)


class Shrinking(Odd):
    """Maps a file that shrinks while it is read: SIGBUS."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self, ref: NetworkRef) -> Network:
        def walk() -> Iterator[Constituent]:
            yield Constituent("w0", GOOD)
            np.save(self._file, np.ones((4, 4096)))
            mapped = np.load(self._file, mmap_mode="r")
            os.truncate(self._file, 4096)
            yield Constituent("w1", mapped[:, -4:])
            yield Constituent("w2", GOOD)

        return Network(ref.name, "artificial", walk, "", ref.source)


class Waiting(Odd):
    """``odd:NAME``: says on which Ray node it is read, and waits for a file called gate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, ref: NetworkRef) -> Network:
        import ray

        def walk() -> Iterator[Constituent]:
            node = ray.get_runtime_context().get_node_id()
            (self._folder / f"{ref.name} {node}").touch()
            wait_for((self._folder / "gate").exists)
            yield from FINE["fine"]()

        return Network(ref.name, "artificial", walk, "", ref.source)


class SlowOnOne(Odd):
    """Half a second a network; the first worker that comes to its third one is slow from there on.

    ``mark`` has the id of its process.
    """

    def __init__(self, mark: Path) -> None:
        self._mark, self._done = mark, 0

    def load(self, ref: NetworkRef) -> Network:
        self._done += 1
        if self._done == 3:
            with suppress(FileExistsError), self._mark.open("x") as file:
                file.write(str(os.getpid()))
        slow = self._mark.exists() and self._mark.read_text() == str(os.getpid())

        def walk() -> Iterator[Constituent]:
            for constituent in FINE["fine"]():
                time.sleep(1000.0 if slow else 0.2)
                yield constituent

        return Network(ref.name, "artificial", walk, "", ref.source)
