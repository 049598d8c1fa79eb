"""What a catalog held after one of its runs: the newest results up to that run.

A compaction drops the results that were replaced by then, so earlier states are not known any more
and are refused. Networks that were removed since are in no state.
"""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog import views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.order import latest_removals, newest, shown
from zoo_spectra.catalog.runs import check_run
from zoo_spectra.catalog.snapshot import take
from zoo_spectra.errors import CatalogError


def runs_of(catalog: Catalog) -> pl.DataFrame:
    """A row a run of which results are there: ``run`` (0: before they had numbers), ``networks``,
    ``since`` and ``until`` (when its first and last result were committed).
    """
    taken = take(catalog.storage, ("networks", "removals"))
    rows = views.everything(taken, "networks").select(
        pl.col("run").fill_null(0), "network_id", "finished_at"
    )
    told = rows.group_by("run").agg(
        pl.col("network_id").n_unique().alias("networks"),
        pl.col("finished_at").min().alias("since"),
        pl.col("finished_at").max().alias("until"),
    )
    return catalog.collect(told.sort("run"))


def as_of(catalog: Catalog, run: int) -> pl.LazyFrame:
    """The networks as the catalog showed them after a run, without those removed since.

    Columns as in ``networks``, but for those of metadata. Raises CatalogError for a run that there
    is not, and for one before the last compaction.
    """
    taken = take(catalog.storage, ("networks", "removals"))
    number = pl.col("run").fill_null(0)
    rows = views.everything(taken, "networks")
    known = catalog.collect(rows.select(number).unique().sort("run"))["run"].to_list()
    check_run(catalog, run, known)
    if taken.manifest.number and run < taken.manifest.run:
        raise CatalogError(
            f"{catalog.storage.file()} was compacted after run {taken.manifest.run}, which dropped "
            f"what was replaced since run {run}: that state is not known any more"
        )
    removals = catalog.collect(views.removals(taken))
    removed = latest_removals(removals) if removals.height else None
    return shown(newest(rows.filter(number <= run)), removed)


def classes_of(catalog: Catalog, networks: pl.DataFrame) -> pl.DataFrame:
    """The newest classification of these results (``network_id``, ``commit_id``); empty for none.

    One that holds any other result is of another state.
    """
    taken = take(catalog.storage, ("classes",))
    rows = views.everything(taken, "classes")
    keys = ["network_id", "commit_id"]
    narrow = catalog.collect(rows.select("classification_id", "classified_at", "run", *keys))
    other = narrow.join(networks.select(keys), on=keys, how="anti")["classification_id"].unique()
    own = narrow.filter(~pl.col("classification_id").is_in(other.implode()))
    last = own.sort(pl.col("run").fill_null(0), "classified_at", "classification_id").tail(1)
    wanted = last["classification_id"].to_list()
    return catalog.collect(rows.filter(pl.col("classification_id").is_in(wanted)))
