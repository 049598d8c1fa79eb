"""The catalog's documentation is the schema's own."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zoo_spectra.catalog.schema import TABLES, VIEWS, arrow_schema, describe, parquet_options

README = Path(__file__).parents[2] / "catalogs" / "README.md"


@pytest.mark.parametrize("table", sorted(TABLES | VIEWS))
def test_the_readme_documents_every_column(table: str) -> None:
    assert f"## {table}\n\n{describe(table)}\n" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", sorted(TABLES | VIEWS))
def test_columns_are_distinct_and_explained(table: str) -> None:
    names = [column.name for column in (TABLES | VIEWS)[table]]
    assert len(set(names)) == len(names)
    assert all(len(column.meaning) > 5 for column in (TABLES | VIEWS)[table])
    assert arrow_schema(table).names == names


def _values(kind: pa.DataType, rng: np.random.Generator) -> Any:
    if pa.types.is_list(kind):
        return [_values(kind.value_type, rng) for _ in range(rng.integers(0, 200))]
    if pa.types.is_floating(kind):
        return float(np.float32(rng.normal()))
    if pa.types.is_timestamp(kind):
        return int(rng.integers(10**12))
    if pa.types.is_boolean(kind):
        return bool(rng.integers(2))
    return str(rng.integers(3)) if pa.types.is_string(kind) else int(rng.integers(2))


def _random_rows(table: str) -> pa.Table:
    rng = np.random.default_rng(0)
    schema = arrow_schema(table)
    columns = {
        field.name: [
            None if field.nullable and rng.random() < 0.2 else _values(field.type, rng)
            for _ in range(20)
        ]
        for field in schema
    }
    return pa.table(columns, schema=schema)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_floats_are_written_in_streams_of_bytes_that_polars_reads(table: str) -> None:
    rows, file = _random_rows(table), io.BytesIO()
    pq.write_table(rows, file, **parquet_options(rows.schema))
    group = pq.ParquetFile(file).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    split = {c.path_in_schema for c in columns if "BYTE_STREAM_SPLIT" in c.encodings}
    assert split == {c.path_in_schema for c in columns if c.physical_type in ("FLOAT", "DOUBLE")}
    file.seek(0)
    assert pl.read_parquet(file).equals(pl.DataFrame(rows))
