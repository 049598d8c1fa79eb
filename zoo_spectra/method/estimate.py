"""How many probes and steps an estimate takes: as many as its tolerance needs, up to stated caps.

Steps are doubled until the curve no longer moves; then probes are added until their scatter is as
small. The numbers are conventions of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
import numpy.typing as npt

from zoo_spectra.method.levels import Floats
from zoo_spectra.method.mme import BIN_WIDTH, cumulative_density, mix
from zoo_spectra.method.quadrature import Rule
from zoo_spectra.method.replicates import replicates, standard_error
from zoo_spectra.method.slq import Operator, Recurrence, operator_of
from zoo_spectra.sources import Matrix, Sparse

Integers = npt.NDArray[np.int64]
Stream = Callable[[int], np.random.Generator]
Run = Callable[[list[Recurrence], int], list[Recurrence]]
ESTIMATE_VERSION = 2  # 1 had 8 probes of 256 steps, and no error of the CSD
# e-folds: by so much of it the last doubling of the steps may have moved the curve (what is left is
# about half of that), and by half of it the scatter of the probes in the mean.
TOLERANCE = 0.02
STEPS_SHARE, PROBES_SHARE = 0.8, 0.5
FEWEST_PROBES, MOST_PROBES = 4, 1024
FIRST_STEPS, MOST_STEPS = 256, 4096
# Entries touched, beyond which neither steps nor probes are added. A multiplication by a sparse
# matrix takes 1.5 to 2.5 ns an entry, by a dense one an eighth of it.
MOST_WORK = 3e11
DENSE_SHARE = 1 / 8
BLOCK = 32  # probes that are run together, where their vectors stay in the cache
BLOCK_SIZE = 1 << 15
# Steps of probe i are shorter by a 32nd for each i mod 8, so that nodes do not coincide.
DITHER = 8


@dataclass(frozen=True)
class Estimate:
    """A spectrum by quadrature: nodes (n,), ascending, ≥ 0, their weights, of sum 1, and probes.

    ``steps_error``: e-folds, ≥ 0, by which the curve may be off for want of steps: what the last
    doubling of them changed, since each halves the error or nearly so; twice that at the cap.
    """

    nodes: Floats
    weights: Floats
    probe: Integers
    steps_error: float


def estimate(
    matrix: Matrix | Sparse, stream: Stream, threads: int = 1, tolerance: float = TOLERANCE
) -> Estimate:
    """The spectrum of the smaller Gram matrix of W, which is never formed.

    ``matrix``: W, shape (p, q), float64, dense or a canonical ``csr_array``, not all zero, with
    squares in the range of float64. ``stream(i)``: the random stream of probe i, so that a result
    does not depend on ``threads``.
    """
    operator = operator_of(matrix)
    with ThreadPoolExecutor(1 if operator.dense else threads) as pool:  # BLAS has its own

        def run(starts: list[Recurrence], steps: int) -> list[Recurrence]:
            return list(pool.map(lambda each: each.extend(steps), starts))

        first = _starts(operator, stream, 0, max(2, min(FEWEST_PROBES, operator.size)))
        steps, change = _enough_steps(operator, first, run, tolerance)
        rules = _rules(first, steps)
        # Where steps fall short, a scatter far below what they leave is no gain.
        scatter = max(PROBES_SHARE * tolerance, change / 4)
        while (wanted := _wanted_probes(operator, rules, steps, scatter)) > len(rules):
            rules += _rules(run(_starts(operator, stream, len(rules), wanted), steps), steps)
    # Where steps did not suffice they do not halve the error yet.
    enough = change <= STEPS_SHARE * tolerance
    return Estimate(*_pooled(operator, rules), change if enough else 2 * change)


def _starts(operator: Operator, stream: Stream, begin: int, end: int) -> list[Recurrence]:
    """Lanczos from probes ``begin`` to ``end``: random signs, made orthogonal to those before.

    Signs scatter least of all independent entries, and so many orthogonal ones as the order have no
    scatter at all: their mean is the trace. Dense matrices, and those of small vectors, take
    several at once.
    """
    signs = [stream(i).integers(0, 2, operator.size) * 2.0 - 1.0 for i in range(end)]
    probes = np.column_stack(signs)
    if end <= operator.size:  # two of order 1 are the same
        probes = np.linalg.qr(probes).Q
    width = BLOCK if operator.dense or operator.size <= BLOCK_SIZE else 1
    return [
        Recurrence(operator, probes[:, at : min(at + width, end)] if width > 1 else probes[:, at])
        for at in range(begin, end, width)
    ]


def _enough_steps(
    operator: Operator, first: list[Recurrence], run: Run, tolerance: float
) -> tuple[int, float]:
    """How many steps, and what the last doubling of them changed, in e-folds.

    Beyond 16 times the order there is nothing more to find.
    """
    affordable = _affordable(operator, FEWEST_PROBES)
    most = min(MOST_STEPS, max(2 * FIRST_STEPS, affordable), 16 * operator.size)
    steps = min(FIRST_STEPS, int(most))
    while True:
        run(first, steps)
        curves = [_curve(operator, _rules(first, each)) for each in (steps // 2, steps)]
        change = _distance(*curves)
        if change <= STEPS_SHARE * tolerance or 1.5 * steps > most:
            return steps, change
        steps = int(min(2 * steps, most))


def _rules(recurrences: Sequence[Recurrence], steps: int) -> list[Rule]:
    """Of each probe; their numbers mod 8 say how many steps fewer than ``steps`` one takes."""
    found: list[Rule] = []
    for each in recurrences:
        places = range(len(found), len(found) + each.count)
        found += each.rules([steps - place % DITHER * steps // 32 for place in places])
    return found


def _wanted_probes(operator: Operator, rules: list[Rule], steps: int, most: float) -> int:
    """As many probes as bring their mean distance from the truth within ``most`` e-folds."""
    nodes, weights, probe = _pooled(operator, rules)
    curves = replicates([nodes], [weights], [probe], [operator.order])
    scatter = expected_distance(curves) / most
    if scatter <= 1:
        return len(rules)
    # Of m orthogonal probes of n the variance goes as 1/m - 1/n.
    inverse = 1 / operator.size
    needed = 1 / ((1 / len(rules) - inverse) / scatter**2 + inverse)
    wanted = ceil(needed / FEWEST_PROBES) * FEWEST_PROBES
    return min(wanted, MOST_PROBES, operator.size, int(_affordable(operator, steps)))


def _affordable(operator: Operator, times: int) -> float:
    """So many times ``times`` applications are within the most work."""
    share = DENSE_SHARE if operator.dense else 1.0
    return MOST_WORK / (times * operator.entries * share)


def expected_distance(curves: Floats) -> float:
    """The mean distance from the truth, in e-folds, that replicates of the curve let expect."""
    return sqrt(2 / np.pi) * float(np.sum(standard_error(curves))) * BIN_WIDTH


def _pooled(operator: Operator, rules: list[Rule]) -> tuple[Floats, Floats, Integers]:
    """Nodes, weights and probes of all rules together; the lowest are zeros that W must have."""
    nodes = np.concatenate([values for values, _ in rules])
    weights = np.concatenate([each for _, each in rules]) / len(rules)
    probe = np.repeat(np.arange(len(rules)), [len(values) for values, _ in rules])
    rank = np.argsort(nodes, kind="stable")
    nodes, weights, probe = nodes[rank], weights[rank], probe[rank]
    nodes[: np.searchsorted(np.cumsum(weights), operator.null, side="right")] = 0.0
    return nodes, weights, probe


def _curve(operator: Operator, rules: list[Rule]) -> Floats:
    nodes, weights, _ = _pooled(operator, rules)
    mixed = mix([nodes], [weights], [operator.order])
    return cumulative_density(mixed.eigenvalues, mixed.mass)


def _distance(one: Floats, other: Floats) -> float:
    return float(np.sum(np.abs(one - other)) * BIN_WIDTH)
