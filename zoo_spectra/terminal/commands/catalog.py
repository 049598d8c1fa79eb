"""``show``, ``query`` and ``compact``: what a catalog holds, and keeping it quick."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from zoo_spectra.terminal.arguments import AsJson, CatalogPath, standard_output

if TYPE_CHECKING:
    from zoo_spectra.catalog import Catalog


def show(
    catalog: CatalogPath,
    network: Annotated[str | None, typer.Argument(help="Name, source or id.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what did not end ok.")] = False,
    as_json: AsJson = False,
) -> None:
    """A catalog's networks and classes, or one network."""
    import polars as pl

    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.tables import class_table, problem_table, status_table

    if failed and network is not None:
        raise typer.BadParameter("give a NETWORK or --failed")
    opened = Catalog(catalog)
    if failed:
        _show_failed(opened, as_json)
        return
    if network is not None:
        _show_network(opened, network, as_json)
        return
    networks = opened.collect(
        opened.networks().select("name", "kind", "family", "status", "reason")
    )
    classes = opened.collect(opened.classes())
    if as_json:
        tables = {"networks": networks.to_dicts(), "classes": classes.to_dicts()}
        print(json.dumps(tables, default=str))
        return
    out = standard_output()
    out.print(status_table(networks))
    bad = networks.filter(pl.col("status") != "ok").select("name", "status", "reason")
    if not bad.is_empty():
        out.print(problem_table(bad.rows()))
    if classes.is_empty():
        out.print(f"Not classified yet: zoo-spectra classify {catalog}", highlight=False)
    else:
        out.print(class_table(classes))


def _show_failed(opened: Catalog, as_json: bool) -> None:
    import polars as pl

    from zoo_spectra.terminal.tables import failed_table, frame_json

    bad = opened.networks().filter(pl.col("status") != "ok")
    rows = opened.collect(bad.select("name", "status", "attempts", "reason").sort("name"))
    if as_json:
        print(frame_json(rows))
    elif rows.is_empty():
        standard_output().print("Every network ended ok.", highlight=False)
    else:
        standard_output().print(failed_table(rows))


def _show_network(opened: Catalog, name: str, as_json: bool) -> None:
    import polars as pl

    from zoo_spectra.terminal.tables import network_table

    row = opened.network(name)
    own = opened.classes().filter(pl.col("network_id") == row["network_id"])
    member = opened.collect(own)
    place = member.row(0, named=True) if member.height else None
    if as_json:
        print(json.dumps({**row, "class": place}, default=str))
    else:
        standard_output().print(network_table(row, place))


def query(
    catalog: CatalogPath,
    sql: Annotated[str, typer.Argument(help="Over the tables networks, spectra and classes.")],
    as_json: AsJson = False,
) -> None:
    """Ask a catalog in SQL (Polars)."""
    import polars as pl

    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.tables import frame_json

    found = Catalog(catalog).query(sql)
    if as_json:
        print(frame_json(found))
        return
    with pl.Config(tbl_rows=100, tbl_cols=20, fmt_str_lengths=60, tbl_hide_dataframe_shape=True):
        print(found)


def compact(catalog: CatalogPath, as_json: AsJson = False) -> None:
    """Merge a catalog's many small files into a few sorted ones; runs may go on meanwhile."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.catalog import compact as compact_catalog

    done = compact_catalog(Catalog(catalog))
    if as_json:
        print(json.dumps(asdict(done)))
        return
    merged = f"{done.parts_before} parts to {done.parts_after}, {done.rows} rows"
    what = f"compacted {merged} in {done.seconds:.1f} s" if done.rows else "nothing to compact"
    standard_output().print(f"{what}; {done.deleted} old files deleted", highlight=False)
