"""Stored matrices from constituents: query, key and value put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np

from zoo_spectra.sources.network import Constituent


def whole(constituents: Iterable[Constituent]) -> Iterator[tuple[str, np.ndarray]]:
    """The name and the matrix of each stored tensor, in order."""
    for name, parts in groupby(constituents, lambda each: each.name.partition("[")[0]):
        yield name, np.concatenate([each.matrix for each in parts])
