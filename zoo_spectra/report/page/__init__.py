"""A catalog as one HTML file: what was run, a map, classes, curves, a dendrogram, depths.

``rows`` reads the networks that are told of, ``facts`` what was run and what failed, ``said`` what
must be known before the pictures. ``space`` says which networks are drawn, with their tree and
their places in the ``plane``; ``curves`` has what is drawn of each, ``charts`` the specifications
of its pictures (Vega-Lite, by Altair); ``grouped`` tells of groups, ``chance`` of null models.
``pack`` makes one text of it all, in which no name can be taken for markup, and ``page`` puts it
into the HTML of ``assets``: the page's own scripts (map, dendrogram, tables) and Vega, under a
policy that allows them and no request. ``written`` does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo_spectra.catalog import Catalog


@dataclass(frozen=True)
class Written:
    """A report: where it is, its bytes, how many networks it tells of, and how many are drawn."""

    path: Path
    size: int
    networks: int
    drawn: int


def write_report(catalog: Catalog, path: str | Path, by: str | None = None) -> Written:
    """Write the report of a catalog, whole or not at all.

    ``by``: a column whose groups are compared, as by ``groups``, with the measure and the condition
    of the classification. What null models say is told where the catalog has draws.

    Raises CatalogError for a catalog without networks, and for one of more than 20,000 that is not
    classified; FigureError where the file cannot be written, or what draws is not installed; and
    DesignError for groups that cannot be compared.
    """
    from zoo_spectra.report.page.written import written

    return written(catalog, Path(path), by)
