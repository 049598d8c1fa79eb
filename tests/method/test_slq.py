"""Lanczos quadrature, and the estimates made of it, against exact spectra. Seeded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from scipy import sparse

import zoo_spectra as zs
from zoo_spectra.method import estimate as estimates
from zoo_spectra.method import probes as of_probes
from zoo_spectra.method.csd import tail
from zoo_spectra.method.estimate import Estimate, Estimation
from zoo_spectra.method.mme import (
    BIN_WIDTH,
    cumulative_density,
    density,
    mix,
    null_mass,
    scale_of,
)
from zoo_spectra.method.probes import estimate, part
from zoo_spectra.method.quadrature import Rule, averaged_rule, between, both_sides
from zoo_spectra.method.replicates import replicates, standard_error, student_factor
from zoo_spectra.method.slq import Recurrence, operator_of, rule_of
from zoo_spectra.method.spectrum import (
    ConstituentSpectrum,
    Floats,
    constituent_spectrum,
    gram_eigenvalues,
    stream,
)
from zoo_spectra.sources.network import Constituent, Matrix

LOOSE = 0.1  # e-folds: few probes, where no more are needed


def estimated(matrix: Matrix, network: str = "n", tolerance: float = LOOSE) -> Estimate:
    return estimate(matrix, partial(stream, network, "w"), tolerance=tolerance)


def solved(matrix: Matrix, network: str = "n") -> ConstituentSpectrum:
    return constituent_spectrum(Constituent("w", matrix), exact_limit=10, network_id=network)


def exact(matrix: Matrix) -> ConstituentSpectrum:
    return constituent_spectrum(Constituent("w", matrix))


def curve(found: Estimate | ConstituentSpectrum, order: int) -> Floats:
    if isinstance(found, Estimate):
        mixed = mix([found.nodes], [found.weights], [order])
    else:
        mixed = mix([found.eigenvalues], [found.weights], [order])
    return cumulative_density(mixed.eigenvalues, mixed.mass)


def distance(matrix: Matrix, found: Estimate) -> float:
    order = min(matrix.shape)
    apart = np.abs(curve(found, order) - curve(exact(matrix), order))
    return float(np.sum(apart)) * BIN_WIDTH


def error_bar(found: Estimate, order: int) -> float:
    groups = replicates([found.nodes], [found.weights], [found.probe], [order])
    scatter = float(np.sum(standard_error(groups))) * BIN_WIDTH
    return student_factor(groups) * scatter + found.steps_error


def null_of(found: Estimate, order: int) -> float:
    return null_mass(mix([found.nodes], [found.weights], [order]))


def rules(matrix: Matrix, steps: int, starts: Floats) -> list[Rule]:
    operator = operator_of(matrix)
    made = Recurrence(operator, starts).extend(steps)
    return [rule_of(operator, each) for each in made.coefficients()]


def pairs(matrix: Matrix, steps: int, starts: Floats) -> list[Rule]:
    """Both rules of each probe together."""
    operator = operator_of(matrix)
    made = Recurrence(operator, starts).extend(steps)
    found = []
    for diagonal, beside in zip(np.array(made.diagonal).T, np.array(made.beside).T, strict=True):
        (one, some), (two, others) = both_sides(diagonal, beside, operator.symmetric)
        found.append((np.append(one, two), np.append(some, others) / 2))
    return found


def signs(*shape: int) -> Floats:
    return 2.0 * np.random.default_rng(2).integers(0, 2, shape) - 1


@pytest.mark.parametrize("shape", [(30, 70), (70, 30), (50, 50)])
def test_quadrature_has_the_moments_of_its_probe(shape: tuple[int, int]) -> None:
    """Gauss is exact to degree 2k - 1, Gauss-Radau to 2k - 2: a check without any statistics."""
    matrix = np.random.default_rng(1).standard_normal(shape) / 10
    gram = matrix @ matrix.T if shape[0] <= shape[1] else matrix.T @ matrix
    starts = signs(min(shape), 3)
    for (nodes, weights), start in zip(pairs(matrix, 6, starts), starts.T, strict=True):
        assert weights.sum() == pytest.approx(1, abs=1e-14)
        vector = start / np.linalg.norm(start)
        for degree in range(11):
            expected = vector @ np.linalg.matrix_power(gram, degree) @ vector
            assert np.sum(weights * nodes**degree) == pytest.approx(expected, rel=1e-10)
        beyond = vector @ np.linalg.matrix_power(gram, 12) @ vector
        assert np.sum(weights * nodes**12) != pytest.approx(beyond, rel=1e-10)


def test_a_symmetric_matrix_has_the_moments_of_its_own_eigenvalues() -> None:
    """The rules of k and k - 1 = 5 steps on W are exact to degree 9 in W: 4 in its Gram matrix."""
    given = np.random.default_rng(1).standard_normal((50, 50)) / 10
    matrix = given + given.T
    starts = signs(50, 2)
    for (nodes, weights), start in zip(pairs(matrix, 6, starts), starts.T, strict=True):
        vector = start / np.linalg.norm(start)
        for degree in range(5):
            expected = vector @ np.linalg.matrix_power(matrix, 2 * degree) @ vector
            assert np.sum(weights * nodes**degree) == pytest.approx(expected, rel=1e-10)
        beyond = vector @ np.linalg.matrix_power(matrix, 12) @ vector
        assert np.sum(weights * nodes**6) != pytest.approx(beyond, rel=1e-10)


@pytest.mark.parametrize("symmetric", [False, True])
def test_enough_steps_find_every_eigenvalue(symmetric: bool) -> None:
    matrix = np.random.default_rng(3).standard_normal((25, 25 if symmetric else 40))
    matrix = matrix + matrix.T if symmetric else matrix
    eigenvalues = gram_eigenvalues(matrix)
    for nodes, weights in rules(matrix, 80, signs(25, 2)):
        apart = np.abs(nodes[:, None] - eigenvalues) / eigenvalues[-1]
        assert np.all(apart.min(axis=0) < 1e-9)
        assert weights[apart.min(axis=1) > 1e-9].sum() < 1e-6


def test_the_rules_err_to_opposite_sides_and_their_mean_less() -> None:
    """Of six decades, 64 steps see three: distances from the probes' own measures, in e-folds."""
    values = np.logspace(-6, 0, 400)
    start = signs(400, 8) / np.sqrt(400)
    matrix = np.diag(np.sqrt(values)) @ _turn(400, 5)  # in its basis a sign has no scatter
    made = Recurrence(operator_of(matrix), start).extend(64)
    apart: dict[str, list[Floats]] = {name: [] for name in ("gauss", "radau", "between", "mean")}
    for diagonal, beside in zip(np.array(made.diagonal).T, np.array(made.beside).T, strict=True):
        first, second = both_sides(diagonal, beside, False)
        found = {"gauss": first, "radau": second, "between": between(*first, 1e-13)}
        found["mean"] = averaged_rule(diagonal, beside, False, 400, 400)
        for name, rule in found.items():
            apart[name].append(share_below(rule) - np.arange(400) / 400)
    error = {name: np.mean(each, axis=0) for name, each in apart.items()}
    low = slice(20, 100)
    assert error["gauss"][low].max() < 0 < error["radau"][low].min()
    far = {name: float(np.mean(np.abs(each))) for name, each in error.items()}
    assert far["mean"] < 0.6 * far["gauss"]
    assert max(far["between"], far["mean"]) < min(far["gauss"], far["radau"])


