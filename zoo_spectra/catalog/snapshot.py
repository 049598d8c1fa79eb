"""Which files make up a catalog at one moment.

Parts are *loose*, as workers commit them, or *compact*, as a compaction wrote them. A compact part
counts only if the newest manifest names it, and a loose one only if that manifest does not replace
it. A manifest is one file, so a compaction is visible as a whole or not at all.

    networks/compact-<id>-<k>.<digest>.parquet       aside/networks/…

A part lies in its table's folder, or *aside*: a compact one until its manifest is there, and every
one that was replaced until a later compaction, so that who listed before can still read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zoo_spectra.catalog.manifest import (
    COMPACT,
    NOTHING,
    Manifest,
    newest_manifest,
    read_manifest,
)
from zoo_spectra.catalog.storage import Entry, Storage, is_text
from zoo_spectra.errors import CatalogError

ASIDE = "aside"
# A network's row is committed after its spectra, so it must be listed before them.
TABLES = ("networks", "spectra", "classes", "removals")
_TRIES, _MISSES = 20, 3


@dataclass(frozen=True)
class Snapshot:
    """The files of the tables asked for. ``listed`` holds every file, visible or not.

    ``aside``: of each table, those of its compact parts that lay aside.
    """

    storage: Storage
    manifest: Manifest
    listed: Mapping[str, Mapping[str, Entry]]
    compact: Mapping[str, Sequence[str]]
    loose: Mapping[str, Sequence[str]]
    aside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def names(self, table: str) -> list[str]:
        """The visible parts, the compact ones first."""
        return [*self.compact[table], *self.loose[table]]

    def places(self, table: str, names: Iterable[str]) -> list[str]:
        """Where parts lay when this was taken."""
        away = self.aside.get(table, frozenset())
        return [f"{ASIDE}/{table}/{n}" if n in away else f"{table}/{n}" for n in names]


def take(storage: Storage, tables: Iterable[str] = TABLES) -> Snapshot:
    """The catalog as it is now. Raises CatalogError when it cannot be listed or lacks files."""
    wanted = [table for table in TABLES if table in tables]
    misses = 0
    for _ in range(_TRIES):
        name = newest_manifest(storage)
        manifest = NOTHING if name is None else read_manifest(storage, name)
        if manifest is None:
            continue
        listed = {table: _by_name(storage.entries(table)) for table in wanted}
        aside = {
            table: _by_name(storage.entries(f"{ASIDE}/{table}"))
            for table in wanted
            if not manifest.parts.get(table, {}).keys() <= listed[table].keys()
        }
        # Who was held up here for long may have listed after files of this manifest were deleted.
        if newest_manifest(storage) != name:
            continue
        # A part may have been moved from the place listed last to the one listed first.
        lost = any(_lost(manifest, table, listed[table], aside[table]) for table in aside)
        misses += lost
        if not lost or misses == _MISSES:
            return _sort_out(storage, manifest, listed, aside)
    raise CatalogError(f"{storage.file()} is compacted again and again; try once more later")


def located(snapshot: Snapshot, table: str, names: Sequence[str]) -> list[str]:
    """Where a snapshot's parts lie now. Raises CatalogError when one is gone."""
    storage = snapshot.storage
    for _ in range(2):  # twice, because one may be moved between the two listings
        here = {entry.name for entry in storage.entries(table)}
        away = {entry.name for entry in storage.entries(f"{ASIDE}/{table}")}
        gone = [name for name in names if name not in here and name not in away]
        if not gone:
            return [f"{table}/{n}" if n in here else f"{ASIDE}/{table}/{n}" for n in names]
    raise CatalogError(
        f"{storage.file(table, gone[0])} is gone: a frame can be collected until ten minutes after "
        "a compaction has replaced what it reads; make it anew"
    )


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries}


def _lost(
    manifest: Manifest, table: str, here: Mapping[str, Entry], away: Mapping[str, Entry]
) -> list[str]:
    return [name for name in manifest.parts[table] if name not in here and name not in away]


def _sort_out(
    storage: Storage,
    manifest: Manifest,
    listed: Mapping[str, Mapping[str, Entry]],
    aside: Mapping[str, Mapping[str, Entry]],
) -> Snapshot:
    compact, loose, away = {}, {}, {}
    for table, here in listed.items():
        there = aside.get(table, {})
        named = manifest.parts.get(table, {})
        for name, size in named.items():
            entry = here.get(name) or there.get(name)
            if entry is None or entry.size != size:
                found = "is missing" if entry is None else f"has not its {size} bytes"
                raise CatalogError(
                    f"{storage.file(table, name)} {found}, though parts are written whole; "
                    "restore it from a copy, or start a new catalog"
                )
        hidden = manifest.replaced_files(table)
        compact[table] = list(named)
        away[table] = frozenset(named) - here.keys()
        loose[table] = [name for name in here if is_loose(name) and name not in hidden]
        for name in loose[table]:
            _refuse(storage, table, here[name])
    return Snapshot(storage, manifest, listed, compact, loose, away)


def _refuse(storage: Storage, table: str, entry: Entry) -> None:
    """Raise CatalogError for what cannot be a part, and would be skipped or fail in silence."""
    place = storage.file(table, entry.name)
    if not is_text(entry.name):
        raise CatalogError(f"{place}: its name is no UTF-8; rename it, or move it elsewhere")
    if not entry.is_file:
        raise CatalogError(
            f"{place} is no file (a folder, or a link that points nowhere); move it elsewhere"
        )
    if entry.size == 0:
        raise CatalogError(
            f"{place} is empty, though parts are written whole; another program or a broken disk "
            f"did that; {REDO[table]}"
        )


# What to do about a loose part that cannot be read.
REDO = {
    "networks": "remove it and run the job again: only what it held is redone",
    "spectra": "remove it and run the job again: only the networks it belongs to are redone",
    "classes": "remove it and classify again",
    "removals": "remove it, and then those networks again: until then they are shown",
}


def is_loose(name: str) -> bool:
    """Whether a file is a part as workers commit them."""
    return name.endswith(".parquet") and not name.startswith((".", "_", COMPACT))
