"""How far an estimate may be off: the scatter of its curves over groups of its probes."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from zoo_spectra.method.levels import Floats
from zoo_spectra.method.mme import S_EDGES, cumulative_density, mix

GROUPS = 16  # at most
LEVEL = 0.975  # of Student's t: an interval of 95 %
Integers = npt.NDArray[np.int64]


def replicates(
    values: Sequence[Floats],
    weights: Sequence[Floats | None],
    probes: Sequence[Integers | None],
    orders: Sequence[int],
) -> Floats:
    """F_M of a network by each group of probes alone, with a σ of its own: shape (R, 129).

    Arguments as for ``mix``; ``probes`` has the number of each node's probe, from 0, None where a
    spectrum is exact and the same in each replicate. Probe i is in group i mod R; R is the fewest
    probes of a constituent, at most 16, and 0 where all are exact. Raises ValueError for one probe.

    Probes are orthogonal, so that N of them have no scatter, and m of them that of a sample drawn
    from N without return: a replicate lies √(1 - m/N) of the way from the mean of all to its group.
    """
    counts = [int(probe.max()) + 1 for probe in probes if probe is not None]
    if counts and min(counts) < 2:
        raise ValueError("an estimate from one probe does not tell how far it is off")
    groups = min([*counts, GROUPS]) if counts else 0
    curves = [_replicate(values, weights, probes, orders, at, groups) for at in range(groups)]
    return np.reshape(curves, (groups, len(S_EDGES)))


def _replicate(
    values: Sequence[Floats],
    weights: Sequence[Floats | None],
    probes: Sequence[Integers | None],
    orders: Sequence[int],
    group: int,
    groups: int,
) -> Floats:
    nodes: list[Floats] = []
    shares: list[Floats | None] = []
    for each, weight, probe, order in zip(values, weights, probes, orders, strict=True):
        if weight is None or probe is None:
            nodes.append(each)
            shares.append(None)
        else:
            own = np.where(probe % groups == group, weight, 0.0)
            way = sqrt(max(0.0, 1.0 - (int(probe.max()) + 1) / order))
            share = way * own / own.sum() + (1.0 - way) * weight
            nodes.append(each[share > 0])
            shares.append(share[share > 0])
    mixed = mix(nodes, shares, orders)
    return cumulative_density(mixed.eigenvalues, mixed.mass, mixed.blur)


def standard_error(curves: Floats) -> Floats:
    """Of the mean of R ≥ 2 replicates, by column: shape (R, n) to (n,), ≥ 0."""
    error: Floats = np.std(curves, axis=0, ddof=1) / np.sqrt(len(curves))
    return error


def student_factor(curves: Floats) -> float:
    """Half the width of a 95 % interval, in standard errors from R replicates."""
    return float(stdtrit(len(curves) - 1, LEVEL))
