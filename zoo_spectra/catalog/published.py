"""The catalogs that are published with this package: they lie beside it, in the repository."""

from __future__ import annotations

from pathlib import Path

from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.header import HEADER
from zoo_spectra.errors import CatalogError

_FOLDER = Path(__file__).resolve().parents[2] / "catalogs"
DATASHEET = "DATASHEET.md"  # what a published catalog has, and one of a run has not


def published_catalogs() -> list[Catalog]:
    """Them all, by name. Raises CatalogError when there is none, as in an install without them."""
    found = [
        Catalog(sheet.parent)
        for sheet in sorted(_FOLDER.glob(f"*/{DATASHEET}"))
        if (sheet.parent / HEADER).is_file()
    ]
    if not found:
        raise CatalogError(
            "no published catalog lies beside this package (they are in the repository's folder "
            "catalogs); say where to look: --in CATALOG, or catalog=…"
        )
    return found
