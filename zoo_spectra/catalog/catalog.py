"""A catalog: Parquet tables of networks, spectra and classes, and their Polars views.

    catalog.json            format and method version, and which catalog it is
    networks/*.parquet      a row a network     spectra/*.parquet   a row a constituent
    classes/*.parquet       a row a network of one classification
    removals/*.parquet      a row a network that was removed
    columns/*               the keys of the networks' metadata
    compactions/*.json      which parts count, once there was a compaction     aside/   others
    nulls/                  a catalog of its own: draws of null models of these networks

Parts are immutable. A network analysed again is a new part; the views show the newest result only.
"""

from __future__ import annotations

import io
import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from zoo_spectra import text
from zoo_spectra.catalog import header as headers
from zoo_spectra.catalog import lock, metadata, nulls, snapshot, sql, views
from zoo_spectra.catalog.answers import Answers
from zoo_spectra.catalog.clean import clean
from zoo_spectra.catalog.parts import blame, part_name
from zoo_spectra.catalog.schema import FORMAT_VERSION, arrow_schema, parquet_options, polars_schema
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.errors import CatalogError, nearest

Row = Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Catalog(Answers):
    """An existing catalog at a path or URI. Raises CatalogError when there is none.

    ``networks()``, ``spectra()`` and ``classes()`` are Polars LazyFrames; their columns are in
    ``catalogs/README.md``. ``spectrum``, ``distances``, ``nearest``, ``members`` and ``layers`` say
    more of single networks (``answers.py``). ``run``: the number of the run that commits; see
    ``numbered``.
    """

    location: str | Path
    run: int | None = field(default=None, kw_only=True, repr=False)
    _header: headers.Header = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        header = headers.read(self.storage)
        if header is None:
            raise CatalogError(
                f"no catalog at {self.storage.file()}; make one with: zoo-spectra run SOURCE "
                f"--catalog {shlex.quote(self.storage.public)}"
            )
        self.__dict__["_header"] = header

    @classmethod
    def create(cls, location: str | Path, *, spectra: bool = True) -> Catalog:
        """Open a catalog for writing, making it when nothing is there yet.

        ``spectra``: False for one that is to have none. One of an older format is upgraded. Raises
        CatalogError when the place holds other things or cannot be written, and
        CatalogVersionError when a newer version wrote it.
        """
        storage = Storage(str(location))
        if headers.read(storage) is None:
            if storage.is_local and storage.root.exists() and not storage.root.is_dir():
                raise CatalogError(f"{location} is a file; a catalog is a folder")
            # Another one may be making it at the same moment.
            if not storage.is_empty() and headers.read(storage) is None:
                raise CatalogError(
                    f"{storage.file()} holds other files and no {headers.HEADER}; choose an empty "
                    "folder"
                )
            storage.make()
            storage.create(headers.HEADER, headers.Header.new(spectra).encode())
        catalog = cls(location)
        storage.check_writable()
        catalog.upgrade()
        return catalog

    @cached_property
    def storage(self) -> Storage:
        return Storage(str(self.location))

    @property
    def holds_spectra(self) -> bool:
        """Whether it is to have the table ``spectra``: a published one has not."""
        return self._header.spectra

    def __getstate__(self) -> dict[str, Any]:
        """Without the open connection: a worker opens its own. It knows which catalog it is."""
        return {"location": self.location, "run": self.run, "_header": self._header}

    def verify(self) -> None:
        """Raise CatalogError when it is not the catalog any more that was opened."""
        state = self.storage.state(headers.HEADER) if self.storage.is_local else None
        if state is not None and state == self.__dict__.get("_state"):
            return
        header = headers.read(self.storage)
        if header is None:
            raise CatalogError(
                f"{self.storage.file()} is no catalog any more: it was removed meanwhile, and what "
                "was committed with it; do the same again"
            )
        if self._header.identity not in (None, header.identity):
            raise CatalogError(
                f"{self.storage.file()} was replaced meanwhile by another catalog, which has only "
                "what was committed since; do the same again"
            )
        self.__dict__["_state"] = state

    def upgrade(self) -> None:
        """Write the header of this version's format, if the catalog is of an older one."""
        if self._header.format < FORMAT_VERSION:
            self._register(self._keys())
            header = self._header.upgraded()
            self.storage.write(headers.HEADER, header.encode())
            self.__dict__["_header"] = header

    def numbered(self) -> Catalog:
        """This catalog for one run: rows committed to it get the run's number.

        It is one more than the largest so far, and decides which of a network's results is the
        newest, whatever clocks say.
        """
        return replace(self, run=views.last_run(self._take("networks")) + 1)

    def networks(self, where: str | None = None) -> pl.LazyFrame:
        """A row a network: its newest result. Keys of ``metadata`` are columns after the others.

        ``where``: an SQL condition. Raises CatalogError for a faulty one.
        """
        fields = metadata.columns(self._keys())
        frame = views.networks(self._take("networks"), fields)
        return frame if where is None else sql.condition(where, frame)

    def spectra(self) -> pl.LazyFrame:
        """A row a constituent, of the newest results."""
        return views.spectra(self._take("networks", "spectra"))

    def classes(self) -> pl.LazyFrame:
        """A row a network: the newest classification, without networks removed since."""
        return views.classes(self._take("classes"))

    def last_classification(self) -> int:
        """The largest number of a classification so far; 0 when there is none."""
        numbers = views.everything(self._take("classes"), "classes").select(pl.col("run").max())
        return self.collect(numbers).item() or 0

    def removals(self) -> pl.LazyFrame:
        """A row a network that was removed, each time."""
        return views.removals(self._take())

    def nulls(self) -> pl.LazyFrame:
        """A row a draw of a null model, of the networks as they are now; see ``nulls.py``."""
        inner = Storage(nulls.place_of(self.storage.location))
        if headers.read(inner) is None:
            return nulls.nothing()
        return nulls.draws(self, Catalog(inner.location))

    def at_once(self, tables: Sequence[str] = snapshot.TABLES) -> dict[str, pl.LazyFrame]:
        """The views of tables as of one moment, by their names; by default of all four."""
        taken = self._take(*tables, "networks")
        return {
            table: views.networks(taken, metadata.columns(self._keys()))
            if table == "networks"
            else getattr(views, table)(taken)
            for table in tables
        }

    def _take(self, *tables: str) -> snapshot.Snapshot:
        return snapshot.take(self.storage, {*tables, "removals"})

    def _keys(self) -> metadata.Keys:
        """The keys of the networks' metadata, with their types."""
        if self._header.format >= FORMAT_VERSION:
            return metadata.registered(self.storage)
        taken = self._take("networks")
        names = tuple(taken.names("networks"))
        before, keys = self.__dict__.get("_inferred", ((), {}))
        if names != before:
            texts = views.everything(taken, "networks").select("metadata")
            keys = metadata.keys_of(self.collect(texts)["metadata"])
            self.__dict__["_inferred"] = names, keys
        return dict(keys)

    def _register(self, keys: metadata.Keys) -> None:
        """Say which keys there are, before rows have them. Raises CatalogError."""
        known: set[str] | None = self.__dict__.get("_registered")
        files = {metadata.file_of(key, kind) for key, kinds in keys.items() for kind in kinds}
        files.discard(None)
        if known is None or not files <= known:
            entries = self.storage.entries(metadata.FOLDER)
            known = {f"{metadata.FOLDER}/{entry.name}" for entry in entries}
            room = max(0, 2 * metadata.MOST_KEYS - len(known))
            for file in sorted(filter(None, files - known))[:room]:
                self.storage.write(file, b"")
            self.__dict__["_registered"] = known | files

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

    def query(self, query: str, *, files: bool = False) -> pl.DataFrame:
        """Ask in SQL (Polars) over networks, spectra, classes and removals, as of one moment.

        And over ``nulls``, as they are when it is asked. ``files``: whether it may read files and
        URLs as well. Raises CatalogError for a faulty query and for a damaged part.
        """
        if not files:
            sql.refuse_files(query)
        # Only the tables that the query can mean: a view of a large catalog costs milliseconds.
        named = self.at_once(sql.named(query, snapshot.TABLES))
        empty = {table: pl.LazyFrame(schema=polars_schema(table)) for table in snapshot.TABLES}
        named |= {nulls.TABLE: self.nulls()} if sql.named(query, [nulls.TABLE]) else {}
        frames = empty | {nulls.TABLE: nulls.nothing()} | named
        try:
            return self.collect(sql.ask(query, frames))
        except pl.exceptions.PolarsError as error:
            raise sql.fault(error, frames) from error

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Collect a frame made of this catalog's views; CatalogError names a damaged part."""
        return frame.collect()

    def batches(self, frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
        """Collect a frame of this catalog's views in pieces of some ``rows`` rows, in any order."""
        yield from frame.collect_batches(chunk_size=rows, maintain_order=False)

    def check(self) -> None:
        """Read every part whole. Raises CatalogError, which names the part, for a damaged one."""
        taken = snapshot.take(self.storage)
        for table in snapshot.TABLES:
            blame(taken, table)

    def incomplete(self) -> pl.DataFrame:
        """The `ok` networks whose spectra are not all there: ``network_id`` and ``commit_id``.

        A part of theirs is lost; the next run does them again. None of a catalog without spectra.
        """
        taken = self._take("networks", "spectra")
        due = (pl.col("constituents") + pl.col("skipped")).alias("due")
        ok = views.networks(taken).filter(pl.col("status") == "ok")
        expected = ok.select("network_id", "commit_id", due)
        if not self._header.spectra:
            return self.collect(expected.select("network_id", "commit_id").head(0))
        rows = views.everything(taken, "spectra").select("commit_id", "position")
        there = rows.group_by("commit_id").agg(pl.col("position").n_unique())
        found = self.collect(expected.join(there, on="commit_id", how="left"))
        lacks = pl.col("position").fill_null(0) < pl.col("due")
        return found.filter(lacks).select("network_id", "commit_id")

    def remove(self, where: str, *, dry_run: bool = False) -> pl.DataFrame:
        """Remove the networks that meet an SQL condition over ``networks``; returns them.

        The views do not show their results up to now any more, nor does the newest classification;
        a later result is shown again. Their rows stay until the next compaction. Raises
        CatalogError for a faulty condition.
        """
        columns = ("network_id", "commit_id", "name", "kind", "family", "status", "source")
        found = self.collect(self.networks(where).select(*columns, "run", "finished_at"))
        found = found.sort("name", "network_id")
        if found.height and not dry_run:
            self.verify()
            self.upgrade()  # a reader of an older format would show them
            rows = found.select(
                pl.col("network_id", "commit_id", "finished_at", "name"),
                pl.col("run").fill_null(0),
                classification=pl.lit(self.last_classification()),
                removed_at=pl.lit(datetime.now(UTC)),
                condition=pl.lit(text.clean(where)),
            )
            schema = arrow_schema("removals")
            table = rows.select(schema.names).to_arrow().cast(schema)
            self.write_table("removals", "removal", table)
        return found.drop("run", "finished_at")

    def has_ok(self) -> bool:
        """Whether any network's newest result is `ok`."""
        ok = self.networks().filter(pl.col("status") == "ok").select("status").head(1)
        return not self.collect(ok).is_empty()

    def commit(self, part: str, networks: Sequence[Row], spectra: Sequence[Row] = ()) -> None:
        """Write results as a part: spectra first, so that a network's row is the commit point.

        Committing the same results again is harmless. Raises CatalogError when it cannot be
        written, or is not the catalog any more that was opened, and Arrow's errors, TypeError or
        OverflowError for rows that are none.
        """
        self.verify()
        if spectra:
            self.write_part("spectra", part, spectra)
        if networks:
            run = {} if self.run is None else {"run": self.run}
            self.write_part("networks", part, [{**row, **run} for row in networks])

    def pieces(self, commit_id: str) -> pl.DataFrame:
        """The rows of ``spectra`` committed for one result so far, finished or not, by position."""
        return self.collect(views.pieces(snapshot.take(self.storage, ("spectra",)), commit_id))

    def write_part(self, table: str, part: str, rows: Sequence[Row]) -> None:
        """Write rows as one immutable part, text made clean. Raises as ``commit`` does."""
        schema = arrow_schema(table)
        self.write_table(table, part, pa.Table.from_pylist(list(map(clean, rows)), schema=schema))

    def write_table(self, table: str, part: str, rows: pa.Table) -> None:
        """Write an Arrow table of the table's schema as one immutable part. Raises CatalogError.

        A compaction replaces files by name, so a name must never come back with other rows: it is
        ``part``, something random, and a digest.
        """
        if table == "networks":
            self._register(metadata.keys_of(rows["metadata"].to_pylist()))
        buffer = io.BytesIO()
        pq.write_table(rows, buffer, **parquet_options(rows.schema))
        stem = f"{part.removesuffix('.parquet')}-{secrets.token_hex(4)}"
        content = buffer.getbuffer()
        self.storage.write(f"{table}/{part_name(stem, content)}", content)