def share_below(rule: Rule) -> Floats:
    """The mass below each of 400 levels of six decades."""
    share: Floats = np.sum(rule[1] * (rule[0] < np.logspace(-6, 0, 400)[:, None]), axis=1)
    return share


def test_what_is_spread_keeps_its_mass_and_degenerate_levels_their_place() -> None:
    nodes, weights = np.array([0.0, 1.0, 2.0, 4.0, 8.0, 16.0]), np.array([10, 1, 1, 7, 1, 1]) / 21
    places, mass = between(nodes, weights, 1e-12)
    assert mass.sum() == pytest.approx(1)
    assert mass[places == 0].sum() == pytest.approx(10 / 21)
    assert mass[places == 4.0].sum() == pytest.approx(4 / 21)  # of 7, three times a neighbour go
    for low, high, share in ((0.5, 1, 0.5), (1, 2, 1), (2, 4, 2), (4, 8, 2), (8, 16, 1)):
        inside = mass[(places > low) & (places < high)].sum()
        assert inside == pytest.approx(share / 21)
    wide, _ = between(np.array([1e-14, 1e-4, 1e-2, 1.0]), np.full(4, 0.25), 1e-15)
    assert wide.min() >= 2e-15, "what is spread is not null"
    few = between(nodes[:3], weights[:3], 1e-12)
    np.testing.assert_array_equal(few, (nodes[:3], weights[:3]))


