"""What a plug-in gives, checked where it enters: references, networks and their constituents.

A bad reference is the plug-in's fault (AdapterError: nothing is run), a bad network its own
(NetworkError: its `failed` row).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import Any, get_args

import numpy as np

from zoo_spectra.errors import AdapterError, NetworkError, explain
from zoo_spectra.sources.matrices import is_sparse
from zoo_spectra.sources.network import Constituent, Kind, Network
from zoo_spectra.sources.ref import NetworkRef
from zoo_spectra.text import clean, visible

Shapes = tuple[tuple[int, int], ...]

MOST_NETWORKS = 1_000_000  # of one source string
MOST_CONSTITUENTS = 1_000_000  # of one network
LARGEST_SIDE = 1 << 40
_TEXTS = ("source", "adapter", "name", "kind", "family", "fingerprint", "location", "identity")
_SCALARS = (str, int, float, bool, type(None))
_KINDS = get_args(Kind)


def validated(found: object, adapter: str) -> Iterator[NetworkRef]:
    """The references that an adapter lists, each checked and once. Raises AdapterError."""
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
        raise AdapterError(f"adapter {adapter!r} lists {_shown(found)}, which is no list of refs")
    seen: dict[str, NetworkRef] = {}
    for number, each in enumerate(found):
        if number >= MOST_NETWORKS:
            raise AdapterError(
                f"adapter {adapter!r} lists more than {MOST_NETWORKS:,} networks, perhaps without "
                "end; use a narrower pattern"
            )
        if not isinstance(each, NetworkRef):
            raise AdapterError(f"adapter {adapter!r} lists {_shown(each)}, which is no NetworkRef")
        try:
            ref = _plain(each, adapter)
        except (TypeError, ValueError, OverflowError) as error:
            raise AdapterError(
                f"adapter {adapter!r} lists {_shown(each.source)} with {error}; mend the adapter"
            ) from error
        other = seen.setdefault(ref.source, ref)
        if other is ref:
            yield ref
        elif other != ref:
            raise AdapterError(f"adapter {adapter!r} lists two networks as {_shown(ref.source)}")


def checked_network(network: object, ref: NetworkRef) -> Network:
    """What ``load`` gave, with plain metadata. Raises NetworkError when it is no network."""
    if not isinstance(network, Network):
        raise NetworkError(f"adapter {ref.adapter!r} loads {_shown(network)}, which is no Network")
    try:
        for what in ("name", "kind", "family", "source"):
            _text(network, what)
        if not callable(network.constituents):
            raise ValueError("constituents that cannot be called")
        metadata = _mapping(network.metadata, "metadata", _SCALARS)
        return replace(
            network,
            metadata=metadata,
            identity=ref.identity,
            left_out=_mapping(network.left_out, "left_out", (int,)),
            coverage=_share(network.coverage),
            notes=_notes(network.notes),
        )
    except (TypeError, ValueError) as error:
        raise NetworkError(f"adapter {ref.adapter!r} loads a network with {error}") from error


def _share(coverage: Any) -> float | None:
    if coverage is None:
        return None
    if isinstance(coverage, int | float | np.number) and 0 <= coverage <= 1:
        return float(coverage)
    raise ValueError(f"a coverage of {_shown(coverage)}, which is no share from 0 to 1")


def _notes(notes: Any) -> tuple[str, ...]:
    if isinstance(notes, str) or not isinstance(notes, Iterable):
        raise ValueError(f"notes {_shown(notes)}, which are no texts")
    found = tuple(islice(notes, MOST_CONSTITUENTS))
    if not all(isinstance(note, str) for note in found):
        raise ValueError(f"notes {_shown(found)}, which are no texts")
    return found


def walked(network: Network, shapes: Shapes | None) -> Iterator[Constituent]:
    """A network's constituents, each checked, and that they are those of ``shapes``, if given.

    Raises NetworkError.
    """
    name = visible(network.name)
    walk = network.constituents()
    if isinstance(walk, str | bytes | Mapping) or not isinstance(walk, Iterable):
        raise NetworkError(f"{name}: constituents() gives {_shown(walk)}")
    most = MOST_CONSTITUENTS if shapes is None else len(shapes)
    number = 0
    for each in walk:
        if number >= most:
            what = f"than {most:,}" if shapes is None else f"than the {most:,} that {_PROMISED}"
            raise NetworkError(f"{name} has more constituents {what}")
        constituent = _constituent(each, f"{name}, constituent {number}")
        if shapes is not None and constituent.matrix.shape != shapes[number]:
            raise NetworkError(
                f"{name}: constituent {number} ({visible(constituent.name)}) has shape "
                f"{constituent.matrix.shape}, not {shapes[number]}, which {_PROMISED}"
            )
        yield constituent
        number += 1
    if shapes is not None and number < most:
        raise NetworkError(f"{name} has {number:,} constituents, not the {most:,} that {_PROMISED}")


_PROMISED = "its listing promised; the adapter is at fault, or the file has changed meanwhile"


def _plain(ref: NetworkRef, adapter: str) -> NetworkRef:
    """The same reference of plain values, which every process can read. Raises ValueError."""
    for what in _TEXTS:
        _text(ref, what)
    if ref.adapter != adapter:
        raise ValueError(f"adapter {ref.adapter!r}")
    if not ref.name.strip():
        raise ValueError("an empty name")
    if ref.kind not in _KINDS:
        raise ValueError(f"kind {ref.kind!r}, which is none of {', '.join(_KINDS)}")
    plain = {
        "options": _mapping(ref.options, "options", (str,)),
        "shapes": _shapes(ref.shapes),
        "parameters": _parameters(ref.parameters),
        "metadata": _mapping(ref.metadata, "metadata", _SCALARS),
        "coverage": _share(ref.coverage),
        "fingerprint": clean(ref.fingerprint),  # compared with what is stored
    }
    changes = {what: value for what, value in plain.items() if value is not getattr(ref, what)}
    return replace(ref, **changes) if changes else ref


def _text(holder: object, what: str) -> None:
    value = getattr(holder, what)
    if not isinstance(value, str):
        raise ValueError(f"{what} {_shown(value)}, which is no text")


def _shapes(shapes: Any) -> Shapes | None:
    if shapes is None or (type(shapes) is tuple and _are_plain(shapes)):
        return shapes
    if isinstance(shapes, str) or not isinstance(shapes, Iterable):
        raise ValueError(f"shapes {_shown(shapes)}")
    made = []
    for shape in islice(shapes, MOST_CONSTITUENTS):
        try:
            rows, columns = map(operator.index, shape)
        except (TypeError, ValueError) as error:
            raise ValueError(f"a shape of {_shown(shape)}, which are no two integers") from error
        if not _are_plain(((rows, columns),)):
            raise ValueError(f"a shape of {_shown(shape)}")
        made.append((rows, columns))
    return tuple(made)


def _are_plain(shapes: tuple[Any, ...]) -> bool:
    """Whether all are pairs of sensible integers: without a step of Python for each of millions."""
    if set(map(type, shapes)) - {tuple} or set(map(len, shapes)) - {2}:
        return False
    sides = list(chain.from_iterable(shapes))
    if set(map(type, sides)) - {int}:
        return False
    return not sides or (min(sides) >= 0 and max(sides) <= LARGEST_SIDE)


def _parameters(count: Any) -> int | None:
    """Rounded up, since an adapter's own arithmetic may have left a float."""
    if count is None or (type(count) is int and 0 <= count <= LARGEST_SIDE**2):
        return count
    if isinstance(count, int | float | np.number) and 0 <= count <= LARGEST_SIDE**2:
        return math.ceil(count)
    raise ValueError(f"{_shown(count)} parameters")


