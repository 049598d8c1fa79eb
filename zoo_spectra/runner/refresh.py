"""Rows of networks that are done, described anew: another family, another table of what they are.

The result stays, and so do its spectra, which are joined by ``commit_id``: nothing is loaded.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from zoo_spectra.catalog import Catalog, arrow_schema
from zoo_spectra.runner.rows import Row, described
from zoo_spectra.sources import NetworkRef

AT_ONCE = 500  # rows in memory, of some 20 kB each


def refresh(refs: Sequence[NetworkRef], catalog: Catalog) -> None:
    """Write a new row for each of these networks, from its newest one. Raises CatalogError."""
    catalog.verify()
    schema = arrow_schema("networks")
    for start in range(0, len(refs), AT_ONCE):
        by_id = {ref.network_id: ref for ref in refs[start : start + AT_ONCE]}
        same = pl.col("network_id").is_in(list(by_id))
        rows = catalog.collect(catalog.networks().filter(same))
        known = rows.select("network_id", "metadata", "described", "finished_at")
        said = [_said(row, by_id[row["network_id"]]) for row in known.iter_rows(named=True)]
        new = pl.DataFrame(said)
        if catalog.run is not None:
            new = new.with_columns(run=pl.lit(catalog.run))
        fresh = rows.drop([name for name in new.columns if name != "network_id"])
        table = fresh.join(new, on="network_id").select(schema.names).to_arrow().cast(schema)
        catalog.write_table("networks", f"described-{secrets.token_hex(8)}", table)


def is_described(row: Row, ref: NetworkRef) -> bool:
    """Whether a row says of its network what its reference says now."""
    said = described(ref)
    if row["described"] is None:  # of an older version
        known, now = json.loads(row["metadata"]), json.loads(said.pop("described"))
        said["metadata"] = row["metadata"] if {**known, **now} == known else None
    return all(row[what] == value for what, value in said.items())


def _said(row: Row, ref: NetworkRef) -> Row:
    """The columns that a reference gives. What the reading of the network has added stays."""
    metadata = json.loads(row["metadata"])
    for key in json.loads(row["described"] or "{}"):
        metadata.pop(key, None)
    said = described(ref)
    return {
        **said,
        "network_id": ref.network_id,
        "metadata": json.dumps(metadata | json.loads(said["described"]), sort_keys=True),
        # After the row that it replaces, also where a clock was wrong.
        "finished_at": max(datetime.now(UTC), row["finished_at"] + timedelta(microseconds=1)),
    }
