"""The duplicates in a catalog: equal weights, equal spectra of other weights, and near spectra.

Of equal weights all is known. Equal spectra of different weights are a disguise (reordered,
rotated, rescaled as a whole) or an initialisation whose spectra are all one; near ones are worth a
look by ``compare``, which needs the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from zoo_spectra.catalog import WHOLE, Catalog, is_current, stacked
from zoo_spectra.classes.neighbours import near_pairs
from zoo_spectra.method import BIN_WIDTH, S_EDGES, Floats, Integers
from zoo_spectra.text import count

# E-folds. Rounding moves a curve by less, but for an eigenvalue that crosses an edge of the grid.
EQUAL = 1e-6
# Relative, of eigenvalues: float32 leaves 1e-6 of a rotated matrix.
ROUNDING = 1e-5
# Two seeds of one architecture are 0.006 apart in the median: below this is nearer than they are.
NEAR = 0.001
# A curve of fewer steps than this says little: orthogonal matrices have all eigenvalues at one.
STEPS = 8
_CIRCULAR = np.minimum(np.exp(S_EDGES) / 2, 1.0)  # F_C, without which a CSD is F_M
EQUAL_WEIGHTS, DISGUISED, CLOSE = "equal_weights", "equal_spectra", "near"
_KEY = ["network_id", "commit_id"]
_COLUMNS = ["name", "kind", "family", "source", "parameters", "constituents", "scale",
            "weights_digest", *_KEY, "csd"]  # fmt: skip
SCHEMA = {
    "group": pl.Int64, "relation": pl.String, "name": pl.String, "family": pl.String,
    "kind": pl.String, "parameters": pl.Int64, "distance": pl.Float64, "shared": pl.Float64,
    "source": pl.String, "network_id": pl.String,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Duplicates:
    """``rows``: one a network that is in a group, group by group.

    ``relation``: equal_weights, equal_spectra (within 1e-6 e-folds and of equal sizes, of different
    weights) or near (within 0.001 of another of the group). ``distance``: pooled, in e-folds, to
    the group's first. ``shared``: the share of the constituents that the first has too, entry by
    entry; null where the catalog holds no spectra. ``networks``: how many were looked at;
    ``notes``: what was left out, and why, a line each.
    """

    rows: pl.DataFrame
    networks: int
    notes: tuple[str, ...]


def duplicates_of(catalog: Catalog) -> Duplicates:
    """The groups of a catalog, equal ones first, the largest first. Raises CatalogError.

    A group of equal weights is one network in the others, by its first.
    """
    view = catalog.networks()
    networks = catalog.collect(view.filter(is_current() & WHOLE["pooled"]).select(_COLUMNS))
    total = catalog.collect(view.select(pl.len())).item()
    networks = networks.sort("name", "network_id")
    curves = stacked(networks["csd"]) if networks.height else np.empty((0, 129))
    sound = np.isfinite(curves).all(axis=1)
    networks, curves = networks.filter(pl.Series(sound)).drop("csd"), curves[sound]
    notes = _left_out(total, networks)
    groups = [(EQUAL_WEIGHTS, members) for members in _equal(networks)]
    first = _representatives(networks.height, [members for _, members in groups])
    telling = _telling(curves[first])
    if alike := int(np.count_nonzero(~telling)):
        notes.append(f"{count(alike, 'network')} of so simple a spectrum (fewer than {STEPS} steps "
                     "of its curve) that others may have it: by weights only")  # fmt: skip
    first = first[telling]
    same = [
        equal
        for members in _components(networks, curves, first, EQUAL, sizes=True)
        for equal in _of_equal_eigenvalues(catalog, networks, members)
    ]
    groups += [(DISGUISED, members) for members in same]
    first = np.setdiff1d(first, [at for members in same for at in members[1:]])
    groups += [(CLOSE, members) for members in _components(networks, curves, first, NEAR)]
    rows = _rows(catalog, networks, curves, groups)
    return Duplicates(rows, networks.height, tuple(notes))


def _left_out(total: int, networks: pl.DataFrame) -> list[str]:
    notes = []
    if missing := total - networks.height:
        notes.append(f"{count(missing, 'network')} left out: did not end ok, of another version of "
                     "the method, or without a curve")  # fmt: skip
    if unknown := networks["weights_digest"].null_count():
        notes.append(f"{count(unknown, 'network')} without a digest: by spectra only, "
                     "and what is equal by them may be so by weights too")  # fmt: skip
    return notes


def _equal(networks: pl.DataFrame) -> list[list[int]]:
    """The groups of one digest, the largest first, each by name."""
    places = networks.with_row_index("at").drop_nulls("weights_digest")
    groups = places.group_by("weights_digest", maintain_order=True).agg("at")["at"].to_list()
    return sorted((group for group in groups if len(group) > 1), key=lambda g: (-len(g), g))


def _representatives(height: int, groups: list[list[int]]) -> Integers:
    others = [at for members in groups for at in members[1:]]
    return np.setdiff1d(np.arange(height), np.array(others, dtype=np.int64))


def _telling(curves: Floats) -> np.ndarray:
    """Whether each curve has the mass of its eigenvalues in as many bins as tell networks apart."""
    mass = np.diff(curves + _CIRCULAR, axis=1)
    return np.asarray(np.count_nonzero(mass > 1e-12, axis=1) >= STEPS)


def _components(
    networks: pl.DataFrame, curves: Floats, first: Integers, limit: float, sizes: bool = False
) -> Iterator[list[int]]:
    """The groups, of two or more, that chains of pairs within ``limit`` connect.

    With ``sizes`` only pairs of as many parameters and constituents.
    """
    if len(first) < 2:
        return
    kind = np.zeros(networks.height, dtype=np.int64)
    if sizes:
        alike = networks.select(pl.struct("parameters", "constituents").rank("dense"))
        kind = alike.to_series().to_numpy().astype(np.int64)
    ones, others = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for one, other, _ in near_pairs(curves[first], limit):
        kept = kind[first[one]] == kind[first[other]]
        ones.append(one[kept])
        others.append(other[kept])
    edges = np.concatenate(ones), np.concatenate(others)
    graph = coo_array((np.ones(len(edges[0])), edges), shape=(len(first), len(first)))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    pieces = np.split(first[order], np.flatnonzero(np.diff(label[order])) + 1)
    found = [piece.tolist() for piece in pieces if len(piece) > 1]
    yield from sorted(found, key=lambda members: (-len(members), members))


def _of_equal_eigenvalues(
    catalog: Catalog, networks: pl.DataFrame, members: list[int]
) -> Iterator[list[int]]:
    """The members in groups of equal eigenvalues, up to a scale and rounding, of two or more.

    A grid of 128 bins does not tell a small change from none. All in one group where the catalog
    holds no spectra.
    """
    if not catalog.holds_spectra:
        yield members
        return
    kinds: list[tuple[Floats, list[int]]] = []
    for at in members:
        values = _eigenvalues(catalog, networks.row(at, named=True))
        for known, group in kinds:
            if len(known) == len(values) and np.allclose(known, values, ROUNDING, ROUNDING):
                group.append(at)
                break
        else:
            kinds.append((values, [at]))
    yield from (group for _, group in kinds if len(group) > 1)


def _eigenvalues(catalog: Catalog, row: dict[str, Any]) -> Floats:
    """All eigenvalues of a network in units of its scale, ascending."""
    own = (pl.col("network_id") == row["network_id"]) & (pl.col("commit_id") == row["commit_id"])
    found = catalog.collect(catalog.spectra().filter(own).select("eigenvalues"))
    values = found["eigenvalues"].explode().drop_nulls().to_numpy()
    return np.asarray(np.sort(values) / row["scale"])


def _rows(
    catalog: Catalog, networks: pl.DataFrame, curves: Floats, groups: list[tuple[str, list[int]]]
) -> pl.DataFrame:
    shares = _shares(catalog, networks, groups)
    told = networks.select(
        "name", "family", "kind", "parameters", "source", "network_id"
    ).to_dicts()
    rows = []
    for number, (relation, members) in enumerate(groups, 1):
        apart = np.abs(curves[members] - curves[members[0]]).sum(axis=1) * BIN_WIDTH
        for at, distance in zip(members, apart.tolist(), strict=True):
            share = 1.0 if relation == EQUAL_WEIGHTS else shares.get((number, at))
            rows.append({**told[at], "group": number, "relation": relation, "distance": distance,
                         "shared": share})  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA)


def _shares(
    catalog: Catalog, networks: pl.DataFrame, groups: list[tuple[str, list[int]]]
) -> dict[tuple[int, int], float]:
    """Of each member of each group without equal weights: what it shares with the first."""
    some = sorted({at for relation, members in groups if relation != EQUAL_WEIGHTS
                   for at in members})  # fmt: skip
    if not some or not catalog.holds_spectra:
        return {}
    wanted = networks[some].select(*_KEY, at=pl.Series(some, dtype=pl.Int64))
    digests = catalog.spectra().select(*_KEY, "digest").join(wanted.lazy(), on=_KEY)
    by_network: dict[int, list[str]] = {}
    for at, digest in catalog.collect(digests.select("at", "digest")).iter_rows():
        by_network.setdefault(at, []).append(digest)
    found = {}
    for number, (relation, members) in enumerate(groups, 1):
        if relation == EQUAL_WEIGHTS:
            continue
        first = set(by_network.get(members[0], ()))
        for at in members:
            own = by_network.get(at, [])
            if own:
                found[number, at] = sum(digest in first for digest in own) / len(own)
    return found
