"""A catalog: Parquet tables of networks, spectra and classes, and their Polars views.

    catalog.json            format and method version
    networks/*.parquet      a row a network     spectra/*.parquet   a row a constituent
    classes/*.parquet       a row a network of one classification

Parts are immutable. A network analysed again is a new part; the views show the newest result only.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zoo_spectra.errors import CatalogError, CatalogVersionError, nearest
from zoo_spectra.schema import FORMAT_VERSION, arrow_schema
from zoo_spectra.spectrum import METHOD_VERSION
from zoo_spectra.storage import Storage

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
                f"no catalog at {self.location}; make one with: zoo-spectra run SOURCE --catalog "
                f"{self.location}"
            )
        _check_header(str(self.location), header)

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
                    f"{location} holds other files and no {HEADER}; choose an empty folder"
                )
            content = {"format": FORMAT_VERSION, "method_version": METHOD_VERSION}
            storage.write(HEADER, json.dumps(content).encode() + b"\n")
        catalog = cls(location)
        storage.check_writable()
        return catalog

    @property
    def storage(self) -> Storage:
        return Storage(str(self.location))

    def networks(self) -> pl.LazyFrame:
        """A row a network: its newest result."""
        return (
            self._scan("networks")
            .sort("finished_at")
            .unique("network_id", keep="last", maintain_order=True)
        )

    def spectra(self) -> pl.LazyFrame:
        """A row a constituent, of the newest results."""
        current = self.networks().select("commit_id")
        return self._scan("spectra").join(current, on="commit_id", how="semi")

    def classes(self) -> pl.LazyFrame:
        """A row a network: the newest classification."""
        frame = self._scan("classes")
        newest = frame.sort("classified_at").select("classification_id").tail(1)
        return frame.join(newest, on="classification_id", how="semi").sort("class", "name")

    def network(self, name: str) -> dict[str, Any]:
        """The row of one network, by name, source or the start of its id (6 characters or more).

        Raises CatalogError when there is none, or more than one.
        """
        row = pl.col("name"), pl.col("source"), pl.col("network_id")
        match = (row[0] == name) | (row[1] == name)
        if len(name) >= 6:
            match = match | row[2].str.starts_with(name)
        found = self.networks().filter(match).collect()
        if found.height == 1:
            return found.row(0, named=True)
        if found.height:
            options = ", ".join(found["source"].to_list()[:3])
            raise CatalogError(f"{name!r} names {found.height} networks ({options}); say which")
        names = self.networks().select("name").collect()["name"].to_list()
        raise CatalogError(f"no network {name!r} in {self.location}; {nearest(name, names)}")

    def has_ok(self) -> bool:
        """Whether any network's newest result is `ok`."""
        return not self.networks().filter(pl.col("status") == "ok").head(1).collect().is_empty()

    def commit(self, part: str, networks: Sequence[Row], spectra: Sequence[Row] = ()) -> None:
        """Write results as part ``part``: spectra first, so that a network's row is the commit point.

        A part of the same name is replaced. Raises CatalogError.
        """
        if spectra:
            self.write_part("spectra", f"{part}.parquet", spectra)
        if networks:
            self.write_part("networks", f"{part}.parquet", networks)

    def pieces(self, commit_id: str) -> pl.DataFrame:
        """The rows of ``spectra`` committed for one result so far, finished or not, by position."""
        rows = self._scan("spectra").filter(pl.col("commit_id") == commit_id)
        return rows.unique("position", keep="any").sort("position").collect()

    def write_part(self, table: str, name: str, rows: Sequence[Row]) -> None:
        """Write rows as one immutable part. Raises CatalogError."""
        filled = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
        buffer = io.BytesIO()
        pq.write_table(filled, buffer, compression="zstd")
        self.storage.write(f"{table}/{name}", buffer.getvalue())

    def _scan(self, table: str) -> pl.LazyFrame:
        schema = arrow_schema(table)
        empty = cast(pl.DataFrame, pl.from_arrow(schema.empty_table()))
        storage = self.storage
        parts = storage.parts(table)
        if not parts:
            return empty.lazy()
        if not storage.is_local:
            data = ds.dataset(parts, schema=schema, format="parquet", filesystem=storage.filesystem)
            return pl.scan_pyarrow_dataset(data)
        return pl.scan_parquet(
            parts,
            schema=empty.schema,
            missing_columns="insert",
            extra_columns="ignore",
            glob=False,
        )


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
