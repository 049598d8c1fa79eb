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

from zoo_spectra.catalog.pages import list_values
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
# What a part may hold: rows beside its bytes, bytes of a row group, bytes of one text, values in
# the lists of a row group beside its bytes. Our own stay far below; a file of some kilobytes can
# declare any number.
MOST_ROWS, MOST_BYTES, MOST_TEXT, MOST_VALUES = 1_000_000, 4 << 30, 16 << 20, 1 << 26
# Below this much, loose parts are compared with their digests before they are read.
SMALL_BYTES = 64 << 20
_seen: set[tuple[object, ...]] = set()


def part_name(stem: str, content: Any) -> str:
    """``<stem>.<digest>.parquet``, of the content's digest."""
    return f"{stem}.{content_digest(content)}.parquet"


def content_digest(content: Any) -> str:
    """BLAKE3-64 of a file's content, hex."""
    return str(blake3(content).hexdigest(length=8))


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
    loose = new.keys() & set(snapshot.loose[table]) if storage.is_local else set()
    if sum(listed[name].size for name in loose) > SMALL_BYTES:
        loose = set()
    due = [name for name in new if name in loose or not has_digest(name)]

    def look(name: str) -> None:
        if has_digest(name):
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
    if has_digest(name):
        with _source(snapshot, table, name, whole=True) as source:
            _verify(snapshot, table, name, source)


def examine(snapshot: Snapshot, table: str, name: str, deep: bool = True) -> None:
    """Raise CatalogError for a part that is damaged, of another schema, or larger than any is.

    ``deep``: with every value; otherwise by its footer and, if need be, a few narrow columns.
    """
    try:
        small = part_size(snapshot, table, name) <= SMALL_BYTES
        with _source(snapshot, table, name, whole=deep or small) as source:
            if deep:
                _verify(snapshot, table, name, source)
            _examine(snapshot, table, name, source, deep)
    except READ_ERRORS as error:
        if not deep and not snapshot.storage.is_local:  # out of reach, or damaged?
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
        with _source(snapshot, table, name, whole=True) as source:
            if not snapshot.storage.is_local:
                _verify(snapshot, table, name, source)
            with pq.ParquetFile(source, page_checksum_verification=True) as part:
                yield part
    except READ_ERRORS as error:
        raise damaged(snapshot, table, name, error) from error


@contextmanager
def _source(snapshot: Snapshot, table: str, name: str, whole: bool) -> Iterator[Any]:
    """An open part, wherever it lies now; ``whole``: one of an object store is fetched whole."""
    storage = snapshot.storage
    (place,) = snapshot.places(table, [name])

    def open_it(place: str) -> Any:
        if not storage.is_local and whole:
            content = storage.read(place)
            if content is None:
                raise FileNotFoundError(place)
            return pa.BufferReader(content)
        return storage.filesystem.open_input_file(storage.path(place))

    try:
        file = open_it(place)
    except FileNotFoundError:
        file = open_it(located(snapshot, table, [name])[0])
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
    if not has_digest(name):  # else it is as it was written, by this package
        _check_lists(snapshot, table, name, source)
    texts = [field.name for field in schema if _plain(field.type) == pa.string()]
    columns = schema.names
    if not deep:  # parts of this version say in their footer that these are never null
        required = map(schema.field, REQUIRED[table])
        columns = [f.name for f in required if f.nullable and not pa.types.is_nested(f.type)]
        if not columns:
            return
    # Dictionaries as they are: one long text in all rows takes its length once.
    options = {"page_checksum_verification": True, "read_dictionary": texts}
    with pq.ParquetFile(source, **options) as part:
        for batch in part.iter_batches(256 if deep else 1 << 16, columns=columns):
            for column in columns:
                _check_values(snapshot, table, name, column, batch.column(column))


def _check_values(snapshot: Snapshot, table: str, name: str, column: str, values: pa.Array) -> None:
    if values.null_count and column in REQUIRED[table]:
        raise foreign(snapshot, table, name, f"{column} is null in it")
    texts = values.dictionary if pa.types.is_dictionary(values.type) else values
    if _plain(texts.type) == pa.string():
        longest = pc.max(pc.binary_length(texts)).as_py() or 0
        if longest > MOST_TEXT:
            raise foreign(snapshot, table, name, f"it holds a text of {longest:,} bytes")


def _check_footer(snapshot: Snapshot, table: str, name: str, part: pq.ParquetFile) -> None:
    metadata, schema = part.metadata, part.schema_arrow

    def fail(what: str) -> CatalogError:
        return foreign(snapshot, table, name, what)

    if len(set(schema.names)) != len(schema.names):
        raise fail("it has two columns of one name")
    for field in arrow_schema(table):
        if field.name not in schema.names:
            if field.name in REQUIRED[table]:
                raise fail(f"it has no column {field.name}")
        elif _plain(found := schema.field(field.name).type) != _plain(field.type):
            raise fail(f"{field.name} is {found} in it, not {field.type}")
    # Not ``.column()`` of a row group: on damaged footers it ends the process.
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    if (rows := metadata.num_rows) > MOST_ROWS + part_size(snapshot, table, name):
        raise fail(f"it declares {rows:,} rows")
    if (size := max((group.total_byte_size for group in groups), default=0)) > MOST_BYTES:
        raise fail(f"it declares a row group of {size:,} bytes")


def _check_lists(snapshot: Snapshot, table: str, name: str, source: Any) -> None:
    try:
        values = max(list_values(source), default=0)
    except ValueError as error:
        raise damaged(snapshot, table, name, error) from error
    if values > MOST_VALUES + part_size(snapshot, table, name):
        raise foreign(snapshot, table, name, f"it declares {values:,} values in lists")


def part_size(snapshot: Snapshot, table: str, name: str) -> int:
    """A part's bytes."""
    entry = snapshot.listed[table].get(name)
    return entry.size if entry else snapshot.manifest.parts[table][name]


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