def _mapping(given: Any, what: str, kinds: tuple[type, ...]) -> Any:
    """The same mapping when it is a plain dict, else a dict of plain values."""
    if type(given) is dict and all(
        type(key) is str and type(value) in kinds for key, value in given.items()
    ):
        return given
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} {_shown(given)}, which is no mapping")
    made = {}
    for key, value in given.items():
        if not isinstance(key, str):
            raise ValueError(f"{what} called {_shown(key)}, which is no text")
        plain = value.item() if isinstance(value, np.generic) else value
        if not isinstance(plain, kinds):
            raise ValueError(f"{what} {visible(key)!r} of {_shown(value)}, which is no scalar")
        made[str(key)] = plain
    return made


def _constituent(each: object, where: str) -> Constituent:
    if not isinstance(each, Constituent):
        raise NetworkError(f"{where} is {_shown(each)}, which is no Constituent")
    name, matrix = each.name, each.matrix
    if not isinstance(name, str):
        raise NetworkError(f"{where} is called {_shown(name)}, which is no text")
    where = f"{where} ({visible(name)})"
    plain = isinstance(matrix, np.ndarray) and not isinstance(matrix, np.ma.MaskedArray)
    if not (plain or is_sparse(matrix)):
        raise NetworkError(
            f"{where}: {type(matrix).__name__} is no plain numpy array and no sparse matrix"
        )
    if matrix.ndim != 2:
        raise NetworkError(f"{where}: shape {matrix.shape} is no matrix; flatten it")
    if matrix.dtype.kind not in "fiubc":
        raise NetworkError(f"{where}: dtype {matrix.dtype} is no number")
    if (type(matrix) is np.ndarray or is_sparse(matrix)) and clean(name) is name:
        return each
    return Constituent(clean(name), matrix if is_sparse(matrix) else np.asarray(matrix))


def _shown(value: object) -> str:
    """What a value is, in a few words, whatever its own ``repr`` does."""
    try:
        text = repr(value)
    except BaseException as error:
        text = explain(error)
    text = visible(text if len(text) <= 60 else text[:60] + "…")
    return text if value is None else f"{type(value).__name__} {text}"
