"""Manifests: what one compaction made of a catalog, in one small file.

compactions/<number>-<id>.json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from zoo_spectra.catalog.schema import TABLES
from zoo_spectra.catalog.storage import Storage, is_text
from zoo_spectra.errors import CatalogError

MANIFESTS = "compactions"
COMPACT, IDLE = "compact-", "-idle-"
_MOST_BYTES = 256 << 20
_FILE = re.compile(r"(\d{8,12})-[0-9a-zA-Z]+\.json")


@dataclass(frozen=True)
class Manifest:
    """What one compaction made of the catalog.

    ``parts``: of each table, its compact parts in order, with sizes in bytes. ``replaced``: of each
    table, when (ISO 8601) which files were replaced. ``idle``: results (``commit_id``) in the
    compact spectra that no network's row stands for yet, or any more, and until when to keep them.
    ``run``: the largest number of a run so far.
    """

    number: int
    identity: str
    made_at: str
    parts: Mapping[str, Mapping[str, int]]
    replaced: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    idle: Mapping[str, str] = field(default_factory=dict)
    run: int = 0

    @property
    def file(self) -> str:
        return f"{self.number:08d}-{self.identity}.json"

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    def replaced_files(self, table: str) -> set[str]:
        return {name for names in self.replaced.get(table, {}).values() for name in names}


NOTHING = Manifest(0, "", "", {})


def newest_manifest(storage: Storage) -> str | None:
    """The file name of the manifest in force; None before the first compaction."""
    names = [entry.name for entry in storage.entries(MANIFESTS)]
    return max(filter(_FILE.fullmatch, names), key=number_of, default=None)


def number_of(name: str) -> tuple[int, str]:
    """What manifests are ordered by."""
    found = _FILE.fullmatch(name)
    return (int(found[1]) if found else 0), name


def is_idle(name: str) -> bool:
    """Whether a compact part holds idle results only: it always lies aside."""
    return name.startswith(COMPACT) and IDLE in name


def read_manifest(storage: Storage, name: str) -> Manifest | None:
    """A manifest by its file name; None when it is gone. Raises CatalogError when it is damaged."""
    content = storage.read(f"{MANIFESTS}/{name}", _MOST_BYTES)
    if content is None:
        return None
    try:
        return _decode(json.loads(content), name)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CatalogError(
            f"{storage.file(MANIFESTS, name)} is damaged ({error}); it says which files count: "
            "restore it from a copy"
        ) from error


def _decode(fields: Any, name: str) -> Manifest:
    """Every field checked: what a manifest names is opened, moved and deleted."""
    _check(isinstance(fields, dict), "it is no JSON object")
    for key, kind in (("number", int), ("identity", str), ("made_at", str), ("run", int)):
        value = fields[key] if key != "run" else fields.get(key, 0)
        _check(type(value) is kind, f"{key!r} has another type")
    _time(fields["made_at"])
    _check(0 <= fields.get("run", 0) < 1 << 62, "'run' is no number of a run")
    parts, replaced = fields["parts"], fields.get("replaced", {})
    idle = fields.get("idle", {})
    for each in (parts, replaced):
        _check(isinstance(each, dict), "it lists no tables")
        _check(all(isinstance(files, dict) for files in each.values()), "a table lists no files")
    for table in TABLES:
        sizes = parts.get(table, {})
        _names(sizes, COMPACT)
        _check(all(type(size) is int and size > 0 for size in sizes.values()), "a size is none")
        for when, files in replaced.get(table, {}).items():
            _time(when)
            _check(isinstance(files, list), "what was replaced is no list")
            _names(files)
    _check(isinstance(idle, dict), "'idle' lists no results")
    for until in idle.values():
        _time(until)
    manifest = Manifest(
        fields["number"],
        fields["identity"],
        fields["made_at"],
        {table: parts.get(table, {}) for table in TABLES},
        {table: replaced.get(table, {}) for table in TABLES},
        idle,
        fields.get("run", 0),
    )
    _check(manifest.file == name, "it is another compaction's")
    return manifest


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _names(names: Iterable[Any], prefix: str = "") -> None:
    """Names of files of a table's own folder, and of no other place."""
    for name in names:
        good = isinstance(name, str) and name.startswith(prefix) and name.endswith(".parquet")
        good = good and "/" not in name and "\0" not in name and is_text(name)
        _check(good, f"{name!r} is no name of a part"[:200])


def _time(text: Any) -> None:
    _check(isinstance(text, str), f"{text!r} is no time"[:200])
    _check(datetime.fromisoformat(text).tzinfo is not None, f"{text!r} has no time zone"[:200])