def _turn(order: int, seed: int) -> Floats:
    turn: Floats = np.linalg.qr(np.random.default_rng(seed).standard_normal((order, order)))[0]
    return turn


def test_sparse_is_dense() -> None:
    rng = np.random.default_rng(5)
    matrix = np.where(rng.random((90, 60)) < 0.1, rng.lognormal(size=(90, 60)), 0.0)
    matrix[:20] = 0
    matrix[:, 3] = 0
    # As many probes as the order, so that it is no matter which they are.
    one, other = (estimated(each, tolerance=0.005) for each in (matrix, sparse.csr_array(matrix)))
    # The pattern has a rank of its own, by which the sparse one may know more zeros.
    np.testing.assert_allclose(curve(one, 60), curve(other, 60), atol=0.02)
    assert other.nodes[-1] == pytest.approx(one.nodes[-1], rel=1e-12)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_probes, "BLOCK_SIZE", 10)  # each probe for itself
    rng = np.random.default_rng(5)
    matrix = sparse.csr_array(sparse.random_array((300, 300), density=0.05, rng=rng))
    one, two = (
        estimate(matrix, partial(stream, "n"), threads, tolerance=LOOSE) for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.nodes, two.nodes)
    np.testing.assert_array_equal(one.weights, two.weights)
    assert one.steps_error == two.steps_error


def test_parts_that_run_ahead_make_the_same_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_probes, "BLOCK_SIZE", 10)  # each probe for itself
    monkeypatch.setattr(estimates, "FIRST_STEPS", 32)
    rng = np.random.default_rng(6)
    matrix = sparse.csr_array(sparse.random_array((900, 900), density=0.02, rng=rng))
    streams = partial(stream, "n")
    whole, parted = estimate(matrix, streams), Estimation(operator_of(matrix))
    rounds = []
    while (wanted := parted.wanted()) is not None:
        rounds.append(wanted)
        with pytest.raises(ValueError, match="lacks"):
            parted.result()
        ways = [range(at, at + 2) for at in range(wanted.begin, wanted.end, 2)]
        steps = wanted.likely + 5  # more than are wanted change nothing
        parted.found[wanted.begin :] = [
            each
            for way in ways
            for each in part(operator_of(matrix), streams, wanted.end, way, steps)
        ]
    assert rounds[0].likely == 32
    assert rounds[1].begin == 0
    assert rounds[1].likely > 64  # not each doubling is a round of its own
    assert rounds[-1].begin > 0
    assert parted.result().nodes.tobytes() == whole.nodes.tobytes()
    assert parted.result().weights.tobytes() == whole.weights.tobytes()
    assert parted.result().steps_error == whole.steps_error


def heavy(rng: np.random.Generator) -> Matrix:
    return rng.standard_t(3, (300, 500)).astype(np.float32)


def square(rng: np.random.Generator) -> Matrix:
    return rng.standard_normal((300, 300))


def low_rank(rng: np.random.Generator) -> Matrix:
    return of_rank(260, rng)


def of_rank(rank: int, rng: np.random.Generator) -> Matrix:
    return rng.standard_normal((400, rank)) @ rng.standard_normal((rank, 600))


def symmetric(rng: np.random.Generator) -> Matrix:
    matrix = rng.standard_normal((300, 300))
    return matrix + matrix.T


@pytest.mark.parametrize("make", [heavy, square, low_rank, symmetric])
def test_the_error_is_the_standard_error(make: Callable[[np.random.Generator], Matrix]) -> None:
    """Over 12 networks of probes: the true error per bin is what is claimed, and none is far off.

    Bins of more than 2 % mass. A claim from R probes is good to 1/√2R, the ratio of quadratic
    means to a few percent; the exact bins are grainy (1 of 300 eigenvalues is 0.3 %), which the
    quadrature smooths, and random signs scatter less than the claim where vectors are localised.
    """
    matrix = make(np.random.default_rng(7)).astype(np.float64)
    order = min(matrix.shape)
    truth = density(curve(exact(matrix), order))
    kept = truth > 0.02
    assert kept.sum() >= 8
    found = [estimated(matrix, str(i)) for i in range(12)]
    errors = np.array([density(curve(each, order)) - truth for each in found])[:, kept]
    groups = [replicates([e.nodes], [e.weights], [e.probe], [order]) for e in found]
    claims = np.array([standard_error(density(each)) for each in groups])[:, kept]
    ratio = np.sqrt(np.mean(errors**2) / np.mean(claims**2))
    assert 0.7 < ratio < 1.8
    # The bar of the whole curve holds 12 of 12, and is no more than ten times too wide.
    apart = np.array([distance(matrix, each) for each in found])
    bars = np.array([error_bar(each, order) for each in found])
    assert np.all(apart <= bars)
    assert bars.mean() < 10 * apart.mean()


