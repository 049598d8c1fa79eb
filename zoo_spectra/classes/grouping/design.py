"""What there is to say of a design before its numbers are believed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from zoo_spectra.classes.grouping.model import ALONE, Model, indicators
from zoo_spectra.classes.grouping.shuffles import Shuffles
from zoo_spectra.errors import DesignError
from zoo_spectra.method import Floats, Integers
from zoo_spectra.text import count, percent, visible

SIGNIFICANT = 0.05
ENTANGLED = 0.8  # share of the groups' squares that covariates explain, from which on it is said
NAMED = 5
MANY = 2  # values a group, beyond which a column is taken for names of subjects


def check_leverage(model: Model, names: Sequence[str]) -> None:
    """Raise DesignError where a unit alone decides what is allowed for."""
    alone = np.flatnonzero(model.leverage > ALONE)
    if len(alone):
        raise DesignError(
            f"{visible(names[int(alone[0])])!r} is the only one of its values in what is allowed "
            "for (--within, --adjust), so nothing can be said of it: leave it out with --where, or "
            "that column"
        )


def entangled(label: Integers, model: Model) -> list[str]:
    """A line where covariates or strata explain most of who is in which group."""
    groups = indicators(label)
    centred = groups - groups.mean(axis=0)
    total = float((centred**2).sum())
    explained = float(((model.reduced.T @ centred) ** 2).sum())
    if explained < ENTANGLED * total:
        return []
    return [
        f"what is allowed for explains {percent(explained / total)} of who is in which group: "
        "little is left to tell the groups apart by, and no p-value says whose an effect is"
    ]


def confounded(
    metadata: pl.DataFrame, by: str, group: Sequence[str], skip: Sequence[str]
) -> list[str]:
    """Lines on the columns of metadata whose every value is in one group only.

    ``metadata``: a row a network, ``group``: its group. Columns with a value a network, or with one
    value, say nothing, and neither do numbers that are no whole ones. One of many values is taken
    for the names of subjects.
    """
    nested: list[str] = []
    subjects: list[str] = []
    for name in metadata.columns:
        values = metadata[name]
        if name in skip or values.dtype.is_float() or values.null_count():
            continue
        kinds = values.n_unique()
        if not 2 <= kinds <= len(group) / 2:
            continue
        frame = pl.DataFrame({"value": values.cast(pl.String), "group": list(group)})
        if (frame["value"] == frame["group"]).all():  # the same column, by another name
            continue
        if frame.group_by("value").agg(pl.col("group").n_unique())["group"].max() == 1:
            many = kinds > MANY * len(set(group))
            (subjects if many else nested).append(visible(name))
    said = []
    if nested:
        said.append(
            f"confounded: each value of {_listed(nested)} is in one group only; no statistic can "
            f"tell what is due to it from what is due to {visible(by)}"
        )
    if subjects:
        said.append(
            f"several networks share a value of {_listed(subjects)}: if these are subjects, give "
            f"--unit {subjects[0]}, since scans of one are no independent evidence; if not, it is "
            f"confounded with {visible(by)}"
        )
    return said


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def untested(pairs: pl.DataFrame) -> list[str]:
    """A line on pairs of groups that have no numbers."""
    without = pairs.filter(pl.col("p_value").is_null())
    if without.is_empty():
        return []
    names = [f"{visible(one)} and {visible(other)}"
             for one, other in without.select("one", "other").iter_rows()]  # fmt: skip
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"pairs that cannot be compared (never in one stratum, or equal): "
            f"{', '.join(names[:NAMED])}{more}"]  # fmt: skip


def resolution(shuffles: Shuffles, pairs: pl.DataFrame, constituents: int) -> list[str]:
    """Lines on how small a p-value can be, where that is not small enough."""
    said = []
    number = len(shuffles.order)
    if shuffles.whole:
        said.append(
            f"all {count(number, 'shuffle')} that there are: the least possible p is "
            f"{shuffles.least:.2g}"
        )
    if shuffles.least > SIGNIFICANT:
        said.append(f"no p can be below {SIGNIFICANT}: there are too few networks")
        return said
    tested = pairs.drop_nulls("p_value")
    if tested.height:
        least = np.asarray(tested["least_p_value"].to_numpy())
        dull = int(np.count_nonzero(least * tested.height > SIGNIFICANT))
        if dull:
            said.append(
                f"{count(dull, 'pair')} can not reach {SIGNIFICANT} after Holm's correction of "
                f"{tested.height:,}: too few networks or permutations"
            )
    if constituents and constituents * shuffles.least > SIGNIFICANT:
        need = int(np.ceil(constituents / SIGNIFICANT))
        said.append(
            f"a single constituent of {constituents:,} can not reach {SIGNIFICANT} after correction"
            + ("" if shuffles.whole else f": give --permutations {need} or more")
        )
    return said


def spread_said(
    p_value: float, label: Integers, distance: Floats, groups: Sequence[str]
) -> list[str]:
    """A line where groups differ in spread, which PERMANOVA takes for a difference of place."""
    if not p_value <= SIGNIFICANT:
        return []
    spread = np.array([distance[label == each].mean() for each in range(len(groups))])
    wide, tight = groups[int(spread.argmax())], groups[int(spread.argmin())]
    return [
        f"groups are spread differently (widest {visible(wide)}, tightest {visible(tight)}): part "
        "or all of the difference between them may be one of spread, and where their sizes differ "
        "its p is not to be relied on"
    ]
