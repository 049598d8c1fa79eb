"""A distance matrix into a file, block by block: Parquet, CSV or npy, whole or not at all."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from zoo_spectra.classes import Matrix
from zoo_spectra.method import Floats
from zoo_spectra.terminal.frames import written_whole

FILES = (".parquet", ".csv", ".npy")
MOST_COLUMNS = 5_000  # of a table


def check_name(path: Path) -> None:
    """Raise BadParameter for a file of another kind."""
    if path.suffix.lower() not in FILES:
        raise typer.BadParameter(f"{path}: the name must end in {', '.join(FILES)}")


def write_matrix(matrix: Matrix, path: Path) -> list[Path]:
    """Write all distances, e-folds; NaN, or null, where a measure does not apply.

    Parquet and CSV: a row a network, ``network`` and a column for each one. npy: float64, shape
    (n, n), and beside it NAME.names.csv with the networks of its rows. Returns the files. Raises
    BadParameter for too many columns, too little room, or a place that cannot be written.
    """
    check_name(path)
    names, count = unique_names(matrix.networks), matrix.networks.height
    if path.suffix.lower() == ".npy":
        free = shutil.disk_usage(path.resolve().parent).free if path.parent.is_dir() else None
        if free is not None and free < 8 * count**2:
            raise typer.BadParameter(
                f"{path}: the distances of {count:,} networks take {8 * count**2 / 1e9:.1f} GB, "
                f"and {free / 1e9:.1f} are free: choose fewer with --where, or another place"
            )
        with written_whole(path) as temporary:
            _write_npy(matrix, temporary)
        sidecar = path.with_name(f"{path.stem}.names.csv")
        with written_whole(sidecar) as temporary:
            matrix.networks.write_csv(temporary)
        return [path, sidecar]
    if count > MOST_COLUMNS:
        raise typer.BadParameter(
            f"{path}: {count:,} networks would be as many columns (at most {MOST_COLUMNS:,}): "
            "write a .npy, or choose fewer with --where"
        )
    with written_whole(path) as temporary:
        if path.suffix.lower() == ".csv":
            _write_csv(matrix, names, temporary)
        else:
            _write_parquet(matrix, names, temporary)
    return [path]


def unique_names(networks: pl.DataFrame) -> list[str]:
    """Names; of those that several networks have, the sources."""
    alone = pl.col("name").is_unique() & (pl.col("name") != "network")
    return networks.select(pl.when(alone).then("name").otherwise("source")).to_series().to_list()


def _write_npy(matrix: Matrix, path: Path) -> None:
    count, at = matrix.networks.height, 0
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(count, count))
    for block in matrix.blocks():
        out[at : at + len(block)] = block
        at += len(block)
    out.flush()


def _write_csv(matrix: Matrix, names: list[str], path: Path) -> None:
    at = 0
    with path.open("x", encoding="utf-8", newline="") as out:
        csv.writer(out).writerow(["network", *names])
        for block in matrix.blocks():
            frame = _frame(block, names, at)
            buffer = io.BytesIO()
            frame.write_csv(buffer, include_header=False)
            out.write(buffer.getvalue().decode())
            at += len(block)


def _write_parquet(matrix: Matrix, names: list[str], path: Path) -> None:
    at = 0
    fields = [pa.field("network", pa.string()), *(pa.field(name, pa.float64()) for name in names)]
    schema = pa.schema(fields)
    with pq.ParquetWriter(path, schema, compression="zstd") as out:
        for block in matrix.blocks():
            out.write_table(_frame(block, names, at).to_arrow().cast(schema))
            at += len(block)


def _frame(block: Floats, names: list[str], at: int) -> pl.DataFrame:
    """Rows of the matrix as a table; null where a measure does not apply."""
    columns = [
        pl.Series(name, column).fill_nan(None) for name, column in zip(names, block.T, strict=True)
    ]
    return pl.DataFrame([pl.Series("network", names[at : at + len(block)]), *columns])
