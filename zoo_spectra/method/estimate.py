"""How many probes and steps an estimate takes: as many as its tolerance needs, up to stated caps.

Steps are doubled until the curve no longer moves; then probes are added until their scatter is as
small. The numbers are conventions of this package.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, sqrt

import numpy as np
import numpy.typing as npt

from zoo_spectra.method.levels import Floats
from zoo_spectra.method.mme import BIN_WIDTH, cumulative_density, mix
from zoo_spectra.method.quadrature import Rule
from zoo_spectra.method.replicates import replicates, standard_error
from zoo_spectra.method.slq import Coefficients, Operator, rule_of

Integers = npt.NDArray[np.int64]
# 1 had 8 probes of 256 steps, and no error of the CSD; 3: what 2 was, from other probes; 4 has a σ
# between the two middle levels.
ESTIMATE_VERSION = 4
# e-folds: by so much of it the last doubling of the steps may have moved the curve (half of that or
# so is left), and the scatter of the probes in the mean: two thirds of it in all, so that hardly a
# row is off by more.
TOLERANCE = 0.02
STEPS_SHARE, PROBES_SHARE = 0.6, 0.375
FEWEST_PROBES, MOST_PROBES = 4, 1024
FIRST_STEPS, MOST_STEPS = 256, 4096
# Entries touched, beyond which neither steps nor probes are added. A multiplication by a sparse
# matrix takes 1.5 to 2.5 ns an entry, by a dense one an eighth of it.
MOST_WORK = 3e11
DENSE_SHARE = 1 / 8
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


@dataclass(frozen=True)
class Wanted:
    """Lanczos from probes ``begin`` to ``end``, up to ``steps`` steps.

    ``likely``: the steps that will be wanted of them in the end, as far as can be told.
    """

    begin: int
    end: int
    steps: int
    likely: int


@dataclass
class Estimation:
    """What an estimate wants next, given the coefficients that it has so far.

    ``found``: of probe i; more steps than were wanted are no harm, since only the wanted ones are
    used: the estimate is the same.
    """

    operator: Operator
    tolerance: float = TOLERANCE
    found: list[Coefficients] = field(default_factory=list)
    _rules: dict[tuple[int, int], Rule] = field(default_factory=dict)

    def wanted(self) -> Wanted | None:
        """What it lacks; None when it is complete."""
        state = self._state()
        return state if isinstance(state, Wanted) else None

    def result(self) -> Estimate:
        """Once nothing is wanted. Raises ValueError before."""
        state = self._state()
        if isinstance(state, Wanted):
            raise ValueError(f"the estimate lacks {state}")
        steps, change = state
        # Where steps did not suffice they do not halve the error yet.
        error = change if self._is_enough(change) else 2 * change
        return Estimate(*_pooled(self.operator, self._rules_of(len(self.found), steps)), error)

    def _state(self) -> Wanted | tuple[int, float]:
        """What is wanted, or the steps that were enough and what the last doubling changed."""
        enough = self._enough_steps()
        if isinstance(enough, Wanted):
            return enough
        steps, change = enough
        rules = self._rules_of(len(self.found), steps)
        # Where steps fall short, a scatter below half of what they leave is no gain.
        scatter = max(PROBES_SHARE * self.tolerance, change / 2)
        probes = _wanted_probes(self.operator, rules, steps, scatter)
        return enough if probes <= len(rules) else Wanted(len(rules), probes, steps, steps)

    def _enough_steps(self) -> Wanted | tuple[int, float]:
        """How many steps, and what the last doubling of them changed, in e-folds.

        Beyond 16 times the order there is nothing more to find.
        """
        first = max(2, min(FEWEST_PROBES, self.operator.size))
        affordable = _affordable(self.operator, FEWEST_PROBES)
        most = min(MOST_STEPS, max(2 * FIRST_STEPS, affordable), 16 * self.operator.size)
        steps, likely = min(FIRST_STEPS, int(most)), FIRST_STEPS
        while True:
            if min(map(len, self.found[:first]), default=0) < steps:
                return Wanted(0, first, steps, max(steps, likely))
            curves = [
                _curve(self.operator, self._rules_of(first, each)) for each in (steps // 2, steps)
            ]
            change = _distance(*curves)
            if self._is_enough(change) or 1.5 * steps > most:
                return steps, change
            likely = self._likely_steps(steps, change, most)
            steps = int(min(2 * steps, most))

    def _is_enough(self, change: float) -> bool:
        return change <= STEPS_SHARE * self.tolerance

    def _likely_steps(self, steps: int, change: float, most: float) -> int:
        """How many will be enough, if each doubling of them halves the change."""
        while not self._is_enough(change) and 1.5 * steps <= most:
            steps, change = int(min(2 * steps, most)), change / 2
        return steps

    def _rules_of(self, probes: int, steps: int) -> list[Rule]:
        """Of the first probes; their numbers mod 8 say how many steps fewer one takes."""
        return [self._rule(at, steps - at % DITHER * steps // 32) for at in range(probes)]

    def _rule(self, probe: int, steps: int) -> Rule:
        key = probe, steps
        if key not in self._rules:
            self._rules[key] = rule_of(self.operator, self.found[probe].first(steps))
        return self._rules[key]


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
    return cumulative_density(mixed.eigenvalues, mixed.mass, mixed.blur)


def _distance(one: Floats, other: Floats) -> float:
    return float(np.sum(np.abs(one - other)) * BIN_WIDTH)
