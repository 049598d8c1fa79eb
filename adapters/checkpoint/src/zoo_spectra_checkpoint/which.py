"""Which part of a file is the network: options ``key`` and ``ema``, and the list of the parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import Source, literal, parse_bool

TOP = "."  # the key of what lies in no part
MAX_KEY = 1000  # characters
SHOWN = 8  # parts that an error lists
# model_ema, ema_state_dict, EMA, EMACallback; not schema, emanet.
_AVERAGE = re.compile(r"(?<![A-Za-z])(ema|Ema|EMA)(?![a-z])")


@dataclass(frozen=True)
class Which:
    """``key``: the path to a part, in dots (empty: the only one). ``ema``: its moving average."""

    key: str = ""
    ema: bool = False

    def __bool__(self) -> bool:
        return bool(self.key or self.ema)

    def __str__(self) -> str:
        said = ([f"key={self.key}"] if self.key else []) + (["ema=true"] if self.ema else [])
        return ", ".join(said)


WHOLE = Which()


@dataclass(frozen=True)
class Part:
    """A part of a file that is a network by itself: its key, and how many parameters it has."""

    key: str
    parameters: int

    @property
    def is_average(self) -> bool:
        """Whether it is called an exponential moving average."""
        return is_average(self.key)


def is_average(name: str) -> bool:
    """Whether a name, or a path in dots, says exponential moving average: ``model_ema``."""
    return _AVERAGE.search(name) is not None


def which_of(options: Mapping[str, str]) -> Which:
    """The part that options name. Raises SourceError for an empty key and an unclear ``ema``."""
    key = options.get("key", "")
    if "key" in options and not key.strip():
        raise SourceError("checkpoint: option key is empty; leave it out, or name a part")
    if len(key) > MAX_KEY:
        raise SourceError(f"checkpoint: option key has {len(key):,} characters; name a part")
    return Which(key, parse_bool("checkpoint", "ema", options.get("ema", "false")))


def source_of(path: Path, **options: str) -> str:
    """The source string of a part of a file, on a disk or on the hub (``Place.where``)."""
    text, comma, file = str(path).partition(", ")
    if text.startswith("hf:") and comma:
        return str(Source("hf", text.removeprefix("hf:"), {"file": file, **options}))
    return str(Source("checkpoint", literal(str(path)), options))


def several(path: Path, parts: Iterable[Part], within: str = "") -> NetworkError:
    """The error of a file of several networks: what they are, and how each is written."""
    found = sorted(parts, key=lambda part: -part.parameters)
    lines = [_listed(path, part) for part in found[:SHOWN]]
    more = f"; and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    where = f"{path}, {within}" if within else str(path)
    return NetworkError(
        f"{where} holds {len(found):,} networks; write which one: {'; '.join(lines)}{more}"
    )


def no_such(path: Path, what: str, parts: Iterable[Part]) -> NetworkError:
    """The error of a part that is not there, with those that are."""
    found = sorted(parts, key=lambda part: -part.parameters)
    lines = [_listed(path, part) for part in found[:SHOWN]] or ["no part of it has weights"]
    return NetworkError(f"{path} has {what}; there is: {'; '.join(lines)}")


def _listed(path: Path, part: Part) -> str:
    return f"{part.key[:100]} ({part.parameters:,} parameters) {source_of(path, key=part.key)}"
