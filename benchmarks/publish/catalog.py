"""A catalog's networks and classes without its spectra: small enough to be published.

python -m benchmarks.publish.catalog SOURCE TARGET [--how COMMAND]    on the machine that ran SOURCE

TARGET is a catalog like any other, with every digit of SOURCE, but without eigenvalues, resamples
and realisations; beside it lies DATASHEET.md. Ends with a message when SOURCE is not classified
whole, when TARGET holds a catalog already, or when the result exceeds 10 MB.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

import zoo_spectra as zs
from benchmarks.common import CONSOLE
from benchmarks.publish.datasheet import datasheet
from zoo_spectra.catalog import nulls_place
from zoo_spectra.catalog.schema import REQUIRED, arrow_schema
from zoo_spectra.classes.equivalence import equivalence_classes

MOST_BYTES = 10_000_000
# Empty and not null: that is how a network without resamples is stored, and what readers expect.
LEFT_OUT = ("csd_resamples", "csd_realisations_coe", "csd_realisations_cue", "csd_realisations_cse")


def publish(source: zs.Catalog, target: Path) -> zs.Catalog:
    """Write the copy; its rows are sorted as a compaction sorts them."""
    networks = source.collect(source.networks()).sort("kind", "family", "name", "network_id")
    classes = source.collect(source.classes())
    _check_classes(networks, classes)
    empty = [pl.lit([], dtype=networks.schema[name]).alias(name) for name in LEFT_OUT]
    catalog = zs.Catalog.create(target, spectra=False)
    if not catalog.collect(catalog.networks()).is_empty():
        sys.exit(f"{target} holds a catalog already; remove it, or name another folder")
    for table, frame in (("networks", networks.with_columns(empty)), ("classes", classes)):
        schema = arrow_schema(table)
        rows = frame.select(schema.names).to_arrow().cast(schema)
        catalog.write_table(table, "published", rows)
    return catalog


def published_draws(source: zs.Catalog, target: Path) -> None:
    """The draws of a published catalog's networks, without what ``nulls`` does not show."""
    inner = zs.Catalog(nulls_place(str(source.location)))
    draws = inner.collect(inner.networks()).sort("name", "network_id")
    schema = arrow_schema("networks")
    shown = {*arrow_schema("nulls").names, *REQUIRED["networks"], "fingerprint", "run"}
    spare = [field.name for field in schema if field.nullable and field.name not in shown]
    gone = [pl.lit(None, dtype=draws.schema[name]).alias(name) for name in spare]
    rows = draws.with_columns(gone).select(schema.names).to_arrow().cast(schema)
    catalog = zs.Catalog.create(nulls_place(str(target)), spectra=False)
    catalog.write_table("networks", "published", rows)


def _check_classes(networks: pl.DataFrame, classes: pl.DataFrame) -> None:
    """Ends the program unless the newest classification is that of the networks as they are."""
    classified = set(classes["commit_id"])
    current = networks.filter(pl.col("commit_id").is_in(list(classified)))
    ok = networks.filter(status="ok").height
    if classes.is_empty() or not ok == current.height == classes.height:
        sys.exit("the newest classification is not of all networks; run: zoo-spectra classify")
    accuracy, linkage = classes.select("accuracy", "linkage").row(0)
    ordered = current.sort("name", "network_id")
    label = equivalence_classes(np.array(ordered["csd"].to_list()), accuracy, linkage).label
    stored = dict(classes.select("network_id", "class").iter_rows())
    if label.tolist() != [stored[key] for key in ordered["network_id"]]:
        sys.exit("the classes do not follow from the curves; run: zoo-spectra classify")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target", type=Path)
    parser.add_argument("--how", default="zoo-spectra run jobs/timm-random.toml")
    given = parser.parse_args()
    source = zs.Catalog(given.source)
    published = publish(source, given.target)
    sheet = given.target / "DATASHEET.md"
    sheet.write_text(datasheet(source, published, given.how), encoding="utf-8")
    size = sum(file.stat().st_size for file in given.target.rglob("*") if file.is_file())
    if size > MOST_BYTES:
        sys.exit(f"{given.target} has {size:,} bytes; at most {MOST_BYTES:,} are published")
    CONSOLE.print(f"{given.target}: {size / 1e6:.1f} MB, {sheet.name} beside it")


if __name__ == "__main__":
    main()
