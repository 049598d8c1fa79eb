"""How far an estimated spectrum lies from the exact one, by the decades that the spectrum spans.

python -m benchmarks.evidence.slq
"""

from __future__ import annotations

import numpy as np

import zoo_spectra as zs

ORDER = 1000
DECADES = (2, 4, 6, 8, 10, 12)


def spanning(decades: float, rng: np.random.Generator) -> np.ndarray:
    """A square matrix whose squared singular values are log-uniform over ``decades``."""
    left, right = (np.linalg.qr(rng.normal(size=(ORDER, ORDER)))[0] for _ in range(2))
    singular = 10 ** (0.5 * np.linspace(0, decades, ORDER))
    return np.asarray((left * singular) @ right.T)


def error(matrix: np.ndarray) -> float:
    """Distance of the estimate to the exact spectrum, in e-folds."""
    estimate = zs.analyze({"w": matrix}, zs.Settings(exact_limit=ORDER // 2))
    return zs.analyze({"w": matrix}).distance(estimate)


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"order {ORDER}, one constituent; distance in e-folds (default accuracy 0.1)")
    print(f"  Gaussian, {ORDER} x {2 * ORDER}: {error(rng.normal(size=(ORDER, 2 * ORDER))):.3f}")
    for decades in DECADES:
        print(f"  {decades:2} decades of eigenvalues: {error(spanning(decades, rng)):.3f}")


if __name__ == "__main__":
    main()
