"""Noisy and Bayesian layers: the mean is applied, what scatters it is no map."""

from __future__ import annotations

import re

from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, stem

_NOISE = re.compile(r"_?(log_?sigma|log_?var|log_?std|sigma|rho|epsilon|eps)_?")


def noisy_layers(table: Table) -> None:
    """``weight_mu`` beside ``weight_sigma`` and ``weight_epsilon``, in the spellings there are."""
    for noise in table:
        base = _NOISE.sub("", leaf(noise))
        if not {"weight", "kernel"} & set(base.split("_")) or base == leaf(noise):
            continue
        means = [stem(noise) + each for each in (f"{base}_mu", f"mu_{base}", f"{base}_mean")]
        mean = next((each for each in means if each in table), None)
        plain = stem(noise) + base
        if mean is not None:
            plain = plain.replace("kernel", "weight")  # a Bayesian torch's, with outputs first
            table.merge(plain, table.tensors[mean].shape, (mean,), _same)
        if plain in table or plain.replace("kernel", "weight") in table:
            table.leave_out(noise, "noise")


def _same(values: tuple[Matrix, ...]) -> Matrix:
    return values[0]
