"""Columns that say who a network is: of the catalog, its metadata, or a table of the user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from zoo_spectra.catalog import Catalog, arrow_schema
from zoo_spectra.errors import DesignError, nearest
from zoo_spectra.text import count, visible

PREFIX = "metadata_"  # of a key of metadata that is also a column of `networks`
KEY = ["network_id", "commit_id"]


def facts_of(
    catalog: Catalog, networks: pl.DataFrame, names: Sequence[str], table: Path | None
) -> tuple[pl.DataFrame, list[str]]:
    """The columns ``names`` of ``networks``, in their order, and a line on each thing to be said.

    A name is a column of the table, where one is given, or of the catalog. Raises DesignError for a
    name that is none, and for a table that does not have each network once.
    """
    view = catalog.networks()
    schema = dict(view.collect_schema())
    given, said = (None, []) if table is None else _of_table(table, networks["name"])
    own = {} if given is None else {name: given[name].dtype for name in given.columns}
    chosen = {name: _resolved(name, schema, own) for name in dict.fromkeys(names)}
    stored = catalog.collect(
        view.select(*KEY, *(pl.col(at).alias(name) for name, at in chosen.items() if at))
    )
    found = networks.select(*KEY).join(stored, on=KEY, how="left", maintain_order="left")
    if given is not None:
        found = found.with_columns(given[name] for name, at in chosen.items() if not at)
    return found.select(list(chosen)), said


def metadata_of(catalog: Catalog, networks: pl.DataFrame) -> pl.DataFrame:
    """The columns of metadata of ``networks``, in their order."""
    view = catalog.networks()
    own = set(arrow_schema("networks").names)
    names = [name for name, kind in view.collect_schema().items()
             if name not in own and not kind.is_nested()]  # fmt: skip
    stored = catalog.collect(view.select(*KEY, *names))
    found = networks.select(*KEY).join(stored, on=KEY, how="left", maintain_order="left")
    return found.drop(KEY)


def _resolved(name: str, schema: Mapping[str, pl.DataType], own: Mapping[str, pl.DataType]) -> str:
    """The catalog's column of that name; empty where it is the table's."""
    if name in own:
        if name in schema:
            raise DesignError(
                f"{name!r} is a column of the table and of the catalog: rename it in the table"
            )
        return ""
    if name == "class":
        raise DesignError(
            "classes are made of these distances, so their difference is no finding; give a "
            "column that was known before (--by genotype)"
        )
    for each in (name, f"{PREFIX}{name}"):
        if each in schema and not schema[each].is_nested():
            return each
    plain = [each for each, kind in schema.items() if not kind.is_nested()]
    raise DesignError(f"no column {name!r}; {nearest(name, [*own, *plain])}")


def _of_table(path: Path, names: pl.Series) -> tuple[pl.DataFrame, list[str]]:
    """A table's rows in the order of networks, by their names. Raises DesignError."""
    frame = _read(path)
    key = "name" if "name" in frame.columns else frame.columns[0]
    rows = frame.with_columns(pl.col(key).cast(pl.String))
    if twice := rows.filter(pl.col(key).is_duplicated())[key].to_list():
        raise DesignError(f"{path}: {visible(twice[0])!r} has two rows in {key!r}; keep one")
    if several := names.filter(names.is_duplicated()).to_list():
        raise DesignError(
            f"two networks are called {visible(several[0])!r}, so a table cannot say which is "
            "which: choose one with --where"
        )
    missing = names.filter(~names.is_in(rows[key].implode()))
    if len(missing):
        hint = nearest(missing[0], rows[key].drop_nulls().to_list())
        raise DesignError(
            f"{path}: no row of {key!r} is called {visible(missing[0])!r}, as "
            f"{count(len(missing), 'network')} of the catalog; {hint} (or leave them out: --where)"
        )
    more = rows.height - len(names)
    said = [f"{count(more, 'row')} of {path} without a network"] if more else []
    found = pl.DataFrame({key: names}).join(rows, on=key, how="left", maintain_order="left")
    return found.drop(key), said


def _read(path: Path) -> pl.DataFrame:
    try:
        match path.suffix.lower():
            case ".csv":
                return pl.read_csv(path, null_values=["", "n/a", "NA"])
            case ".tsv":
                return pl.read_csv(path, separator="\t", null_values=["", "n/a", "NA"])
            case ".parquet":
                return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DesignError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error
    raise DesignError(f"{path}: a table is a file .csv, .tsv or .parquet")
