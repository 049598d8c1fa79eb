"""What is shuffled: units, which are networks or subjects of several scans, and their design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from zoo_spectra.errors import DesignError
from zoo_spectra.method import Floats, Integers
from zoo_spectra.text import count, visible

MOST_VALUES = 10  # of a column of numbers that names groups


@dataclass(frozen=True)
class Units:
    """``rows``: the networks that are compared; ``of``: of each its unit, from 0.

    Of each of n units ``name``; ``label``, the place of its group in ``groups``; ``stratum``, from
    0, or None; ``covariates``, shape (n, c), or None. ``said``: a line on what was left out.
    """

    rows: Integers
    of: Integers
    name: tuple[str, ...]
    groups: tuple[str, ...]
    label: Integers
    stratum: Integers | None
    covariates: Floats | None
    said: tuple[str, ...]

    def mean(self, points: Floats) -> Floats:
        """Points of the networks of ``rows`` as points of units: the mean of a unit's, (n, W)."""
        total = np.zeros((len(self.name), *points.shape[1:]))
        np.add.at(total, self.of, points)
        sizes = np.bincount(self.of).reshape(-1, *[1] * (points.ndim - 1))
        found: Floats = total / sizes
        return found


def units_of(
    names: Sequence[str],
    facts: pl.DataFrame,
    by: str,
    within: str | None,
    adjust: Sequence[str],
    unit: str | None,
) -> Units:
    """The design of networks by their ``facts``, a row each. Raises DesignError.

    Left out, and said: networks without a value in a column that is asked for, units alone in their
    group, and units alone in their stratum.
    """
    _check_groups(facts[by], by)
    asked = list(dict.fromkeys([by, *([within] if within else []), *adjust]))
    asked += [unit] if unit and unit not in asked else []
    whole = pl.all_horizontal(_is_there(name, facts[name].dtype) for name in asked)
    there = facts.select(whole).to_series()
    said = []
    for name in asked:
        lacks = facts.filter(~_is_there(name, facts[name].dtype)).height
        if lacks:
            said.append(f"{count(lacks, 'network')} left out: nothing in {visible(name)}")
    rows = np.flatnonzero(there.to_numpy())
    if not len(rows):
        raise DesignError(f"no network has a value in each of {', '.join(asked)}")
    kept = facts[rows.tolist()].with_columns(network=pl.Series([names[at] for at in rows.tolist()]))
    own = kept["network"].to_list() if unit is None else kept[unit].cast(pl.String).to_list()
    # Names of networks need not be their own; a unit's are.
    of = np.arange(len(rows)) if unit is None else np.unique(own, return_inverse=True)[1]
    first = np.unique(of, return_index=True)[1]
    for column in [by, *([within] if within else [])]:
        _check_one(kept[column], of, own, column, str(unit))
    one = kept[first.tolist()]
    label, groups = _coded(one[by])
    stratum = None if within is None else _coded(one[within])[0]
    found = Units(
        rows, of, tuple(own[at] for at in first), groups, label, stratum,
        _covariates(kept, adjust, of, own, str(unit)), tuple(said),
    )  # fmt: skip
    return _without_single(found, by, within)


def _is_there(name: str, kind: pl.DataType) -> pl.Expr:
    there = pl.col(name).is_not_null()
    return there & pl.col(name).is_finite() if kind.is_float() else there


def _check_groups(values: pl.Series, by: str) -> None:
    """Raise DesignError for a column of numbers that are no groups."""
    if not values.dtype.is_numeric():
        return
    kinds = values.drop_nulls().n_unique()
    whole = not values.dtype.is_float() or bool((values.drop_nulls() % 1 == 0).all())
    if kinds > MOST_VALUES or not whole:
        raise DesignError(
            f"{by!r} is a column of numbers with {kinds:,} values: that is a covariate (--adjust "
            f"{by}), not groups; for groups, make a column of their names (--table FILE.csv)"
        )


def _check_one(values: pl.Series, of: Integers, own: Sequence[str], column: str, unit: str) -> None:
    """Raise DesignError where a unit has two values."""
    frame = pl.DataFrame({"of": of, "value": values.cast(pl.String)})
    several = frame.group_by("of").agg(pl.col("value").unique().sort()).sort("of")
    for at, found in several.iter_rows():
        if len(found) > 1:
            name = own[int(np.flatnonzero(of == at)[0])]
            raise DesignError(
                f"{unit} {visible(name)!r} is in two of {column!r} ({visible(found[0])}, "
                f"{visible(found[1])}): a unit is in one; correct the table, or choose with --where"
            )


def _coded(values: pl.Series) -> tuple[Integers, tuple[str, ...]]:
    """Values as places in their sorted list, and the list as text."""
    kinds = values.unique().sort()
    texts = tuple(kinds.cast(pl.String).to_list())
    place = {text: at for at, text in enumerate(texts)}
    return np.array([place[each] for each in values.cast(pl.String)]), texts


def _covariates(
    kept: pl.DataFrame, adjust: Sequence[str], of: Integers, own: Sequence[str], unit: str
) -> Floats | None:
    """Numbers as they are (a unit's mean), other values as an indicator each; shape (n, c)."""
    if not adjust:
        return None
    columns = []
    first = np.unique(of, return_index=True)[1]
    for name in adjust:
        values = kept[name]
        if values.dtype.is_numeric() or values.dtype == pl.Boolean:
            numbers = values.cast(pl.Float64).to_numpy()
            columns.append((np.bincount(of, numbers) / np.bincount(of))[:, None])
            continue
        _check_one(values, of, own, name, unit)
        code, kinds = _coded(values[first.tolist()])
        columns.append((code[:, None] == np.arange(len(kinds))).astype(np.float64))
    return np.hstack(columns)


def _without_single(found: Units, by: str, within: str | None) -> Units:
    """Without units that are alone in their group or stratum, until there is none."""
    said = list(found.said)
    while True:
        alone = np.bincount(found.label)[found.label] == 1
        why = f"alone in their group of {visible(by)}"
        if not alone.any() and found.stratum is not None:
            alone = np.bincount(found.stratum)[found.stratum] == 1
            why = f"alone in their stratum of {visible(str(within))}"
        if not alone.any():
            break
        named = ", ".join(visible(found.name[at]) for at in np.flatnonzero(alone)[:5])
        said.append(
            f"{count(int(alone.sum()), 'unit')} left out: {why} ({named}"
            f"{', …' if alone.sum() > 5 else ''})"
        )
        found = _chosen(found, ~alone)
        if not len(found.name):
            break
    if len(found.groups) < 2:
        left = "; ".join(said)
        raise DesignError(
            f"{by!r} makes {count(len(found.groups), 'group')} of two networks or more; a "
            f"difference needs two{f' ({left})' if left else ''}: give another column"
        )
    return replace(found, said=tuple(said))


def _chosen(found: Units, kept: np.ndarray) -> Units:
    label = found.label[kept]
    kinds = np.unique(label)
    rows = kept[found.of]
    renumbered = np.cumsum(kept) - 1
    stratum = None if found.stratum is None else found.stratum[kept]
    return replace(
        found,
        rows=found.rows[rows],
        of=renumbered[found.of[rows]],
        name=tuple(name for name, own in zip(found.name, kept, strict=True) if own),
        groups=tuple(found.groups[each] for each in kinds),
        label=np.searchsorted(kinds, label),
        stratum=None if stratum is None else np.unique(stratum, return_inverse=True)[1],
        covariates=None if found.covariates is None else found.covariates[kept],
    )