@pytest.mark.parametrize("make", [square, symmetric, low_rank])
def test_a_smaller_tolerance_takes_more_and_comes_nearer(
    make: Callable[[np.random.Generator], Matrix],
) -> None:
    matrix = make(np.random.default_rng(8))
    coarse, fine = (estimated(matrix, tolerance=each) for each in (0.4, 0.04))
    assert fine.probe.max() > coarse.probe.max()
    assert error_bar(fine, min(matrix.shape)) < error_bar(coarse, min(matrix.shape)) / 2
    assert distance(matrix, fine) < 0.04


def test_steps_are_doubled_until_the_curve_stays() -> None:
    """Six decades need more steps than one does; at the cap the row says so."""
    matrix = np.diag(10 ** np.linspace(-3, 0, 150)) @ _turn(150, 6)
    found = estimated(matrix)
    assert found.steps_error <= LOOSE
    assert distance(matrix, found) < LOOSE


def test_caps_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.diag(10 ** np.linspace(-4, 0, 200)) @ _turn(200, 7)
    monkeypatch.setattr(estimates, "FIRST_STEPS", 16)
    monkeypatch.setattr(estimates, "MOST_STEPS", 32)
    monkeypatch.setattr(estimates, "MOST_PROBES", 8)
    found = estimated(matrix, tolerance=0.02)
    assert found.probe.max() == 3, "more of them would not help"
    assert found.steps_error > 0.1
    assert distance(matrix, found) <= error_bar(found, 200)
    (said,) = zs.analyze({"w": matrix}, zs.Settings(exact_limit=100)).notes
    assert "not to 0.02 e-folds: more steps may move it by 0." in said
    monkeypatch.setattr(estimates, "FIRST_STEPS", 256)
    monkeypatch.setattr(estimates, "MOST_STEPS", 4096)
    wide = np.random.default_rng(6).standard_normal((200, 400))
    assert estimated(wide, tolerance=0.02).probe.max() == 7
    (said,) = zs.analyze({"w": wide}, zs.Settings(exact_limit=100)).notes
    assert "more probes may move it by 0." in said
    monkeypatch.setattr(estimates, "MOST_WORK", 1e5)
    assert estimated(wide, tolerance=0.02).probe.max() == 3
    assert not zs.analyze({"w": np.eye(200)}, zs.Settings(exact_limit=100)).notes


def test_null_space() -> None:
    rng = np.random.default_rng(8)
    found = estimated(of_rank(200, rng))
    probes = found.probe.max() + 1
    # Each probe has Σ of 200 of 400 squares: variance 2 · ½ · ½ / 402.
    assert abs(null_of(found, 400) - 0.5) < 4 * np.sqrt(0.5 / 402 / probes)
    between = (found.nodes > 1e-13 * found.nodes.max()) & (found.nodes < 1e-9 * found.nodes.max())
    assert found.weights[between].sum() < 1e-4


def test_the_null_mass_of_a_pattern_is_exact() -> None:
    """100 rows that meet 40 columns only: 60 zeros, which no empty row shows."""
    rng = np.random.default_rng(9)
    matrix = sparse.random_array((300, 300), density=0.1, rng=rng).toarray()
    matrix[:100, 40:] = 0
    matrix[:100, :40] = rng.random((100, 40))
    truth = np.mean(gram_eigenvalues(matrix) < 1e-12)
    assert truth >= 0.2
    found = estimated(sparse.csr_array(matrix))
    assert null_of(found, 300) == pytest.approx(truth, abs=0.01)
    assert null_of(found, 300) >= truth - 1e-3  # a node's weight


def test_what_is_not_resolved_is_no_null_mass() -> None:
    """Of a square Gaussian matrix few steps cannot tell the smallest eigenvalues from zero."""
    matrix = np.random.default_rng(10).standard_normal((300, 300))
    for nodes, weights in rules(matrix, 12, signs(300, 4)):
        assert null_mass(mix([nodes], [weights], [300])) == 0
        assert weights[nodes < 1e-9 * nodes[-1]].sum() > 0.01


