"""A catalog's report, made and written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes import EXACT_LIMIT, groups
from zoo_spectra.errors import FigureError
from zoo_spectra.method import METHOD_VERSION, S_EDGES, UNIVERSALITY
from zoo_spectra.report.page import Written
from zoo_spectra.report.page.chance import chance_of
from zoo_spectra.report.page.curves import TAIL, Drawn, drawn_of
from zoo_spectra.report.page.facts import facts_of
from zoo_spectra.report.page.grouped import grouped_told
from zoo_spectra.report.page.pack import decimals, packed, three_digits
from zoo_spectra.report.page.page import page_of
from zoo_spectra.report.page.rows import rows_of
from zoo_spectra.report.page.space import Space, how_of, space_of
from zoo_spectra.whole import whole

PLACES = 4  # decimals of curves, masses and places


def written(
    catalog: Catalog, path: Path, by: str | None = None, most: int = EXACT_LIMIT
) -> Written:
    """See ``write_report``. ``most``: networks that are drawn one by one."""
    check_place(path)
    specifications, vega = _drawing()
    how = how_of(catalog)
    space = space_of(catalog, how, most)
    facts = facts_of(catalog, how, space)
    rows = rows_of(catalog, space)
    told = {
        "facts": facts.told(),
        "columns": [asdict(column) for column in rows.columns],
        "untold": rows.untold,
        "keys_left_out": rows.keys_left_out,
        "drawn": 0 if space is None else space.networks.height,
        "version": METHOD_VERSION,
    }
    if by is not None:
        found = groups(catalog, by, measure=how.measure, where=how.condition)
        told |= {"groups": grouped_told(found)}
    arrays: dict[str, npt.NDArray[Any]] = {}
    if space is not None:
        drawn, chance = drawn_of(catalog, space.networks), chance_of(catalog, space)
        told |= _told(space, drawn) | {"charts": specifications}
        arrays = {**_space_arrays(space), **_curve_arrays(drawn)}
        if chance is not None:
            told |= {"chance": chance.rows}
            arrays |= {"z": chance.z}
    content = page_of(packed(told, arrays), vega).encode()
    try:
        with whole(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise FigureError(f"{path}: cannot be written: {error.strerror}") from error
    total = len(rows.columns[0].values) + rows.untold
    return Written(path, len(content), total, 0 if space is None else space.networks.height)


def check_place(path: Path) -> None:
    """Raise FigureError for a file that cannot be written, before the work is done."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise FigureError(f"{path}: a report is one HTML file: its name must end in .html")
    if not os.path.isdir(path.absolute().parent):  # False also where a name is too long
        raise FigureError(f"{path}: there is no folder {path.parent}; make it, or choose another")
    if os.path.isdir(path):
        raise FigureError(f"{path} is a folder; say the name of a file in it")


@cache
def _drawing() -> tuple[Mapping[str, Any], str]:
    """The charts, and the script that draws them; or FigureError where they are not installed."""
    try:
        import vl_convert

        from zoo_spectra.report.page.charts import charts
    except ImportError as error:
        raise FigureError(
            f"a report is drawn by altair and vl-convert ({error}); "
            "pip install 'zoo-spectra[report]'"
        ) from error
    return charts(), vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def _told(space: Space, drawn: Drawn) -> dict[str, Any]:
    how = space.how
    return {
        "how": {"accuracy": how.accuracy, "linkage": how.linkage, "measure": how.measure},
        "medoids": space.label is not None,
        "plane": {"held": round(space.plane.held, 3), "landmarks": space.plane.landmarks},
        "edges": S_EDGES.tolist(),
        "universal": UNIVERSALITY,
        "places": PLACES,
        "intervals": drawn.names,
    }


def _space_arrays(space: Space) -> dict[str, npt.NDArray[Any]]:
    tree, places = space.tree, 10**PLACES
    arrays = {
        "merges": tree.merges.astype(np.int32),
        "height": tree.height,
        "medoid": tree.medoid.astype(np.int32),
        "radius": np.rint(tree.radius * places).astype(np.int32),
        "place": np.rint(space.plane.place.T * places).astype(np.int32),
        "stands_for": space.stands_for.astype(np.int32),
    }
    return arrays if space.label is None else {**arrays, "label": space.label.astype(np.int32)}


def _curve_arrays(drawn: Drawn) -> dict[str, npt.NDArray[Any]]:
    return {
        "csd": decimals(drawn.csd[:, :TAIL], PLACES),
        "rest": three_digits(-drawn.csd[:, TAIL:]),
        "fluctuation": decimals(drawn.fluctuation, PLACES),
        "depth": decimals(drawn.depth, PLACES),
        "start": drawn.start.astype(np.int32),
        "ratio": decimals(drawn.gap_ratio, PLACES),
    }
