"""The keys of the JSON column ``metadata`` as columns of their own.

Which keys there are is known without reading any row: an empty file a key and type lies in
``columns/``, written before the first part that has it. Catalogs of format 1 have none; there the
rows are read.

    columns/genotype.str     columns/seed.int
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import polars as pl

from zoo_spectra.catalog.schema import TABLES
from zoo_spectra.catalog.storage import Storage, is_text

FOLDER = "columns"
PREFIX = "metadata_"
# Keys beyond these, in their order, stay in ``metadata`` alone, and so do longer ones.
MOST_KEYS, MOST_LENGTH = 500, 180

Keys = Mapping[str, frozenset[str]]
_OWN = frozenset(column.name for column in TABLES["networks"])
_TYPES: Mapping[frozenset[str], pl.DataType] = {
    frozenset({"int"}): pl.Int64(),
    frozenset({"float"}): pl.Float64(),
    frozenset({"int", "float"}): pl.Float64(),
    frozenset({"bool"}): pl.Boolean(),
}


def keys_of(texts: Iterable[str | None]) -> dict[str, frozenset[str]]:
    """The keys of JSON objects, each with the types of its values: int, float, bool or str.

    Null has no type, and what is no object no keys; lists and objects count as str.
    """
    found: dict[str, set[str]] = {}
    for text in texts:
        for key, value in _object(text).items():
            if value is not None:
                found.setdefault(key, set()).add(_kind(value))
    return {key: frozenset(kinds) for key, kinds in found.items()}


def file_of(key: str, kind: str) -> str | None:
    """The file that says that values of ``key`` are of ``kind``; None for one without a column."""
    if not key or not is_text(key):
        return None
    name = quote(key, safe="").replace(".", "%2E")
    return f"{FOLDER}/{name}.{kind}" if len(name) <= MOST_LENGTH else None


def registered(storage: Storage) -> dict[str, frozenset[str]]:
    """The keys of a catalog of format 2 or later. Raises CatalogError."""
    found: dict[str, set[str]] = {}
    for entry in storage.entries(FOLDER):
        name, dot, kind = entry.name.rpartition(".")
        if dot and kind in ("int", "float", "bool", "str") and is_text(name):
            found.setdefault(unquote(name), set()).add(kind)
    return {key: frozenset(kinds) for key, kinds in found.items()}


@dataclass(frozen=True)
class Field:
    """A column made of a key of ``metadata``; ``pure``: all its values have the one type."""

    key: str
    type: pl.DataType
    pure: bool


def columns(keys: Keys) -> dict[str, Field]:
    """The columns by their names, in order; keys of mixed types are strings.

    A key that is the name of a column of ``networks`` gets a prefix.
    """
    named: dict[str, Field] = {}
    for key in sorted(keys)[:MOST_KEYS]:
        name = f"{PREFIX}{key}" if key in _OWN else key
        if name == key or name not in keys:
            kind = _TYPES.get(keys[key], pl.String())
            named[name] = Field(key, kind, kind != pl.String() or keys[key] == {"str"})
    return named


def decoded(texts: pl.Series, wanted: Mapping[str, Field]) -> list[pl.Series]:
    """The wanted columns of a series of JSON objects."""
    # Polars skips an empty text and reads two objects of one: so each is to have one, or Python
    # reads them, as it does lists, objects and NaN.
    if all(field.pure for field in wanted.values()) and texts.str.starts_with("{").all():
        struct = pl.Struct({field.key: field.type for field in wanted.values()})
        with suppress(pl.exceptions.PolarsError):
            found = texts.str.json_decode(struct)
            if found.len() == texts.len():
                return [found.struct.field(f.key).alias(name) for name, f in wanted.items()]
    objects = [_object(text) for text in texts]
    return [
        pl.Series(name, [_value(o.get(f.key), f.type) for o in objects], dtype=f.type)
        for name, f in wanted.items()
    ]


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(1 << 63) <= value < 1 << 63 else "str"
    return "float" if isinstance(value, float) else "str"


def _value(value: Any, kind: pl.DataType) -> Any:
    if value is None:
        return None
    if kind != pl.String():
        if isinstance(value, bool) or kind == pl.Boolean():
            return value if isinstance(value, bool) and kind == pl.Boolean() else None
        if kind == pl.Int64():
            return value if _kind(value) == "int" else None
        return float(value) if _kind(value) in ("int", "float") else None
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "backslashreplace").decode()
