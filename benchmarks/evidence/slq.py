"""How far an estimated spectrum lies from the exact one, by the decades that the spectrum spans.

python -m benchmarks.evidence.slq
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

import zoo_spectra as zs
from benchmarks.common import show, write
from benchmarks.evidence.slq_coverage import turned

ORDER = 1000
DECADES = (2, 4, 6, 8)


def spanning(decades: float, rng: np.random.Generator) -> sparse.csr_array:
    """A square matrix whose squared singular values are log-uniform over ``decades``."""
    return turned(10 ** (0.5 * np.linspace(0, decades, ORDER)), rng)


def errors(matrix: np.ndarray | sparse.csr_array) -> tuple[float, float]:
    """Distance of the estimate to the exact spectrum, and what the row states, in e-folds."""
    estimate = zs.analyze({"w": matrix}, zs.Settings(exact_limit=ORDER // 2))
    return zs.analyze({"w": matrix}).distance(estimate), float(estimate.csd_error or 0)


def main() -> None:
    rng = np.random.default_rng(0)
    figures = {"Gaussian, twice as wide": errors(rng.normal(size=(ORDER, 2 * ORDER)))}
    for decades in DECADES:
        figures[f"{decades} decades of eigenvalues"] = errors(spanning(decades, rng))
    rows = [[name, f"{apart:.4f}", f"{stated:.4f}"] for name, (apart, stated) in figures.items()]
    show(f"Estimates at order {ORDER}, e-folds", ("", "distance", "csd_error"), rows)
    write("evidence.slq", [], {"order": ORDER, "cases": figures})


if __name__ == "__main__":
    main()