def test_empty_rows_are_exact() -> None:
    rng = np.random.default_rng(9)
    matrix = rng.standard_normal((400, 900))
    matrix[rng.choice(400, 100, replace=False)] = 0
    for given in (matrix, sparse.csr_array(matrix)):
        assert null_of(estimated(given), 400) == pytest.approx(0.25, abs=1e-12)
    # Many empty columns turn the smaller side: 30 × 50 is left of 60 × 80.
    matrix = rng.standard_normal((60, 80))
    matrix[30:] = 0
    matrix[:, 20:] = 0
    found = estimated(matrix)
    kept = found.nodes[(found.weights > 1e-9) & (found.nodes > 1e-9)]
    apart = np.abs(kept[:, None] - gram_eigenvalues(matrix)[-20:])
    assert max(apart.min(axis=0).max(), apart.min(axis=1).max()) < 1e-5
    assert null_of(found, 60) == pytest.approx(40 / 60, abs=1e-12)


@pytest.mark.parametrize(
    "matrix",
    [np.eye(50), np.diag([3.0] + [0.0] * 49), np.ones((40, 60)), np.diag([1.0, 2.0] * 25)],
    ids=["identity", "one entry", "rank one", "two levels"],
)
def test_few_levels_exhaust_the_krylov_space(matrix: Matrix) -> None:
    for given in (matrix, sparse.csr_array(matrix)):
        found = estimated(given)
        assert found.weights.sum() == pytest.approx(1, abs=1e-12)
        truth = exact(matrix)
        for level in truth.positive:
            assert np.min(np.abs(found.nodes - level)) < 1e-9 * level
        for node in found.nodes[found.weights > 1e-9]:
            assert np.min(np.abs(truth.eigenvalues - node)) < 1e-9 * truth.eigenvalues[-1]


def test_a_constituent_above_the_limit_is_estimated() -> None:
    matrix = np.random.default_rng(10).standard_normal((40, 30))
    at_limit = constituent_spectrum(Constituent("w", matrix), exact_limit=30)
    above = constituent_spectrum(Constituent("w", matrix), exact_limit=29)
    assert (at_limit.kind, at_limit.weights, at_limit.probe) == ("exact", None, None)
    assert at_limit.steps_error is None
    assert above.kind == "slq"
    assert above.weights is not None
    assert above.probe is not None
    assert above.steps_error is not None
    assert above.order == 30
    assert np.all(np.diff(above.eigenvalues) >= 0)
    assert above.weights.shape == above.probe.shape == above.eigenvalues.shape
    assert above.weights.sum() == pytest.approx(1, abs=1e-13)
    probes = above.probe.max() + 1
    np.testing.assert_allclose(np.bincount(above.probe, above.weights), 1 / probes, rtol=1e-12)


def test_probes_depend_on_the_names_only() -> None:
    matrix = np.random.default_rng(11).standard_normal((60, 70))
    one, two, other = solved(matrix), solved(matrix), solved(matrix, "m")
    np.testing.assert_array_equal(one.eigenvalues, two.eigenvalues)
    assert one.weights is not None
    assert np.all(one.weights == two.weights)
    assert not np.array_equal(one.eigenvalues, other.eigenvalues)
    renamed = constituent_spectrum(Constituent("v", matrix), exact_limit=10, network_id="n")
    assert not np.array_equal(one.eigenvalues, renamed.eigenvalues)


@pytest.mark.parametrize("exponent", [-150, 150])
def test_scales_at_the_ends_of_float64(exponent: int) -> None:
    matrix = np.random.default_rng(12).standard_normal((50, 60))
    values = solved(matrix * 10.0**exponent).eigenvalues / 10.0**exponent / 10.0**exponent
    assert values[-1] == pytest.approx(gram_eigenvalues(matrix)[-1], rel=1e-9)
    assert solved(matrix * 1e200).skipped is not None


def test_the_error_of_a_mixture_is_shared_out() -> None:
    rng = np.random.default_rng(13)
    large = estimated(rng.standard_normal((300, 500)))
    small = exact(rng.standard_normal((200, 200))).eigenvalues
    assert replicates([small], [None], [None], [200]).shape == (0, 129)
    alone = standard_error(replicates([large.nodes], [large.weights], [large.probe], [300]))
    values = [large.nodes, small, small, small]
    weights, probes = [large.weights, None, None, None], [large.probe, None, None, None]
    mixed = standard_error(replicates(values, weights, probes, [300, 200, 200, 200]))
    assert alone.shape == mixed.shape == (129,)
    assert np.all(alone >= 0)
    # A quarter of the mass is estimated, so the error is about a quarter.
    assert 0.1 < np.linalg.norm(mixed) / np.linalg.norm(alone) < 0.5


