"""Figures for papers: a file a figure, with a function ``picture``; ``FIGURES`` names them all.

``chosen`` says which networks are drawn, and what is left out; ``style`` has colours that are
legible in grey (a dash and a marker go with each), ``lines`` draws curves of networks or of groups
of them, and ``written`` makes SVG, PNG and PDF. The file of a figure is loaded when it is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zoo_spectra.defaults import (
    DEFAULT_ACCURACY,
    DEFAULT_LINKAGE,
    DEFAULT_MEASURE,
    Linkage,
    Measure,
)
from zoo_spectra.errors import FigureError, nearest

if TYPE_CHECKING:
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.classes import Comparison, GroupDifferences


FILES = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class Figure:
    """``about``: what it shows. ``takes``: which of the options it heeds."""

    about: str
    takes: tuple[str, ...] = ()


FIGURES: Mapping[str, Figure] = {
    "csd": Figure("spectral difference, and its tail beside COE, CUE and CSE", ("by", "nulls")),
    "density": Figure("density of the eigenvalues", ("by",)),
    "tail": Figure("tail on log axes, with its fit", ("by",)),
    "map": Figure("all networks in the plane", ("measure", "by")),
    "tree": Figure("dendrogram, with ε", ("measure", "linkage", "accuracy", "by")),
    "depth": Figure("densities along each network"),
    "spacing": Figure("level spacings beside the universality classes", ("by",)),
    "sweep": Figure("classes by accuracy", ("measure", "linkage")),
}


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn: networks by ``names``, or those that meet the SQL ``where``, or all.

    ``by``: the column whose values are told apart where networks are many, or ``class``.
    ``nulls``: a null model whose draws are drawn behind each network.
    """

    catalog: Catalog
    names: tuple[str, ...] = ()
    where: str | None = None
    measure: Measure = DEFAULT_MEASURE
    linkage: Linkage = DEFAULT_LINKAGE
    accuracy: float = DEFAULT_ACCURACY
    by: str = "family"
    nulls: str | None = None


@dataclass(frozen=True)
class Picture:
    """``chart``: of Altair. ``said``: a line each, what is drawn and what is left out."""

    chart: Any
    said: tuple[str, ...]


def draw(kind: str, wanted: Wanted) -> Picture:
    """The figure called ``kind``. Raises FigureError for one that there is not, or that cannot be
    drawn of these networks, and where altair is not installed; CatalogError as ``Catalog`` does.
    """
    check_kind(kind)
    if wanted.names and wanted.where is not None:
        raise FigureError("give names of networks or a condition (--where), not both")
    check_installed()
    found: Picture = import_module(f"{__name__}.{kind}").picture(wanted)
    return found


def draw_comparison(found: Comparison) -> Picture:
    """Two networks compared, along the first. Raises FigureError where nothing can be drawn."""
    check_installed()
    from zoo_spectra.report.figures.compared import compared_picture

    return compared_picture(found)


def draw_groups(found: GroupDifferences) -> Picture:
    """Groups of networks, and where they differ. Raises FigureError where nothing draws."""
    check_installed()
    from zoo_spectra.report.figures.grouped import groups_picture

    return groups_picture(found)


def check_kind(kind: str) -> None:
    """Raise FigureError for a figure that there is not."""
    if kind not in FIGURES:
        raise FigureError(f"no figure {kind!r}; {nearest(kind, FIGURES)}")


def content_of(picture: Picture, suffix: str) -> bytes:
    """A figure as a file: ``.svg``, ``.png`` or ``.pdf``. Raises FigureError for another suffix."""
    check_suffix(suffix)
    check_installed()
    from zoo_spectra.report.figures.written import written

    return written(picture.chart, suffix)


def check_suffix(suffix: str) -> None:
    """Raise FigureError for a file that is no figure."""
    if suffix not in FILES:
        raise FigureError(
            f"a figure goes into -o FILE that ends in {', '.join(FILES)}"
            + (f", not {suffix!r}" if suffix else "")
        )


def check_installed() -> None:
    """Raise FigureError where what draws is not installed."""
    try:
        import altair  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise FigureError(
            f"a figure needs altair and vl-convert ({error}); pip install 'zoo-spectra[report]'"
        ) from error
