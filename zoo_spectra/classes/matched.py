"""Networks of one design, constituent by constituent: each is compared with its namesake.

The names are the union of those of all networks that are classified together; a network that lacks
one, or has it all zero, is all null there (F = 1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from zoo_spectra.catalog import Catalog, named, read_curves
from zoo_spectra.classes.equivalence import Classes
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import S_EDGES, Floats

MOST_BYTES = 4 << 30
DRAWS = 32
_POINTS = len(S_EDGES)
_ROWS = 1024
_ENTRIES = 1 << 24  # distances, name by name, that are in memory at once


def matched_points(catalog: Catalog, networks: pl.DataFrame) -> Floats:
    """Points of n networks with M names together, shape (n, M · 129).

    Raises CatalogError when they would take more than 4 GB, when two networks share no name, or
    one has a name twice or no spectra.
    """
    rows = lists_of_names(catalog, networks)
    names = rows["constituent"].unique().sort()
    _check(catalog, networks["name"], rows, dict(zip(names, range(len(names)), strict=True)))
    return points_by_name(catalog, networks, rows)[1]


def lists_of_names(catalog: Catalog, networks: pl.DataFrame) -> pl.DataFrame:
    """What networks can be matched by: ``at``, the row in ``networks``, and ``constituent``."""
    return catalog.collect(named(catalog, networks).select("at", "constituent"))


def points_by_name(
    catalog: Catalog, networks: pl.DataFrame, rows: pl.DataFrame
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Which of n networks has which of M names, shape (n, M), and their points, (n, M · 129).

    ``rows``: of ``lists_of_names``; a network that is not in it has no name. Raises CatalogError
    when the points would take more than 4 GB, for a scale that is none, or without any name.
    """
    names = rows["constituent"].unique().sort()
    if names.is_empty():
        raise CatalogError(
            f"{catalog.location} holds no spectra by whose names networks could be matched (a "
            "published catalog has none): use the measure pooled or depth"
        )
    _check_scale(catalog, networks)
    place = dict(zip(names, range(len(names)), strict=True))
    size = networks.height * len(names) * _POINTS * 8
    if size > MOST_BYTES:
        raise CatalogError(
            f"{networks.height:,} networks with {len(names):,} constituents together would take "
            f"{size / 1e9:.0f} GB to match; choose fewer of one design with --where"
        )
    found = np.ones((networks.height, len(names), _POINTS))
    has = np.zeros((networks.height, len(names)), dtype=bool)
    has[rows["at"].to_numpy(), [place[name] for name in rows["constituent"]]] = True
    listed = frozenset(rows["at"].to_list())
    for each in read_curves(catalog, networks):
        if each.at in listed:
            found[each.at, [place[name] for name in each.names]] = each.curves
    found /= len(names)
    return has, found.reshape(networks.height, -1)


def _check_scale(catalog: Catalog, networks: pl.DataFrame) -> None:
    """Curves lie at λ/σ: without a σ they would all be null, and alike."""
    scale = pl.col("scale")
    odd = networks.filter(~(scale.is_finite() & (scale > 0)).fill_null(False))
    if odd.height:
        raise CatalogError(
            f"{catalog.location} holds a scale that is none, of {odd['name'][0]!r}; another "
            "program has written it: remove that network, and run the job again"
        )


def _check(
    catalog: Catalog, networks: pl.Series, rows: pl.DataFrame, place: dict[str, int]
) -> None:
    lacking = set(range(len(networks))) - set(rows["at"])
    if lacking:
        raise CatalogError(
            f"{catalog.location} holds no spectra of {networks[min(lacking)]!r}, by whose names "
            "networks are matched (a published catalog has none): use the measure pooled or depth"
        )
    twice = rows.filter(rows.is_duplicated()).sort("at", "constituent")
    if twice.height:
        at, name = twice.row(0)
        raise CatalogError(
            f"{networks[at]!r} has two constituents that are called {name!r}; networks can be "
            "matched only by names that are their own: leave it out with --where, or use the "
            "measure pooled or depth"
        )
    apart = _apart(rows, place)
    if apart is not None:
        one, other = (networks[at] for at in apart)
        raise CatalogError(
            f"{one!r} and {other!r} share no constituent by name, so they cannot be matched; "
            "choose networks of one design with --where, or use the measure pooled or depth"
        )


def _apart(rows: pl.DataFrame, place: dict[str, int]) -> tuple[int, int] | None:
    """Two networks without a common name, if there are."""
    designs: dict[tuple[int, ...], int] = {}  # the first network of each list of names
    for at, names in rows.group_by("at").agg("constituent").sort("at").iter_rows():
        designs.setdefault(tuple(sorted(place[name] for name in names)), at)
    first = list(designs.values())
    lengths = [len(design) for design in designs]
    has = csr_array(
        (
            np.ones(sum(lengths), dtype=np.float32),
            np.concatenate([np.array(design, dtype=np.int64) for design in designs]),
            np.concatenate([[0], np.cumsum(lengths)]),
        ),
        shape=(len(first), len(place)),
    )
    for start in range(0, len(first), _ROWS):
        shared = (has[start : start + _ROWS] @ has.T).toarray()
        apart = np.argwhere(shared == 0)
        if len(apart):
            one, other = (first[start + apart[0, 0]], first[apart[0, 1]])
            return min(one, other), max(one, other)
    return None


def matched_stabilities(points: Floats, found: Sequence[Classes]) -> list[Floats]:
    """Stabilities of n networks in each of several classifications, shape (n,) each, in [0, 1].

    The share of 32 bootstrap resamples of the M names (Efron 1979), the same for all networks,
    under which no other medoid is nearer. Of medoids at one distance the first counts.
    NaN where there is one name only.
    """
    vectors = points.reshape(len(points), -1, _POINTS)
    values = [np.full(len(points), np.nan) for _ in found]
    names = vectors.shape[1]
    if names == 1:
        return values
    times = np.random.default_rng(0).multinomial(names, np.full(names, 1 / names), DRAWS)
    medoids = [np.unique(each.medoid) for each in found]
    every = np.unique(np.concatenate(medoids))
    rows = max(1, _ENTRIES // (len(every) * max(names, DRAWS)))
    for start in range(0, len(points), rows):
        some = slice(start, start + rows)
        apart = np.stack(
            [cdist(vectors[some, at], vectors[every, at], "cityblock") for at in range(names)]
        )
        drawn = np.tensordot(apart, times, (0, 1))  # network × medoid × draw
        for value, own, classes in zip(values, medoids, found, strict=True):
            nearest = own[np.argmin(drawn[:, np.searchsorted(every, own)], axis=1)]
            value[some] = np.mean(nearest == classes.medoid[some, None], axis=1)
    return values
