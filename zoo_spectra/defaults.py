"""The defaults that functions, job files and the command line share, in one place.

Nothing is imported here, so that ``zoo-spectra --help`` can show them without loading what they
configure. They are conventions of this package, not of the paper (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Linkage = Literal["average", "complete", "single"]
LINKAGES: tuple[Linkage, ...] = get_args(Linkage)
DEFAULT_LINKAGE: Linkage = "average"
# How two networks are compared: by their pooled curves, along their depth, constituent by namesake.
Measure = Literal["pooled", "depth", "matched"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
DEFAULT_MEASURE: Measure = "pooled"
DEFAULT_ACCURACY = 0.1  # ε, in e-folds
DEFAULT_NEAREST = 10  # networks that are listed
DEFAULT_CATALOG = "catalogs/zoo"

# Null models, and what each keeps of a network and makes random (docs/nulls.md).
NullModel = Literal["degree", "strength", "erdos-renyi", "block", "weights", "shuffled", "gaussian"]
NULL_MODELS: Mapping[NullModel, str] = {
    "degree": "keeps how many edges each row and column has; deals the weights at random",
    "strength": "the same edges as degree; keeps the sums of rows and columns as nearly as it can",
    "erdos-renyi": "keeps the number of edges of the network; deals the weights at random",
    "block": "keeps the number of edges of each block of a partition",
    "weights": "keeps the places of all edges; deals the weights among them",
    "shuffled": "permutes all entries of each matrix, zeros too",
    "gaussian": "draws Gaussian entries of the mean and standard deviation of each matrix",
}
DEFAULT_DRAWS = 100
