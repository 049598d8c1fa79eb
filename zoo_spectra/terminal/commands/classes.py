"""``classify``: sort a catalog into equivalence classes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, cast

import typer

from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_LINKAGE, LINKAGES, Linkage
from zoo_spectra.terminal.arguments import AsJson, CatalogPath, standard_output

LinkageName = StrEnum("LinkageName", [(name, name) for name in LINKAGES])  # type: ignore[misc]


def classify(
    catalog: CatalogPath,
    accuracy: Annotated[
        float, typer.Option(min=0.0, max=1e6, help="ε, in e-folds.")
    ] = DEFAULT_ACCURACY,
    linkage: Annotated[LinkageName, typer.Option(help="When classes merge.")] = LinkageName(
        DEFAULT_LINKAGE
    ),
    where: Annotated[
        str | None, typer.Option("--where", help="Only networks that meet a condition in SQL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sort the catalog's networks into equivalence classes, and write them."""
    from zoo_spectra import classes
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.about import equal_weights
    from zoo_spectra.terminal.tables import class_table, frame_json

    opened = Catalog(catalog)
    found = classes.classify(opened, accuracy, cast(Linkage, linkage.value), where)
    if as_json:
        print(frame_json(found))
    else:
        out = standard_output()
        out.print(class_table(found, whole=not out.is_terminal))
        for line in equal_weights(opened):
            out.print(line, soft_wrap=True, highlight=False, markup=False)
