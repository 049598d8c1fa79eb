"""``classify`` and ``sweep``: a catalog's equivalence classes, at one accuracy or at many."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, cast

import typer

from zoo_spectra.defaults import (
    DEFAULT_ACCURACY,
    DEFAULT_LINKAGE,
    DEFAULT_MEASURE,
    LINKAGES,
    MEASURES,
    Linkage,
    Measure,
)
from zoo_spectra.terminal.arguments import AsJson, CatalogPath, standard_output

LinkageName = StrEnum("LinkageName", [(name, name) for name in LINKAGES])  # type: ignore[misc]
MeasureName = StrEnum("MeasureName", [(name, name) for name in MEASURES])  # type: ignore[misc]

LinkageOption = Annotated[LinkageName, typer.Option("--linkage", help="When classes merge.")]
MeasureOption = Annotated[
    MeasureName,
    typer.Option(
        "--measure", help="What is compared: all in one, by depth, or constituents by name."
    ),
]
WhereOption = Annotated[
    str | None, typer.Option("--where", help="Only networks that meet a condition in SQL.")
]


def classify(
    catalog: CatalogPath,
    accuracy: Annotated[
        float, typer.Option(min=0.0, max=1e6, help="ε, in e-folds.")
    ] = DEFAULT_ACCURACY,
    linkage: LinkageOption = LinkageName(DEFAULT_LINKAGE),
    measure: MeasureOption = MeasureName(DEFAULT_MEASURE),
    where: WhereOption = None,
    as_json: AsJson = False,
) -> None:
    """Sort the catalog's networks into equivalence classes, and write them."""
    from zoo_spectra import classes
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.about import equal_weights
    from zoo_spectra.terminal.tables import class_table, frame_json

    opened = Catalog(catalog)
    found = classes.classify(
        opened, accuracy, cast(Linkage, linkage.value), where, cast(Measure, measure.value)
    )
    if as_json:
        print(frame_json(found))
    else:
        out = standard_output()
        out.print(class_table(found, whole=not out.is_terminal))
        for line in equal_weights(opened):
            out.print(line, soft_wrap=True, highlight=False, markup=False)


def sweep(
    catalog: CatalogPath,
    linkage: LinkageOption = LinkageName(DEFAULT_LINKAGE),
    measure: MeasureOption = MeasureName(DEFAULT_MEASURE),
    where: WhereOption = None,
    as_json: AsJson = False,
) -> None:
    """How many classes there would be at each of many accuracies, and how good; writes nothing."""
    from zoo_spectra import classes
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.tables import frame_json, sweep_table

    found = classes.sweep(
        Catalog(catalog), cast(Linkage, linkage.value), cast(Measure, measure.value), where
    )
    if as_json:
        print(frame_json(found))
    else:
        standard_output().print(sweep_table(found, linkage.value, measure.value))
