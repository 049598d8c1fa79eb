"""``groups``: do groups of a catalog's networks differ, by how much, and where?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.linalg import eigh

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes.classify import CURVES, classifiable
from zoo_spectra.classes.equivalence import distance_matrix
from zoo_spectra.classes.grouping import design
from zoo_spectra.classes.grouping.columns import facts_of, metadata_of
from zoo_spectra.classes.grouping.dispersion import dispersion
from zoo_spectra.classes.grouping.model import Model, gower, model_of, residuals
from zoo_spectra.classes.grouping.neighbour import nearest_of
from zoo_spectra.classes.grouping.pairwise import MOST, pairs_of
from zoo_spectra.classes.grouping.permanova import permanovas
from zoo_spectra.classes.grouping.shuffles import Shuffles, shuffles_of
from zoo_spectra.classes.grouping.units import Units, units_of
from zoo_spectra.classes.grouping.where import CONSTITUENTS, MOST_WORK, where_of, work
from zoo_spectra.classes.matched import lists_of_names, matched_points
from zoo_spectra.classes.measures import points
from zoo_spectra.defaults import DEFAULT_MEASURE, Measure
from zoo_spectra.errors import CatalogError, DesignError
from zoo_spectra.method import Floats
from zoo_spectra.text import count, visible

PERMUTATIONS, LARGE, FEWER = 9999, 1000, 999  # shuffles; of more units than LARGE fewer
MOST_UNITS = 5000


@dataclass(frozen=True, eq=False, repr=False)
class GroupDifferences:
    """How groups of n units differ. Distances are in e-folds, p-values in (0, 1].

    ``pseudo_f``, ``r2``, ``p_value``: PERMANOVA. ``dispersion_f``, ``dispersion_p_value``: whether
    groups are spread differently. ``nearest_accuracy``: share of units whose nearest neighbour is
    of their group, with its 95 % ``nearest_interval``; ``nearest_balanced``, the mean of the
    groups' shares; ``nearest_chance``, the mean under shuffled groups; ``nearest_p_value``. None
    where a statistic means nothing. ``permutations``: shuffles that were made, all there are if
    ``exhaustive``; the least p-value that they allow is ``least_p_value``.

    ``units``: ``unit``, ``group``, ``networks``, ``to_centroid``, and ``x`` and ``y``, principal
    coordinates, which hold ``held`` of the squared inner products. ``groups``: ``group``,
    ``units``, ``spread``, the mean distance to the centroid. ``pairs``: a row a pair, ``p_holm``
    corrected for all. ``constituents``: a row a constituent, ``q_value`` corrected for all.
    ``notes``: what was left out, and what to beware of.
    """

    by: str
    measure: Measure
    unit: str | None
    within: str | None
    adjust: tuple[str, ...]
    permutations: int
    exhaustive: bool
    least_p_value: float
    pseudo_f: float | None
    r2: float
    p_value: float
    dispersion_f: float | None
    dispersion_p_value: float | None
    nearest_accuracy: float
    nearest_interval: tuple[float, float]
    nearest_balanced: float
    nearest_chance: float
    nearest_p_value: float
    units: pl.DataFrame
    held: float
    groups: pl.DataFrame
    pairs: pl.DataFrame
    constituents: pl.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """A few lines: the statistics, and the notes."""
        return "\n".join([*self.lines(), *(f"  {note}" for note in self.notes)])

    def lines(self) -> list[str]:
        """The statistics in words, a line each."""
        what = "units" if self.unit is None else f"units ({visible(self.unit)})"
        where = [
            *([f"within {visible(self.within)}"] if self.within else []),
            *([f"adjusted for {', '.join(map(visible, self.adjust))}"] if self.adjust else []),
        ]
        number = f"{self.permutations:,}"
        shuffled = f"all {number} shuffles" if self.exhaustive else f"{number} random shuffles"
        low, high = self.nearest_interval
        names = "networks" if self.unit is None else what
        return [
            f"{self.groups.height:,} groups of {visible(self.by)}, {self.units.height:,} {names}, "
            f"{self.measure} distance" + "".join(f", {each}" for each in where)
            + f"; {shuffled}",
            f"place: pseudo-F = {_shown(self.pseudo_f)}, R² = {self.r2:.3f}, "
            f"p = {self.p_value:.4g}",
            f"spread: F = {_shown(self.dispersion_f)}, p = {_shown(self.dispersion_p_value)}",
            f"nearest neighbour of the same group: {self.nearest_accuracy:.0%} (95 % {low:.0%}–"
            f"{high:.0%}; by chance {self.nearest_chance:.0%}), p = {self.nearest_p_value:.4g}",
        ]  # fmt: skip


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def groups(
    catalog: Catalog | str | Path,
    by: str,
    *,
    measure: Measure = DEFAULT_MEASURE,
    within: str | None = None,
    adjust: Sequence[str] = (),
    unit: str | None = None,
    where: str | None = None,
    table: Path | str | None = None,
    permutations: int | None = None,
    seed: int = 0,
) -> GroupDifferences:
    """Whether groups of networks differ, by how much, and in which constituents.

    ``by``: a column of the catalog, a key of its metadata, or a column of ``table``, a file with a
    row for each network by name. ``within``: a column of strata, in which groups are compared and
    shuffled. ``adjust``: columns that are allowed for first. ``unit``: a column of subjects; the
    scans of one are one unit, their mean curve. ``where``: only networks that meet this SQL
    condition. ``permutations``: 9,999, or 999 of more than 1,000 units, if None.

    Raises DesignError for groups that cannot be compared, and what ``classify`` raises.
    """
    if permutations is not None and permutations < 1:
        raise DesignError(f"{permutations} permutations give no p-value: give 99 or more")
    opened = catalog if isinstance(catalog, Catalog) else Catalog(catalog)
    view = opened.networks(where)
    networks = classifiable(opened, view, where, measure)
    total = int(opened.collect(view.select(pl.len())).item())
    notes = []
    if total > networks.height:
        notes.append(f"{count(total - networks.height, 'network')} left out: no result of this "
                     "version of the method")  # fmt: skip
    asked = [by, *([within] if within else []), *adjust, *([unit] if unit else [])]
    facts, said = facts_of(opened, networks, asked, None if table is None else Path(table))
    units = units_of(networks["name"].to_list(), facts, by, within, adjust, unit)
    if len(units.name) > MOST_UNITS:
        raise DesignError(
            f"{len(units.name):,} units are too many for all their distances at once: choose at "
            f"most {MOST_UNITS:,} with --where"
        )
    notes += [*said, *units.said]
    rows = networks[units.rows.tolist()]
    model = model_of(units.label, units.stratum, units.covariates)
    design.check_leverage(model, units.name)
    if permutations is None:
        permutations = PERMUTATIONS if len(units.name) <= LARGE else FEWER
    shuffles = shuffles_of(model, permutations, seed)
    at = points(opened, rows, measure)
    return _tested(
        opened, rows.drop(CURVES[measure]), units, model, shuffles, at, notes,
        (by, measure, unit, within, tuple(adjust)), (permutations, seed),
    )  # fmt: skip


def _tested(
    catalog: Catalog,
    rows: pl.DataFrame,
    units: Units,
    model: Model,
    shuffles: Shuffles,
    at: Floats,
    notes: list[str],
    asked: tuple[str, Measure, str | None, str | None, tuple[str, ...]],
    drawn: tuple[int, int],
) -> GroupDifferences:
    by, measure, unit, within, adjust = asked
    distances = distance_matrix(units.mean(at))
    inner = gower(distances)
    left = residuals(inner, model.reduced)
    (whole,) = permanovas([inner], model, shuffles)
    if not np.isfinite(whole.p_value):
        raise DesignError(
            f"all networks are equal by {measure} distance"
            + (", once what is allowed for is taken off" if model.reduced.shape[1] > 1 else "")
            + ": there is nothing to compare"
        )
    spread = dispersion(left, model, shuffles)
    near = nearest_of(left, model, shuffles)
    pairs = pairs_of(distances, units.groups, units.label, units.stratum, units.covariates, *drawn)
    where, said = _where(catalog, rows, units, model, shuffles, at, measure)
    group = [units.groups[each] for each in units.label]
    metadata = metadata_of(catalog, rows)
    skip = [name for name in (by, unit) if name]
    notes += design.confounded(metadata, by, [group[each] for each in units.of], skip)
    notes += design.entangled(units.label, model)
    notes += design.spread_said(spread.p_value, units.label, spread.distance, units.groups)
    notes += design.untested(pairs)
    notes += design.resolution(shuffles, pairs, where["p_value"].drop_nulls().len())
    if len(units.groups) > MOST:
        notes.append(f"pairs are tested of at most {MOST} groups; choose some with --where")
    x, y, held = _plane(left)
    table = pl.DataFrame({
        "unit": list(units.name), "group": group, "networks": np.bincount(units.of),
        "to_centroid": spread.distance, "x": x, "y": y,
    })  # fmt: skip
    sizes = table.group_by("group", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("units"), pl.col("to_centroid").mean().alias("spread")
    )
    order = pl.DataFrame({"group": list(units.groups)})
    return GroupDifferences(
        by, measure, unit, within, adjust,
        len(shuffles.order), shuffles.whole, shuffles.least,
        _finite(whole.pseudo_f), whole.r2, whole.p_value,
        _finite(spread.f), _finite(spread.p_value),
        near.accuracy, near.interval, near.balanced, near.chance, near.p_value,
        table, held, order.join(sizes, on="group", how="left", maintain_order="left"),
        pairs, where, (*notes, *said),
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _where(
    catalog: Catalog,
    rows: pl.DataFrame,
    units: Units,
    model: Model,
    shuffles: Shuffles,
    at: Floats,
    measure: Measure,
) -> tuple[pl.DataFrame, list[str]]:
    """The constituents, and a line where they are not tested."""
    nothing = pl.DataFrame(schema=CONSTITUENTS)
    try:
        lists = lists_of_names(catalog, rows)
        counted = lists.group_by("constituent").len().sort("constituent")
        amount = work(counted.height, model, shuffles)
        if amount > MOST_WORK:
            return nothing, [
                f"constituents are not tested: {counted.height:,} of {len(units.name):,} units "
                f"with {len(shuffles.order):,} shuffles would take too long; give fewer "
                "--permutations, or choose networks with --where"
            ]
        by_name = at if measure == "matched" else matched_points(catalog, rows)
    except CatalogError as error:
        return nothing, [f"constituents are not tested: {error}"]
    has = counted["len"].to_list()
    names = counted["constituent"].to_list()
    found = where_of(names, has, by_name, units.mean, model, shuffles)
    said = []
    if lacking := sum(each < rows.height for each in has):
        said.append(
            f"{count(lacking, 'constituent')} that some networks lack: all null there, as where "
            "they are matched"
        )
    return found, said


def _plane(left: Floats) -> tuple[Floats, Floats, float]:
    """The first two principal coordinates, (n,) each, and their share of ΣG² (Mardia 1978)."""
    size = len(left)
    values, vectors = eigh(left, subset_by_index=[max(0, size - 2), size - 1])
    place = vectors * np.sqrt(np.maximum(values, 0.0))
    far = np.abs(place).argmax(axis=0)
    place *= np.where(place[far, range(place.shape[1])] < 0, -1.0, 1.0)
    total = float((left**2).sum())
    held = float((np.maximum(values, 0.0) ** 2).sum() / total) if total > 0 else 1.0
    return place[:, -1], place[:, 0], held