def test_replicates_are_as_many_as_the_fewest_probes() -> None:
    nodes, share = np.arange(1.0, 7.0), np.full(6, 1 / 6)
    two, three = np.array([0, 1] * 3), np.array([0, 1, 2] * 2)
    assert replicates([nodes, nodes], [share, share], [two, three], [9, 9]).shape == (2, 129)
    # By hand: replicates {1, 3, 5} and {2, 4, 6}, whose σ are 3 and 4.
    many = 10**10  # two probes of so many leave the scatter as it is
    curves = replicates([nodes], [share], [two], [many])
    error = standard_error(density(curves))
    one, other = density(curve_of([1.0, 3.0, 5.0])), density(curve_of([2.0, 4.0, 6.0]))
    np.testing.assert_allclose(error, np.abs(one - other) / 2, atol=1e-8)
    assert error.max() == pytest.approx(1 / 6)
    assert student_factor(curves) == pytest.approx(12.706, abs=1e-3)
    with pytest.raises(ValueError, match="one probe"):
        replicates([nodes], [share], [np.zeros(6, dtype=np.int64)], [9])


def test_orthogonal_probes_scatter_less_the_more_there_are_of_the_order() -> None:
    """Half of them by √½, and all of them not at all: their mean is the trace."""
    matrix = np.random.default_rng(15).standard_normal((30, 40))
    alone, frames = [], []
    for draw in range(60):
        some = [estimated_by(matrix, 15, draw, orthogonal) for orthogonal in (False, True)]
        alone.append(some[0])
        frames.append(some[1])
    ratio = np.linalg.norm(np.std(frames, axis=0)) / np.linalg.norm(np.std(alone, axis=0))
    assert ratio == pytest.approx(np.sqrt(1 / 2), rel=0.15)
    whole = estimated_by(matrix, 30, 0, True)
    np.testing.assert_allclose(whole, np.arange(31) / 30, atol=1e-9)


def estimated_by(matrix: Matrix, probes: int, draw: int, orthogonal: bool) -> Floats:
    """The mass up to each gap between two levels, shape (31,), of so many probes."""
    operator = operator_of(matrix)
    vectors = np.random.default_rng(draw).integers(0, 2, (operator.size, probes)) * 2.0 - 1.0
    started = Recurrence(operator, np.linalg.qr(vectors).Q if orthogonal else vectors)
    found = [rule_of(operator, each) for each in started.extend(100).coefficients()]
    nodes = np.concatenate([each for each, _ in found])
    weights = np.concatenate([each for _, each in found]) / probes
    levels = gram_eigenvalues(matrix)
    gaps = np.array([0.0, *np.sqrt(levels[:-1] * levels[1:]), np.inf])
    mass: Floats = np.sum(weights * (nodes <= gaps[:, None]), axis=1)
    return mass


def test_a_replicate_of_all_probes_is_their_mean() -> None:
    nodes, share, four = np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25), np.arange(4)
    assert np.ptp(replicates([nodes], [share], [four], [4]), axis=0).max() == 0
    assert np.ptp(replicates([nodes], [share], [four], [8]), axis=0).max() > 0


def curve_of(values: list[float]) -> Floats:
    return cumulative_density(np.array(values), np.full(len(values), 1 / len(values)))


def test_the_tail_counts_eigenvalues_not_nodes() -> None:
    matrix = np.random.default_rng(14).standard_t(3, (400, 700))
    truth, found = exact(matrix), estimated(matrix)
    fits = []
    for nodes, weights in ((truth.eigenvalues, None), (found.nodes, found.weights)):
        mixed = mix([nodes], [weights], [400])
        x = mixed.eigenvalues / scale_of(mixed.eigenvalues, mixed.mass)
        fits.append(tail(x, mixed.mass, mixed.levels))
    expected, slq = fits
    assert slq.count == pytest.approx(expected.count, rel=0.15)
    assert slq.decay_rate == pytest.approx(expected.decay_rate, rel=0.15)
    assert slq.decay_rate_se == pytest.approx(expected.decay_rate_se, rel=0.2)
