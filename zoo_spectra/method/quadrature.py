"""Quadrature rules from the entries of a Jacobi matrix, and the mean of them that is taken.

Golub & Meurant, *Matrices, Moments and Quadrature* (2010), chapters 3 and 6. That three rules are
averaged, and how one of them is spread, is ours.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dsterf

from zoo_spectra.method.levels import Floats, zero_threshold

Rule = tuple[Floats, Floats]
_ROWS = 16  # of a table of all pairs of nodes, made at once: it stays in the cache
_PARTS = 4  # nodes in a gap
_ATOM = 3.0
_FEWEST = 4  # nodes, fewer of which say nothing of what is between them
_EXHAUSTED = 1e-12  # of the largest diagonal entry: an entry beside it that is none


def averaged_rule(diagonal: Floats, beside: Floats, symmetric: bool, size: int, order: int) -> Rule:
    """Nodes (n,), ascending, ≥ 0, and weights (n,), > 0, of sum 1, from k ≥ 2 Lanczos steps.

    Arguments: k diagonal entries, k or k - 1 beside them; whether the operator was W itself and not
    a Gram matrix; its size; the order N of W, for the numerical zero.

    The mean of ``both_sides`` and, where the spectrum is denser than its nodes, of ``between``:
    each half. It is not where the steps have found single levels: where they are half the size, or
    the Krylov space was exhausted.
    """
    first, second = both_sides(diagonal, beside, symmetric)
    rounding = zero_threshold(np.concatenate([first[0], second[0]]), order)
    rules = [first, _out_of_null(first, second, rounding)]
    steps = beside[: len(diagonal) - 1]
    dense = 2 * len(diagonal) < size and steps.min() > _EXHAUSTED * np.max(np.abs(diagonal))
    if dense:
        rules += [between(*first, rounding)] * 2
    nodes = np.concatenate([each for each, _ in rules])
    weights = np.concatenate([each for _, each in rules]) / len(rules)
    rank = np.argsort(nodes, kind="stable")
    rank = rank[weights[rank] > 0]
    return nodes[rank], weights[rank] / weights.sum()


def both_sides(diagonal: Floats, beside: Floats, symmetric: bool) -> tuple[Rule, Rule]:
    """Two rules of the Gram matrix that err to opposite sides at the low end, where steps are
    missed most.

    Of a Gram matrix: Gauss, whose lowest node is too high, and Gauss-Radau with a node at zero,
    whose weight is the most that a measure of these moments can have there. Of a symmetric matrix,
    whose eigenvalues are squared: Gauss of k and of k - 1 steps, since one of them has a node near
    zero and the other has not.
    """
    if symmetric:
        lengths = len(diagonal), len(diagonal) - 1
        pair = [_squared(gauss(diagonal[:k], beside)) for k in lengths]
    else:
        pair = [gauss(diagonal, beside), gauss(_with_zero(diagonal, beside), beside)]
    first, second = ((np.clip(nodes, 0.0, None), weights) for nodes, weights in pair)
    return first, second


def gauss(diagonal: Floats, beside: Floats) -> Rule:
    """Nodes and weights of a Jacobi matrix: its eigenvalues θ, the squared first entries of its
    eigenvectors.

    w_i = Π_j (θ_i - μ_j) / Π_{j≠i} (θ_i - θ_j), where μ are the eigenvalues without the first row
    and column, which lie between those θ (Golub & Meurant, section 3.4): at a fraction of the cost
    of vectors. Each μ is divided by the next θ beyond it, so that no factor is above one. Copies of
    converged eigenvalues share their weight in some way; its sum is right.
    """
    both = np.empty(2 * len(diagonal) - 1)
    both[::2] = _eigenvalues(diagonal, beside[: len(diagonal) - 1])
    both[1::2] = _eigenvalues(diagonal[1:], beside[1 : len(diagonal) - 1])
    # In this order up to rounding, and made so: then weights are positive, and their sum is one.
    least = 1e-4 * np.spacing(max(abs(both[0]), abs(both[-1])))
    apart = np.cumsum(2 * np.spacing(np.abs(both)) + least)
    both = np.maximum.accumulate(both - apart) + apart
    nodes, others = both[::2], both[1::2]
    weights = np.empty(len(nodes))
    for start in range(0, len(nodes), _ROWS):
        some = nodes[start : start + _ROWS, None]
        below = np.arange(len(others)) < start + np.arange(len(some))[:, None]
        factors = some - others
        factors /= some - np.where(below, nodes[:-1], nodes[1:])
        weights[start : start + _ROWS] = np.multiply.reduce(factors, axis=1)
    return nodes, weights / weights.sum()


def _eigenvalues(diagonal: Floats, beside: Floats) -> Floats:
    if len(diagonal) < 2:
        return diagonal
    values, info = dsterf(diagonal, beside)
    if info:
        raise np.linalg.LinAlgError(f"LAPACK's dsterf ended with info = {info}")
    found: Floats = values
    return found


def _squared(rule: Rule) -> Rule:
    return rule[0] ** 2, rule[1]


def _with_zero(diagonal: Floats, beside: Floats) -> Floats:
    """The diagonal with its last entry changed so that zero is an eigenvalue (Golub 1973).

    As it is where it is singular already, up to rounding.
    """
    pivot = diagonal[0]
    for entry, before in zip(diagonal[1:-1], beside, strict=False):
        if pivot <= 0:
            return diagonal
        pivot = entry - before**2 / pivot
    last = beside[len(diagonal) - 2] ** 2 / pivot if pivot > 0 else np.inf
    possible = last <= diagonal.max() + 2 * beside.max()  # no node is beyond the spectrum
    return np.append(diagonal[:-1], last) if possible else diagonal


def _out_of_null(first: Rule, second: Rule, rounding: float) -> Rule:
    """The second rule; what it has at zero beyond what the first has is not known to be zero.

    It is placed just above the numerical zero, where it is no part of the null mass.
    """
    nodes, weights = second
    zero = nodes <= rounding
    excess = float(weights[zero].sum()) - float(first[1][first[0] <= rounding].sum())
    if excess <= 0:
        return second
    kept = weights * np.where(zero, 1.0 - excess / float(weights[zero].sum()), 1.0)
    return np.append(nodes, 2 * rounding), np.append(kept, excess)


def between(nodes: Floats, weights: Floats, rounding: float) -> Rule:
    """Half of each node's weight in either gap beside it, evenly in ln λ: ``_PARTS`` nodes a gap.

    The mass of a measure up to a Gauss node lies between the sums of the weights without and with
    its own (Chebyshev, Markov, Stieltjes), so half of it is the best guess. What a node has beyond
    ``_ATOM`` times the larger of its neighbours is degenerate levels, and stays where it is. Below
    the lowest node lies a gap like the one above it.
    """
    rank = np.argsort(nodes, kind="stable")
    nodes, weights = nodes[rank], weights[rank]
    at = int(np.searchsorted(nodes, rounding, side="right"))
    places, mass = np.log(nodes[at:]), weights[at:]
    if len(places) < _FEWEST:
        return nodes, weights
    beside = np.maximum(np.append(mass[1:], 0.0), np.append(0.0, mass[:-1]))
    spread = np.minimum(mass, _ATOM * beside)
    gaps = np.diff(places)
    parts = (np.arange(_PARTS) + 0.5) / _PARTS
    starts = np.append(places[0] - gaps[0], places[:-1])
    inside = starts[:, None] + np.append(gaps[0], gaps)[:, None] * parts
    share = (np.append(0.0, spread[:-1]) + spread) / 2
    above = np.maximum(np.exp(inside.ravel()), 2 * rounding)  # no part of the null mass
    found = [nodes[:at], above, nodes[-1:], nodes[at:]]
    held = [weights[:at], np.repeat(share / _PARTS, _PARTS), spread[-1:] / 2, mass - spread]
    return np.concatenate(found), np.concatenate(held)
