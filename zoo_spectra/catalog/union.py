"""Several catalogs into a new one: each network once, the newest result of all.

Numbers of runs count within one catalog only, so between catalogs the result that was finished last
is the newest, and of those of one moment the one with the largest ``commit_id``. The new catalog is
made beside its place and moved there when it is whole.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.errors import CatalogError

ROWS = {"networks": 500, "spectra": 4000}  # of a part
RUN = 1  # of all rows: the merge is the first run of the new catalog
_NARROW = ("network_id", "commit_id", "status", "method_version", "finished_at")


@dataclass(frozen=True)
class Merged:
    """What was merged: how many networks ended how, and how many were in several catalogs.

    ``lost``: networks whose newest result is none, while another catalog has an `ok` one.
    """

    networks: int
    ok: int
    several: int
    lost: int
    spectra: int


def merge_catalogs(sources: Sequence[Catalog], location: str | Path) -> Merged:
    """Merge catalogs into a new one at ``location``, a local folder that is not there yet.

    Networks and their spectra are carried, as the views show them; classes and removals are not,
    and the sources stay as they are. Raises CatalogError where the place is taken or is no folder,
    where results are of several versions of the method, where only some catalogs hold spectra, and
    for a damaged part.
    """
    target = Storage(str(location))
    if not target.is_local:
        raise CatalogError(
            f"{target.file()}: a merged catalog is made in a folder; merge there, and copy it"
        )
    if target.root.exists() or target.root.is_symlink():
        raise CatalogError(f"{target.file()} is there already: choose a place that is not")
    if len({each.holds_spectra for each in sources}) > 1:
        without = next(each for each in sources if not each.holds_spectra)
        raise CatalogError(
            f"{without.storage.file()} holds no spectra, and another one does: the merged catalog "
            "would lack some; run the networks of that one into a catalog of your own"
        )
    views = [each.at_once() for each in sources]
    index = _index(sources, views)
    newest = _newest(index)
    spectra = 0
    with _whole(target, sources[0].holds_spectra) as made:
        for number, (source, view) in enumerate(zip(sources, views, strict=True)):
            own = newest.filter(pl.col("source_number") == number)["commit_id"]
            kept = pl.col("commit_id").is_in(own.implode())
            spectra += _copy(source, view["spectra"].filter(kept), made, "spectra", number)
            _copy(source, view["networks"].filter(kept), made, "networks", number)
    others = index.join(newest, on=["network_id", "source_number"], how="anti")
    failed = newest.filter(pl.col("status") != "ok")
    lost = failed.join(others.filter(pl.col("status") == "ok"), on="network_id", how="semi")
    several = newest.join(others, on="network_id", how="semi")
    ok = newest.height - failed.height
    return Merged(newest.height, ok, several.height, lost.height, spectra)


def _index(sources: Sequence[Catalog], views: Sequence[dict[str, pl.LazyFrame]]) -> pl.DataFrame:
    """The results that all catalogs show; CatalogError for several versions of the method."""
    index = pl.concat(
        each.collect(view["networks"].select(_NARROW)).with_columns(source_number=pl.lit(number))
        for number, (each, view) in enumerate(zip(sources, views, strict=True))
    )
    versions = index.group_by("method_version").agg(pl.col("source_number").min())
    if versions.height > 1:
        told = ", ".join(
            f"{version} in {sources[number].storage.file()}"
            for version, number in versions.sort("method_version").iter_rows()
        )
        raise CatalogError(
            f"results are of several versions of the method ({told}), which do not compare: run "
            "the older networks again, or remove them"
        )
    return index


def _newest(index: pl.DataFrame) -> pl.DataFrame:
    ordered = index.sort("finished_at", "commit_id", "source_number")
    return ordered.unique("network_id", keep="last", maintain_order=True)


def _copy(source: Catalog, rows: pl.LazyFrame, made: Catalog, table: str, number: int) -> int:
    """Write rows of a view as parts; gives how many there are."""
    schema = arrow_schema(table)
    frame = rows.select(schema.names)
    if table == "networks":
        frame = frame.with_columns(run=pl.lit(RUN, dtype=pl.Int64))
    written = 0
    for batch in source.batches(frame, ROWS[table]):
        for piece in batch.iter_slices(ROWS[table]):
            part = f"merge-{number}-{secrets.token_hex(4)}"
            made.write_table(table, part, piece.to_arrow().cast(schema))
            written += piece.height
    return written


@contextmanager
def _whole(target: Storage, spectra: bool) -> Iterator[Catalog]:
    """A new catalog that is at ``target`` when all went well, and nowhere otherwise."""
    root = target.root
    beside = root.with_name(f".{root.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield Catalog.create(beside, spectra=spectra)
        try:
            # An empty folder that has come meanwhile is replaced; anything else is an error.
            beside.rename(root)
        except OSError as error:
            raise CatalogError(f"{target.file()}: cannot be made: {error.strerror}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
