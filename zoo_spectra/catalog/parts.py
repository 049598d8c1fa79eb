"""One part: its name, which carries a digest of its bytes, and what makes a file no part.

Pages carry checksums, which pyarrow verifies as it reads; the digest covers the rest of the file as
well, whose footer has none. Polars verifies neither, so loose parts of a small catalog are compared
with their digests before it reads them, and others by a compaction and by ``check()``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from blake3 import blake3

from zoo_spectra.catalog.schema import REQUIRED, arrow_schema
from zoo_spectra.catalog.snapshot import REDO, Snapshot, located
from zoo_spectra.errors import CatalogError

# Rust panics on some damaged pages.
READ_ERRORS = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    pa.ArrowException,
    OSError,
)
_NAMED = re.compile(r".+\.([0-9a-f]{16})\.parquet")
# What a part may hold: rows beside its bytes, values of one column and texts in bytes of a row
# group, one text. Our own stay far below; a file of some kilobytes can declare any number.
MOST_ROWS, MOST_VALUES, MOST_TEXTS, MOST_TEXT = 1_000_000, 1 << 27, 64 << 20, 16 << 20
# Below this much, loose parts are compared with their digests before they are read.
SMALL_BYTES = 64 << 20
_seen: set[tuple[object, ...]] = set()


def part_name(stem: str, content: Any) -> str:
    """``<stem>.<digest>.parquet``, the digest being BLAKE3-64 of the content, hex."""
    return f"{stem}.{blake3(content).hexdigest(length=8)}.parquet"


def has_digest(name: str) -> bool:
    """Whether a part was written by a version that puts a digest into its name."""
    return _NAMED.fullmatch(name) is not None


def look_at(snapshot: Snapshot, table: str, names: Iterable[str]) -> None:
    """Look at parts before they are read, each once a process. Raises CatalogError.

    Those of this version by their digest, where that costs little; others by their footer.
    """
    listed, storage = snapshot.listed[table], snapshot.storage
    new = {}
    for name in names:
        entry = listed.get(name)
        key = (storage.location, table, name, *((entry.size, entry.written) if entry else ()))
        if key not in _seen:
            new[name] = key
    loose = [name for name in new if name in listed and name in set(snapshot.loose[table])]
    small = storage.is_local and sum(listed[name].size for name in loose) <= SMALL_BYTES
    verified = set(loose) if small else set()
    due = [name for name in new if not _NAMED.fullmatch(name) or name in verified]

    def look(name: str) -> None:
        if _NAMED.fullmatch(name):
            verify(snapshot, table, name)
        else:
            examine(snapshot, table, name, deep=False)

    if storage.is_local:
        for name in due:
            look(name)
    elif due:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(look, due))
    _seen.update(new.values())


def verify(snapshot: Snapshot, table: str, name: str) -> None:
    """Raise CatalogError unless a part has the bytes with which it was written.

    Parts of older versions have no digest in their names.
    """
    if _NAMED.fullmatch(name):
        with _source(snapshot, table, name) as source:
            _verify(snapshot, table, name, source)


def examine(snapshot: Snapshot, table: str, name: str, deep: bool = True) -> None:
    """Raise CatalogError for a part that is damaged, of another schema, or larger than any is.

    ``deep``: with every value; otherwise by the footer alone.
    """
    storage = snapshot.storage
    try:
        if deep or storage.is_local:
            with _source(snapshot, table, name) as source:
                if deep:
                    _verify(snapshot, table, name, source)
                _examine(snapshot, table, name, source, deep)
        else:
            system, (place,) = storage.filesystem, snapshot.places(table, [name])
            with pq.ParquetFile(storage.path(place), filesystem=system) as part:
                _check_footer(snapshot, table, name, part)
    except READ_ERRORS as error:
        if not deep and not storage.is_local:  # out of reach, or damaged?
            examine(snapshot, table, name)
            return
        raise damaged(snapshot, table, name, error) from error


def blame(snapshot: Snapshot, table: str) -> None:
    """Raise a CatalogError that names the first part of a table that cannot be read, if any."""
    for name in snapshot.names(table):
        examine(snapshot, table, name)


@contextmanager
def opened(snapshot: Snapshot, table: str, name: str) -> Iterator[pq.ParquetFile]:
    """A part to be read with every checksum verified. Raises CatalogError, also while it is read.

    On an object store it is in memory whole: one request instead of many.
    """
    try:
        with _source(snapshot, table, name) as source:
            if not snapshot.storage.is_local:
                _verify(snapshot, table, name, source)
            with pq.ParquetFile(source, page_checksum_verification=True) as part:
                yield part
    except READ_ERRORS as error:
        raise damaged(snapshot, table, name, error) from error


@contextmanager
def _source(snapshot: Snapshot, table: str, name: str) -> Iterator[Any]:
    """An open part, wherever it lies now; one of an object store is fetched whole."""
    storage = snapshot.storage
    (place,) = snapshot.places(table, [name])
    if storage.is_local:
        try:
            file = pa.OSFile(storage.path(place))
        except FileNotFoundError:
            file = pa.OSFile(storage.path(located(snapshot, table, [name])[0]))
    else:
        content = storage.read(place)
        if content is None:
            content = storage.read(located(snapshot, table, [name])[0])
        file = pa.BufferReader(content or b"")
    with file:
        yield file


def _verify(snapshot: Snapshot, table: str, name: str, source: Any) -> None:
    if found := _NAMED.fullmatch(name):
        digest = blake3()
        while block := source.read(1 << 20):
            digest.update(block)
        source.seek(0)
        if digest.hexdigest(length=8) != found[1]:
            raise damaged(snapshot, table, name, "its bytes are not those that were written")


def _examine(snapshot: Snapshot, table: str, name: str, source: Any, deep: bool) -> None:
    with pq.ParquetFile(source) as part:
        _check_footer(snapshot, table, name, part)
        schema = part.schema_arrow
    if not deep:
        return
    texts = [field.name for field in schema if _plain(field.type) == pa.string()]
    # Dictionaries as they are: one long text in all rows takes its length once.
    options = {"page_checksum_verification": True, "read_dictionary": texts}
    with pq.ParquetFile(source, **options) as part:
        for batch in part.iter_batches(batch_size=256):
            for column in REQUIRED[table]:
                if batch.column(column).null_count:
                    raise foreign(snapshot, table, name, f"{column} is null in it")
            for column in texts:
                _check_texts(snapshot, table, name, batch.column(column))


def _check_texts(snapshot: Snapshot, table: str, name: str, texts: pa.Array) -> None:
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest > MOST_TEXT:
        raise foreign(snapshot, table, name, f"it holds a text of {longest:,} bytes")


def _check_footer(snapshot: Snapshot, table: str, name: str, part: pq.ParquetFile) -> None:
    metadata, schema = part.metadata, part.schema_arrow

    def fail(what: str) -> CatalogError:
        return foreign(snapshot, table, name, what)

    for field in arrow_schema(table):
        if field.name not in schema.names:
            if field.name in REQUIRED[table]:
                raise fail(f"it has no column {field.name}")
        elif _plain(found := schema.field(field.name).type) != _plain(field.type):
            raise fail(f"{field.name} is {found} in it, not {field.type}")
    if len(set(schema.names)) != len(schema.names):
        raise fail("it has two columns of one name")
    if metadata.num_rows > MOST_ROWS + metadata.serialized_size + _bytes(metadata):
        raise fail(f"it declares {metadata.num_rows:,} rows")
    texts = {f.name for f in schema if _plain(f.type) == pa.string()}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            path = column.path_in_schema
            if column.num_values > MOST_VALUES:
                raise fail(f"it declares {column.num_values:,} values of {path}")
            size = column.total_uncompressed_size
            if path in texts and size > MOST_TEXTS + 1024 * group.num_rows:
                raise fail(f"it declares {size:,} bytes of {path}")


def _bytes(metadata: pq.FileMetaData) -> int:
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return sum(
        group.column(at).total_compressed_size
        for group in groups
        for at in range(group.num_columns)
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type without what does not matter: long or short offsets, dictionaries, names of items."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    same: Iterable[Callable[[pa.DataType], bool]] = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
    )
    return pa.string() if any(is_text(kind) for is_text in same) else kind


def damaged(snapshot: Snapshot, table: str, name: str, error: object) -> CatalogError:
    """What to say of a part that cannot be read."""
    storage = snapshot.storage
    # Arrow's errors of content carry no number of the system's.
    if isinstance(error, OSError) and (error.errno is not None):
        return storage.unreadable(f"{table}/{name}", error)
    what = str(error).strip().partition("\n")[0]
    cure = REDO[table]
    if name in snapshot.compact[table]:
        cure = "restore it from a copy, or start a new catalog"
    return CatalogError(f"{storage.file(table, name)} is damaged ({what}); {cure}")


def foreign(snapshot: Snapshot, table: str, name: str, what: str) -> CatalogError:
    """What to say of a Parquet file that another program has put there."""
    cure = "restore it from a copy" if name in snapshot.compact[table] else "move it elsewhere"
    return CatalogError(
        f"{snapshot.storage.file(table, name)} is no part of {table!r} ({what}): it is damaged, or "
        f"another program's; {cure}"
    )
