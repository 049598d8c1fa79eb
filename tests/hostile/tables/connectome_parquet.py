"""Hostile Parquet files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from good_connectome import parquet, table
from makers import Table, cases_of


def rows(count: int, **columns: object) -> Callable[[Path], object]:
    """A table of so many equal rows, which takes a few kilobytes."""

    def write(path: Path) -> None:
        part = 1 << 22
        filled = pa.table({name: pa.array([value] * part) for name, value in columns.items()})
        with pq.ParquetWriter(path, filled.schema) as writer:
            for _ in range(count // part):
                writer.write_table(filled, row_group_size=part)

    return write


def repeated(size: int, count: int, **options: object) -> Callable[[Path], object]:
    """A text of so many characters, as the end of so many edges."""

    def write(path: Path) -> None:
        places = pa.array(np.zeros(count, np.int32))
        texts = pa.DictionaryArray.from_arrays(places, pa.array(["x" * size]))
        pq.write_table(pa.table({"source": texts, "target": texts}), path, **options)

    return write


def texts(size: int, count: int) -> bytes:
    """As many texts, written one by one and packed."""
    columns = (pa.repeat(pa.scalar(text), count) for text in ("x" * size, "y"))
    made = pa.table(list(columns), names=["source", "target"])
    options = {"compression": "zstd", "data_page_size": 1 << 20, "write_batch_size": 1}
    return parquet(made, use_dictionary=False, **options)


def wide(columns: int, groups: int) -> bytes:
    made = pa.table({f"c{k}": [1] * groups for k in range(columns)} | {"source": [1] * groups})
    return parquet(made, row_group_size=1)


LISTS = pa.table({"source": [[1], [2]], "target": [[2], [1]]})
FILES: Table = {
    "a hundred million equal rows": rows(10**8, source=1, target=2),
    "a text of a megabyte, a million times": repeated(1_000_000, 1_000_000),
    "the same without its type": repeated(1_000_000, 1_000_000, store_schema=False),
    "texts of 1.7 gigabytes, packed": texts(1_000_000, 1700),
    "ten thousand columns": wide(10_000, 1),
    "two hundred row groups of a hundred columns": wide(100, 200),
    "lists": parquet(LISTS),
    "structures": parquet(pa.table({"source": [{"a": 1}], "target": [{"a": 2}]})),
    "nothing in it": parquet(pa.table({"source": pa.nulls(3), "target": pa.nulls(3)})),
    "weights that are texts": parquet(table().set_column(2, "weight", pa.array(["x"] * 9))),
    "weights that are dates": parquet(
        table().set_column(2, "weight", pa.array(np.zeros(9, "M8[s]")))
    ),
    "a footer of four gigabytes": parquet(table())[:-8] + b"\xff\xff\xff\xffPAR1",
    "a footer of zeros": b"PAR1" + bytes(2000) + (1000).to_bytes(4, "little") + b"PAR1",
    "encrypted": b"PAR1" + parquet(table())[4:-4] + b"PARE",
}
READ = {
    *("a hundred million equal rows", "a text of a megabyte, a million times"),
    *("the same without its type", "two hundred row groups of a hundred columns"),
    *("structures", "lists"),
}
CASES = cases_of(FILES, ".parquet", READ)
