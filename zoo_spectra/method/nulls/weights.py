"""Null model ``weights``: the edges stay, and their values are dealt among them at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zoo_spectra.method.nulls.edges import Edges


def deal(edges: Edges, random: np.random.Generator) -> Edges:
    """The same places with the same values, in another order: each order equally likely."""
    return replace(edges, values=random.permutation(edges.values))
