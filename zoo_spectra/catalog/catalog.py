"""A catalog: Parquet tables of networks, spectra and classes, and their Polars views.

    catalog.json            format and method version
    networks/*.parquet      a row a network     spectra/*.parquet   a row a constituent
    classes/*.parquet       a row a network of one classification
    compactions/*.json      which parts count, once there was a compaction

Parts are immutable. A network analysed again is a new part; the views show the newest result only.
"""

from __future__ import annotations

import io
import json
import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from zoo_spectra.catalog import lock, snapshot, views
from zoo_spectra.catalog.schema import FORMAT_VERSION, arrow_schema, parquet_options
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.errors import CatalogError, CatalogVersionError, nearest
from zoo_spectra.method import METHOD_VERSION

Row = Mapping[str, Any]
HEADER = "catalog.json"


@dataclass(frozen=True)
class Catalog:
    """An existing catalog at a path or URI. Raises CatalogError when there is none.

    ``networks()``, ``spectra()`` and ``classes()`` are Polars LazyFrames; their columns are in
    ``catalogs/README.md``.
    """

    location: str | Path

    def __post_init__(self) -> None:
        header = self.storage.read(HEADER)
        if header is None:
            raise CatalogError(
                f"no catalog at {self.storage.file()}; make one with: zoo-spectra run SOURCE "
                f"--catalog {shlex.quote(self.storage.public)}"
            )
        _check_header(self.storage.file(), header)

    @classmethod
    def create(cls, location: str | Path) -> Catalog:
        """Open a catalog for writing, making it when nothing is there yet.

        Raises CatalogError when the place holds other things or cannot be written, and
        CatalogVersionError when a newer version wrote it.
        """
        storage = Storage(str(location))
        if storage.read(HEADER) is None:
            if storage.is_local and storage.root.exists() and not storage.root.is_dir():
                raise CatalogError(f"{location} is a file; a catalog is a folder")
            if not storage.is_empty():
                raise CatalogError(
                    f"{storage.file()} holds other files and no {HEADER}; choose an empty folder"
                )
            storage.make()
            content = {"format": FORMAT_VERSION, "method_version": METHOD_VERSION}
            storage.write(HEADER, json.dumps(content).encode() + b"\n")
        catalog = cls(location)
        storage.check_writable()
        return catalog

    @cached_property
    def storage(self) -> Storage:
        return Storage(str(self.location))

    def __getstate__(self) -> dict[str, Any]:
        """Without the open connection: a worker opens its own."""
        return {"location": self.location}

    def networks(self) -> pl.LazyFrame:
        """A row a network: its newest result."""
        return views.networks(snapshot.take(self.storage, ("networks",)))

    def spectra(self) -> pl.LazyFrame:
        """A row a constituent, of the newest results."""
        return views.spectra(snapshot.take(self.storage, ("networks", "spectra")))

    def classes(self) -> pl.LazyFrame:
        """A row a network: the newest classification."""
        return views.classes(snapshot.take(self.storage, ("classes",)))

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep every other driver out while this one works, on a local catalog.

        Raises CatalogError, naming who holds it, while another does. A compaction may go on beside
        it. On an object store nobody is kept out: two drivers may do the same network, and the
        views show it once.
        """
        return lock.exclusive(self.storage, "run")

    def network(self, name: str) -> dict[str, Any]:
        """The row of one network, by name, source or the start of its id (6 characters or more).

        Raises CatalogError when there is none, or more than one.
        """
        view = self.networks()
        narrow = view.select("name", "source", "network_id", "family", "kind")
        match = (pl.col("name") == name) | (pl.col("source") == name)
        if len(name) >= 6:
            match = match | pl.col("network_id").str.starts_with(name)
        found = self.collect(narrow.filter(match))
        if found.height == 1:
            # Sorted columns first: they say in which few rows of a large part to look.
            key = found.row(0, named=True)
            same = [pl.col(column) == key[column] for column in ("family", "name", "network_id")]
            return self.collect(view.filter(same)).row(0, named=True)
        if found.height:
            options = ", ".join(found["source"].to_list()[:3])
            raise CatalogError(f"{name!r} names {found.height} networks ({options}); say which")
        names = self.collect(narrow.select("name"))["name"].to_list()
        raise CatalogError(f"no network {name!r} in {self.storage.file()}; {nearest(name, names)}")

    def query(self, sql: str) -> pl.DataFrame:
        """Ask in SQL (Polars) over the tables networks, spectra and classes, as of one moment.

        Raises CatalogError for a damaged part, and Polars's errors for a faulty query.
        """
        # Only the tables that the query can mean: a view of a large catalog costs milliseconds.
        named = [table for table in snapshot.TABLES if table in sql.lower()]
        taken = snapshot.take(self.storage, {*named, "networks"})
        context = pl.SQLContext({table: getattr(views, table)(taken) for table in named})
        return self.collect(context.execute(sql))

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Collect a frame made of this catalog's views; CatalogError names a damaged part."""
        try:
            return frame.collect()
        except (pl.exceptions.ComputeError, pa.ArrowException, OSError):  # of reading, not of SQL
            self.check()
            raise

    def batches(self, frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
        """Collect a frame of this catalog's views in pieces of some ``rows`` rows, in any order."""
        try:
            yield from frame.collect_batches(chunk_size=rows, maintain_order=False)
        except (pl.exceptions.ComputeError, pa.ArrowException, OSError):
            self.check()
            raise

    def check(self) -> None:
        """Read every part whole. Raises CatalogError, which names the part, for a damaged one."""
        taken = snapshot.take(self.storage)
        for table in snapshot.TABLES:
            views.blame(taken, table)

    def has_ok(self) -> bool:
        """Whether any network's newest result is `ok`."""
        ok = self.networks().filter(pl.col("status") == "ok").select("status").head(1)
        return not self.collect(ok).is_empty()

    def commit(self, part: str, networks: Sequence[Row], spectra: Sequence[Row] = ()) -> None:
        """Write results as a part: spectra first, so that a network's row is the commit point.

        Committing the same results again is harmless. Raises CatalogError.
        """
        if spectra:
            self.write_part("spectra", part, spectra)
        if networks:
            self.write_part("networks", part, networks)

    def pieces(self, commit_id: str) -> pl.DataFrame:
        """The rows of ``spectra`` committed for one result so far, finished or not, by position."""
        return self.collect(views.pieces(snapshot.take(self.storage, ("spectra",)), commit_id))

    def write_part(self, table: str, part: str, rows: Sequence[Row]) -> None:
        """Write rows as one immutable part. Raises CatalogError."""
        filled = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
        self.write_table(table, part, filled)

    def write_table(self, table: str, part: str, rows: pa.Table) -> None:
        """Write an Arrow table of the table's schema as one immutable part. Raises CatalogError.

        A compaction replaces files by name, so a name must never come back with other rows: it is
        ``part`` and something random.
        """
        buffer = io.BytesIO()
        pq.write_table(rows, buffer, **parquet_options(rows.schema))
        name = f"{part.removesuffix('.parquet')}-{secrets.token_hex(4)}.parquet"
        self.storage.write(f"{table}/{name}", buffer.getbuffer())


def _check_header(location: str, header: bytes) -> None:
    try:
        content = json.loads(header)
        versions = int(content["format"]), int(content["method_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise CatalogError(f"{location}/{HEADER} is not a catalog's header: {error}") from error
    for what, found, known in zip(
        ("format", "method"), versions, (FORMAT_VERSION, METHOD_VERSION), strict=True
    ):
        if found > known:
            raise CatalogVersionError(
                f"{location} was written with {what} version {found}; this zoo_spectra knows "
                f"{known}: upgrade it (pip install -U zoo-spectra)"
            )
