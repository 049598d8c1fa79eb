"""Which networks are drawn, and where: their classes, their tree and their plane.

The classes are those that ``classify`` would give now, as it was last asked (accuracy, linkage,
measure, condition), or by default.
"""

from __future__ import annotations

import shlex
import warnings
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from zoo_spectra.catalog import CURVES, Catalog, is_current
from zoo_spectra.classes import (
    EXACT_LIMIT,
    Dendrogram,
    classifiable,
    dendrogram_of,
    points,
)
from zoo_spectra.defaults import (
    DEFAULT_ACCURACY,
    DEFAULT_LINKAGE,
    DEFAULT_MEASURE,
    Linkage,
    Measure,
)
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import Floats, Integers
from zoo_spectra.report.plane import Plane, plane_of
from zoo_spectra.text import count

KEY = ["network_id", "commit_id"]


@dataclass(frozen=True)
class How:
    """What the newest classification asked for; ``at``: when, None where there is none."""

    accuracy: float
    linkage: Linkage
    measure: Measure
    condition: str | None
    at: datetime | None


@dataclass(frozen=True)
class Space:
    """n ≥ 1 networks that are drawn, by name; rows of ``networks`` have ``network_id``,
    ``commit_id``, ``name``.

    ``stands_for``: shape (n,), of how many networks each is the medoid; 1 where all are drawn.
    ``label``: shape (n,), their classes in the catalog, only where medoids are drawn.
    """

    how: How
    networks: pl.DataFrame
    stands_for: Integers
    label: Integers | None
    tree: Dendrogram
    plane: Plane


def how_of(catalog: Catalog) -> How:
    """What the newest classification asked for, or the defaults."""
    columns = ("accuracy", "linkage", "measure", "condition", "classified_at")
    rows = catalog.collect(catalog.classes().select(columns).head(1))
    if rows.is_empty():
        return How(DEFAULT_ACCURACY, DEFAULT_LINKAGE, DEFAULT_MEASURE, None, None)
    accuracy, linkage, measure, condition, at = rows.row(0)
    return How(accuracy, linkage, measure or DEFAULT_MEASURE, condition, at)


def space_of(catalog: Catalog, how: How, most: int = EXACT_LIMIT) -> Space | None:
    """Who is drawn; None where no network can be. Of more than ``most`` networks, medoids of the
    ``most`` largest classes. Errors as ``classify``, and CatalogError where there are no medoids.
    """
    view = catalog.networks(how.condition)
    number = catalog.collect(view.filter(is_current()).select(pl.len())).item()
    if number == 0:
        return None
    if number > most:
        return _of_medoids(catalog, how, number, most)
    with warnings.catch_warnings():  # the page says itself what is of an older version
        warnings.simplefilter("ignore")
        networks = classifiable(catalog, view, how.condition, how.measure)
    at = _points(catalog, networks, how.measure)
    one = np.ones(networks.height, dtype=np.int64)
    tree = dendrogram_of(at, how.linkage, how.accuracy)
    return Space(how, networks.select(*KEY, "name"), one, None, tree, plane_of(at))


def _of_medoids(catalog: Catalog, how: How, number: int, most: int) -> Space:
    """A point a class, of the newest classification: its medoid, if its result is still that one;
    of too many classes the largest.
    """
    medoids = catalog.classes().filter(pl.col("network_id") == pl.col("medoid_id"))
    classes = catalog.collect(medoids.select(*KEY, "class", "class_size").sort("class"))
    curves = CURVES.get(how.measure)
    columns = [*KEY, "name", "scale", "constituents", *([curves] if curves else [])]
    own = pl.col("network_id").is_in(classes.head(most)["network_id"].to_list())
    rows = catalog.collect(catalog.networks().filter(own, is_current()).select(columns))
    found = rows.join(classes.head(most), on=KEY).sort("class")
    if found.is_empty():
        why = "whose medoids are not as they were" if classes.height else "of which there are none"
        raise CatalogError(
            f"{catalog.location}: {count(number, 'network')} are too many to draw one by one "
            f"(at most {most:,}), so that medoids of classes are drawn, {why}: "
            f"zoo-spectra classify {shlex.quote(str(catalog.location))}"
        )
    at = _points(catalog, found, how.measure)
    sizes, label = (found[name].to_numpy().astype(np.int64) for name in ("class_size", "class"))
    tree = dendrogram_of(at, how.linkage, 0.0)
    return Space(how, found.select(*KEY, "name"), sizes, label, tree, plane_of(at))


def _points(catalog: Catalog, networks: pl.DataFrame, measure: Measure) -> Floats:
    """As ``points``; refuses curves of another program, which no distance is to be drawn of."""
    at = points(catalog, networks, measure)
    far = np.abs(at).max(axis=1) > 1 + 1e-9
    if far.any():
        raise CatalogError(
            f"{catalog.location} holds a curve that is not within [-1, 1], of "
            f"{networks.filter(far)['name'][0]!r}; another program has written it: remove that "
            "network, and run the job again"
        )
    return at
