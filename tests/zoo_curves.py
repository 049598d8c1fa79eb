"""Curves that lie as those of a zoo do: chains of blends, each with a few near copies."""

from __future__ import annotations

import numpy as np

from zoo_spectra.method.circular import expected_cumulative


def zoo_curves(seed: int, count: int, designs: int = 30, copies: int = 5) -> np.ndarray:
    """``count`` × 129: blends of random monotone curves, and noise of 0.009 e-folds."""
    rng = np.random.default_rng(seed)
    s = np.linspace(-8, 8, 129)
    centre, width = rng.uniform(-0.5, 0.5, (designs, 1)), rng.uniform(0.5, 1.5, (designs, 1))
    base = 1 / (1 + np.exp(-(s - centre) / width))
    kinds = -(-count // copies)
    a, b, t = *rng.integers(0, designs, (2, kinds)), rng.uniform(0, 0.5, (kinds, 1))
    kind = rng.permutation(np.arange(count) // copies)
    blend = ((1 - t) * base[a] + t * base[b])[kind]
    noise = np.clip(rng.normal(0, 0.0005, (count, 129)), -0.002, 0.002)
    return np.asarray(blend + noise - expected_cumulative())


def diffuse_curves(seed: int, count: int, spread: float = 0.5) -> np.ndarray:
    """``count`` × 129: a cloud without dense classes, smooth curves of five free parameters.

    Each is of two logistic steps of free place, width and share.
    """
    rng = np.random.default_rng(seed)
    s = np.linspace(-8, 8, 129)
    share = rng.uniform(0, 1, (count, 1))
    curves = np.zeros((count, 129))
    for part in (share, 1 - share):
        place = rng.uniform(-3 * spread, 3 * spread, (count, 1))
        width = np.exp(rng.uniform(-1, 0.7, (count, 1)))
        curves += part / (1 + np.exp(-(s - place) / width))
    return np.asarray(curves - expected_cumulative())
