"""What must not move a network, and how far zeros and the ends of the grid do move it."""

from __future__ import annotations

import numpy as np
import pytest

import zoo_spectra as zs
from zoo_spectra.method import BIN_WIDTH


def low_rank(seed: int, rank: int = 40) -> dict[str, np.ndarray]:
    """Three layers of order 64, with 24 numerical zeros each."""
    rng = np.random.default_rng(seed)
    return {
        f"w{layer}": rng.standard_normal((64, rank)) @ rng.standard_normal((rank, 90))
        for layer in range(3)
    }


def test_noise_does_not_move_a_network_of_low_rank() -> None:
    clean, rng = zs.analyze(low_rank(0)), np.random.default_rng(1)
    assert clean.null_mass == pytest.approx(24 / 64)
    for relative in (1e-6, 1e-5, 1e-4):
        noisy = zs.analyze(
            {
                name: matrix + relative * np.std(matrix) * rng.standard_normal(matrix.shape)
                for name, matrix in low_rank(0).items()
            }
        )
        assert noisy.null_mass < 0.05, "the zeros are positive now, and below the grid"
        assert clean.distance(noisy) < 0.005


def test_precision_does_not_move_a_network_of_low_rank() -> None:
    double = zs.analyze(low_rank(2))
    half = zs.analyze({name: w.astype(np.float16) for name, w in low_rank(2).items()})
    assert double.null_mass > 0.3
    assert half.null_mass == 0
    for measure in ("pooled", "depth", "matched"):
        assert double.distance(half, measure) < 0.005  # type: ignore[arg-type]


def test_a_duplicated_row_is_null_mass_in_the_smallest_matrices_too() -> None:
    """With a floor of N eps, one draw in a hundred was of full rank, with its σ among rounding."""
    expected = zs.analyze({"w": np.ones((2, 300))})
    for seed in range(600):
        rng = np.random.default_rng(seed)
        row = rng.standard_normal(300)
        for factor in (1.0, rng.standard_normal()):
            found = zs.analyze({"w": np.outer([1.0, factor], row)})
            assert found.null_mass == 0.5
            assert found.distance(expected) == 0


def test_a_duplicated_row_moves_as_far_as_its_mass() -> None:
    rng = np.random.default_rng(3)
    for order in (3, 10, 40):
        matrix = rng.standard_normal((order, 300))
        whole = zs.analyze({"w": matrix})
        doubled = zs.analyze({"w": np.vstack([matrix, matrix[-1:]])})
        assert doubled.null_mass == pytest.approx(1 / (order + 1))
        # The zero lies at s = -8, and the row's own eigenvalue is doubled at most.
        assert whole.distance(doubled) < (8.5 + np.log(2)) / (order + 1)


def test_a_hundredth_of_null_mass_is_0_08_e_folds() -> None:
    flat = np.ones(100)
    one_null = flat.copy()
    one_null[0] = 0
    moved = zs.analyze({"w": np.diag(flat)}).distance(zs.analyze({"w": np.diag(one_null)}))
    assert moved == pytest.approx(0.08, abs=0.01 * BIN_WIDTH)


def test_what_lies_beyond_the_grid_is_hidden() -> None:
    """An eigenvalue at s = -12 is as one at -8 is, and as a zero: 4 e-folds times its mass."""
    found = []
    for s in (-8.0, -12.0, -np.inf):
        values = np.ones(100)
        values[0] = np.exp(s / 2)
        found.append(zs.analyze({"w": np.diag(values)}))
    assert [each.null_mass for each in found] == [0, 0, 0.01]
    assert found[1].distance(found[2]) == 0
    assert found[0].distance(found[1]) == pytest.approx(0, abs=0.01 * BIN_WIDTH)
