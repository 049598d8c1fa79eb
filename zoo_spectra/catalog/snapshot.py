"""Which files make up a catalog at one moment.

Parts are *loose*, as workers commit them, or *compact*, as a compaction wrote them. A compact part
counts only if the newest manifest names it, and a loose one only if that manifest does not replace
it. A manifest is one file, so a compaction is visible as a whole or not at all; the files that it
replaces stay until a later compaction, so that who listed before can still read.

    compactions/<number>-<id>.json     networks/compact-<id>-<k>.parquet
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from zoo_spectra.catalog.storage import Entry, Storage
from zoo_spectra.errors import CatalogError

MANIFESTS = "compactions"
COMPACT = "compact-"
# A network's row is committed after its spectra, so it must be listed before them.
TABLES = ("networks", "spectra", "classes")
_TRIES = 20


@dataclass(frozen=True)
class Manifest:
    """What one compaction made of the catalog.

    ``parts``: of each table, its compact parts in order, with sizes in bytes. ``replaced``: of each
    table, when (ISO 8601) which files were replaced. ``idle``: results (``commit_id``) in the
    compact spectra that no network's row stands for yet, or any more, and until when to keep them.
    """

    number: int
    identity: str
    made_at: str
    parts: Mapping[str, Mapping[str, int]]
    replaced: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    idle: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.number:08d}-{self.identity}.json"

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    def replaced_files(self, table: str) -> set[str]:
        return {name for names in self.replaced.get(table, {}).values() for name in names}


NOTHING = Manifest(0, "", "", {})


@dataclass(frozen=True)
class Snapshot:
    """The files of the tables asked for. ``listed`` holds every file, visible or not."""

    storage: Storage
    manifest: Manifest
    listed: Mapping[str, Sequence[Entry]]
    compact: Mapping[str, Sequence[str]]
    loose: Mapping[str, Sequence[str]]


def newest_manifest(storage: Storage) -> str | None:
    """The file name of the manifest in force; None before the first compaction."""
    names = [e.name for e in storage.entries(MANIFESTS) if _is_manifest(e.name)]
    return max(names, default=None)


def take(storage: Storage, tables: Iterable[str] = TABLES) -> Snapshot:
    """The catalog as it is now. Raises CatalogError when it cannot be listed or lacks files."""
    wanted = [table for table in TABLES if table in tables]
    for _ in range(_TRIES):
        name = newest_manifest(storage)
        manifest = NOTHING if name is None else _read(storage, name)
        if manifest is None:
            continue
        listed = {table: storage.entries(table) for table in wanted}
        # Who was held up here for long may have listed after files of this manifest were deleted.
        if newest_manifest(storage) == name:
            return _sort_out(storage, manifest, listed)
    raise CatalogError(f"{storage.file()} is compacted again and again; try once more later")


def _read(storage: Storage, name: str) -> Manifest | None:
    content = storage.read(f"{MANIFESTS}/{name}")
    if content is None:
        return None
    try:
        manifest = Manifest(**json.loads(content))
        if manifest.file != name:
            raise ValueError("it is another compaction's")
    except (ValueError, TypeError) as error:
        raise CatalogError(
            f"{storage.file(MANIFESTS, name)} is damaged ({error}); it says which files count: "
            "restore it from a copy"
        ) from error
    return manifest


def _sort_out(
    storage: Storage, manifest: Manifest, listed: Mapping[str, Sequence[Entry]]
) -> Snapshot:
    compact, loose = {}, {}
    for table, entries in listed.items():
        named = manifest.parts.get(table, {})
        sizes = {entry.name: entry.size for entry in entries}
        for name, size in named.items():
            if sizes.get(name) != size:
                found = "is missing" if name not in sizes else f"has not its {size} bytes"
                raise CatalogError(
                    f"{storage.file(table, name)} {found}, though parts are written whole; "
                    "restore it from a copy, or start a new catalog"
                )
        hidden = manifest.replaced_files(table)
        compact[table] = list(named)
        loose[table] = [e.name for e in entries if is_loose(e.name) and e.name not in hidden]
        _refuse_empty(storage, table, loose[table], sizes)
    return Snapshot(storage, manifest, listed, compact, loose)


def _refuse_empty(
    storage: Storage, table: str, names: Sequence[str], sizes: Mapping[str, int]
) -> None:
    """A part without a byte would be skipped silently by a scan."""
    for name in names:
        if sizes[name] == 0:
            raise CatalogError(
                f"{storage.file(table, name)} is empty, though parts are written whole; another "
                "program or a broken disk did that. Remove the file and run the job again"
            )


def is_loose(name: str) -> bool:
    """Whether a file is a part as workers commit them."""
    return name.endswith(".parquet") and not name.startswith((".", "_", COMPACT))


def _is_manifest(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")
