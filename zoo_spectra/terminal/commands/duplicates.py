"""``duplicates``: which networks of a catalog are there twice, or in disguise."""

from __future__ import annotations

from functools import partial

from zoo_spectra.terminal.arguments import AsCsv, AsJson, CatalogPath, TableFile, check_one_way


def duplicates(
    catalog: CatalogPath,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: TableFile = None,
) -> None:
    """Groups of equal weights, of equal spectra with other weights, and of near spectra."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.classes import duplicates_of
    from zoo_spectra.terminal.doubles import duplicates_table, summary_of
    from zoo_spectra.terminal.frames import hand_over, print_told

    check_one_way(as_csv, as_json, output)
    found = duplicates_of(Catalog(catalog))
    lines = [summary_of(found), *found.notes]
    if not hand_over(found.rows, as_csv, as_json, output, lines):
        print_told(found.rows, partial(duplicates_table, found.rows), lines)
