"""Rows into the catalog: what cannot be written of one network is that network's `failed` row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import CatalogError, explain
from zoo_spectra.runner.failures import bare, failed
from zoo_spectra.runner.rows import Row


@dataclass(frozen=True)
class Result:
    """A network's row, and the rows of its constituents."""

    row: Row
    spectra: Sequence[Row] = field(default_factory=tuple)


def commit(catalog: Catalog, part: str, results: Sequence[Result]) -> list[Row]:
    """Commit results as one part; returns the rows of the networks that are in the catalog then.

    Raises CatalogError when the catalog cannot be written.
    """
    rows = [result.row for result in results]
    try:
        catalog.commit(part, rows, [row for result in results for row in result.spectra])
    except CatalogError:
        raise
    except Exception as error:  # something in the rows that no table takes
        if len(results) > 1:
            alone = ((result.row["commit_id"], [result]) for result in results)
            return [row for part, one in alone for row in commit(catalog, part, one)]
        return [_failure(catalog, part, rows[0], error)]
    return rows


def _failure(catalog: Catalog, part: str, row: Row, error: Exception) -> Row:
    minimal = failed(bare(row), error, "the result cannot be stored: ")
    try:
        catalog.commit(part, [minimal])
    except CatalogError:
        raise
    except Exception as again:
        raise CatalogError(
            f"the row of {row['name']!r} cannot be written: {explain(again)}"
        ) from again
    return minimal
