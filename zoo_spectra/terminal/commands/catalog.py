"""``show``, ``query``, ``remove``, ``compact``: what a catalog holds, and keeping it in order."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from zoo_spectra.terminal.arguments import (
    AsCsv,
    AsJson,
    CatalogPath,
    TableFile,
    check_one_way,
    standard_output,
)
from zoo_spectra.text import count, visible

if TYPE_CHECKING:
    from zoo_spectra.catalog import Catalog


def show(
    catalog: CatalogPath,
    network: Annotated[str | None, typer.Argument(help="Name, source or id.")] = None,
    class_: Annotated[
        int | None, typer.Option("--class", min=1, help="The members of one class.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what did not end ok.")] = False,
    run: Annotated[
        int | None, typer.Option("--run", min=0, help="One run: asked, done, left, by whom.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="A run, by default the newest, until it ends.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A catalog's networks and classes, or one network, class or run."""
    from zoo_spectra.catalog import Catalog

    of_run = run is not None or follow
    if sum((network is not None, class_ is not None, failed, of_run)) > 1:
        raise typer.BadParameter("give a NETWORK or --failed or --class or --run, --follow")
    opened = Catalog(catalog)
    if of_run:
        from zoo_spectra.terminal.runs import show_run

        show_run(opened, run, follow, standard_output(), as_json)
    elif failed:
        _show_failed(opened, as_json)
    elif network is not None:
        _show_network(opened, network, as_json)
    elif class_ is not None:
        _show_class(opened, class_, as_json)
    else:
        _show_all(opened, as_json)


def _show_all(opened: Catalog, as_json: bool) -> None:
    import polars as pl

    from zoo_spectra.terminal.about import said_of
    from zoo_spectra.terminal.runs import unfinished_line
    from zoo_spectra.terminal.tables import class_table, problem_table, status_table

    narrow = opened.networks().select("name", "kind", "family", "status", "reason")
    networks = opened.collect(narrow)
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
        again = f"zoo-spectra classify {shlex.quote(str(opened.location))}"
        out.print(visible(f"Not classified yet: {again}"), highlight=False, markup=False)
    else:
        out.print(class_table(classes, whole=not out.is_terminal))
    for line in (*unfinished_line(opened), *said_of(opened)):
        out.print(line, soft_wrap=True, highlight=False, markup=False)


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

    from zoo_spectra.classes import against_nulls
    from zoo_spectra.terminal.tables import network_table

    row = opened.network(name)
    own = opened.classes().filter(pl.col("network_id") == row["network_id"])
    member = opened.collect(own)
    place = member.row(0, named=True) if member.height else None
    nulls = against_nulls(opened, [row["network_id"]]).rows(named=True)
    if as_json:
        print(json.dumps({**row, "class": place, "nulls": nulls}, default=str))
    else:
        standard_output().print(network_table(row, place, nulls))


def _show_class(opened: Catalog, label: int, as_json: bool) -> None:
    from zoo_spectra.terminal.tables import frame_json, member_table

    read = opened.networks().select("network_id", "commit_id", "coverage", "skipped")
    members = opened.members(label).join(
        opened.collect(read), on=["network_id", "commit_id"], how="left", maintain_order="left"
    )
    if as_json:
        print(frame_json(members))
    else:
        standard_output().print(member_table(members))


def query(
    catalog: CatalogPath,
    sql: Annotated[str, typer.Argument(help="Over the tables networks, spectra, classes, nulls.")],
    files: Annotated[
        bool, typer.Option("--files", help="The query may read other files and URLs too.")
    ] = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: TableFile = None,
) -> None:
    """Ask a catalog in SQL (Polars). A pipe gets every row, a terminal a page of them."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.frames import PAGE, hand_over, print_frame

    check_one_way(as_csv, as_json, output)
    found = Catalog(catalog).query(sql, files=files)
    if not hand_over(found, as_csv, as_json, output):
        print_frame(found, PAGE if standard_output().is_terminal else None)


def remove(
    catalog: CatalogPath,
    where: Annotated[
        str, typer.Option("--where", help="A condition in SQL, such as \"family = 'old'\".")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be removed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show networks no more; their rows stay as history until the next compaction."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.tables import frame_json, removed_table

    gone = Catalog(catalog).remove(where, dry_run=dry_run)
    if as_json:
        print(frame_json(gone))
        return
    if not gone.is_empty():
        standard_output().print(removed_table(gone))
    print(f"{count(gone.height, 'network')} {'would be ' if dry_run else ''}removed")


def compact(catalog: CatalogPath, as_json: AsJson = False) -> None:
    """Merge a catalog's many small files into a few sorted ones; runs may go on meanwhile."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.catalog import compact as compact_catalog

    done = compact_catalog(Catalog(catalog))
    if as_json:
        print(json.dumps(asdict(done)))
        return
    parts = f"{count(done.parts_before, 'part')} to {done.parts_after:,}"
    merged = f"compacted {parts}, {count(done.rows, 'row')} in {done.seconds:.1f} s"
    deleted = f"{count(done.deleted, 'old file')} deleted"
    print(f"{merged if done.rows else 'nothing to compact'}; {deleted}")
