"""The defaults that functions, job files and the command line share, in one place.

Nothing is imported here, so that ``zoo-spectra --help`` can show them without loading what they
configure. They are conventions of this package, not of the paper (docs/method.md).
"""

from __future__ import annotations

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
