"""What a network costs: a column of the catalog, or of a table of results that is joined by name.

A row of results is a network's whose name it has (``model``). Where no row has the very name, it is
its architecture that is looked for, without seeds and tags: the key ``architecture`` of the
metadata, or else the name without ``/seedN`` and without what follows a ``.``; of a result,
``model`` without the latter. Rows of one name that disagree say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from zoo_spectra.catalog import Asked, Catalog
from zoo_spectra.errors import CatalogError, nearest

MODEL = "model"
MISSING = "without a number in the results"
DISAGREE = "with results of their architecture that disagree"
NO_COST = "without a positive cost"
_KEY = ["network_id", "commit_id"]


@dataclass(frozen=True)
class Results:
    """One column of a file of results: by model, and by architecture.

    None: its rows disagree. A model whose number is missing is in neither.
    """

    by_model: Mapping[str, float | None]
    by_architecture: Mapping[str, float | None]

    def of(self, name: str, architecture: str | None) -> tuple[float | None, str | None]:
        """The cost of a network, or None and why there is none."""
        if self.by_model.get(name) is not None:
            return self.by_model[name], None
        key = architecture or architecture_of(name)
        if key not in self.by_architecture:
            return None, DISAGREE if name in self.by_model else MISSING
        value = self.by_architecture[key]
        return value, DISAGREE if value is None else None


def architecture_of(name: str) -> str:
    """``resnet50`` of ``resnet50/seed0`` and ``resnet50.a1_in1k``."""
    return re.sub(r"/seed\d+$", "", name).partition(".")[0]


def read_results(path: str | Path, column: str) -> Results | None:
    """A column of a CSV with a column ``model``, as timm's; None when it has no such column.

    Numbers may have thousands separators. Raises CatalogError for a file that is none.
    """
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CatalogError(
            f"{path}: cannot be read as CSV: {str(error).splitlines()[0]}"
        ) from error
    if MODEL not in table.columns:
        raise CatalogError(
            f"{path} has no column {MODEL!r} with the networks' names, as timm's results have; it "
            f"has {', '.join(table.columns[:8])}"
        )
    if column not in table.columns:
        return None
    number = (
        pl.col(column).str.replace_all(",", "").str.strip_chars().cast(pl.Float64, strict=False)
    )
    rows = table.select(model=pl.col(MODEL).str.strip_chars(), cost=number).drop_nulls()
    if rows.is_empty():
        raise CatalogError(f"{path}: no entry of the column {column!r} is a number")
    kin = rows.with_columns(pl.col("model").str.split(".").list.first())
    return Results(_agreed(rows), _agreed(kin))


def _agreed(rows: pl.DataFrame) -> dict[str, float | None]:
    one = pl.when(pl.col("cost").n_unique() == 1).then(pl.col("cost").first())
    return dict(rows.group_by("model").agg(one).rows())


def costs(catalog: Catalog, by: str, results: Results | None) -> pl.DataFrame:
    """A row a network: ``network_id``, ``commit_id``, ``cost`` (null: none) and ``why`` none."""
    networks = catalog.networks()
    schema = networks.collect_schema()
    if results is None:
        known = by in schema and schema[by].is_numeric()
        column = pl.col(by).cast(pl.Float64) if known else pl.lit(None, dtype=pl.Float64)
        found = catalog.collect(networks.select(*_KEY, cost=column, why=pl.lit(NO_COST)))
    else:
        kin = "architecture" if schema.get("architecture") == pl.String else None
        who = catalog.collect(networks.select(*_KEY, "name", kin=pl.col(kin) if kin else None))
        told = [results.of(name, of) for name, of in who.select("name", "kin").iter_rows()]
        value, why = [each for each, _ in told], [each or NO_COST for _, each in told]
        found = who.select(_KEY).with_columns(
            pl.Series("cost", value, pl.Float64), pl.Series("why", why, pl.String)
        )
    sound = pl.col("cost").is_finite() & (pl.col("cost") > 0)
    return found.with_columns(pl.when(sound).then("cost"))


def check_column(catalogs: list[Catalog], by: str, path: str | Path | None) -> Results | None:
    """The results, if ``by`` is one of their columns; None if it is one of the catalogs'.

    Raises CatalogError where it is neither: a cost is never guessed.
    """
    results = read_results(path, by) if path is not None else None
    if results is not None:
        return results
    schemas = [each.networks().collect_schema() for each in catalogs]
    numbers = [name for each in schemas for name, kind in each.items() if kind.is_numeric()]
    if by in numbers:
        return None
    where = "the catalog" if path is None else f"the catalog or {path}"
    raise CatalogError(
        f"no column {by!r} of numbers in {where}; {nearest(by, numbers)} Costs that no "
        "catalog has, such as FLOPs, come from --results FILE: a CSV with a column model, as "
        "timm's results and benchmarks (infer_gmacs) are"
    )


def own_cost(asked: Asked, catalogs: list[Catalog], by: str, results: Results | None) -> float:
    """The cost of the network that is asked about. Raises CatalogError when it is not known."""
    spectrum = asked.spectrum
    why: str | None = None
    if results is not None:
        kin = spectrum.metadata.get("architecture")
        value, why = results.of(spectrum.name, kin if isinstance(kin, str) else None)
    elif by == "parameters":
        return float(asked.parameters)
    else:
        own = [
            row
            for each in catalogs
            for row in costs(each, by, None)
            .filter(pl.col("network_id") == asked.network_id)["cost"]
            .drop_nulls()
        ]
        value = own[0] if own else None
    if value is None or value <= 0:
        raise CatalogError(
            f"what {spectrum.name} itself costs ({by}) is not known: it is {why or NO_COST}; "
            "choose another column with --by, or add it to the results"
        )
    return float(value)
