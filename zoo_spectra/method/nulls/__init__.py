"""Null models: a network's matrices made random, but for what each model keeps of them.

``edges`` is a matrix as what is moved, ``seeds`` the random numbers; ``degree``, ``strength``,
``weights``, ``places`` (erdos-renyi and block) and ``entries`` (shuffled and gaussian) are the
models, ``drawn`` a whole network's draw, and ``beyond`` where a network lies among its draws.
"""

from zoo_spectra.method.nulls.beyond import Beyond, beyond
from zoo_spectra.method.nulls.degree import Mixing
from zoo_spectra.method.nulls.drawn import (
    SINGLY,
    TRADED,
    Drawn,
    Original,
    drawn,
    drawn_alone,
    mixings,
)

__all__ = [
    "SINGLY",
    "TRADED",
    "Beyond",
    "Drawn",
    "Mixing",
    "Original",
    "beyond",
    "drawn",
    "drawn_alone",
    "mixings",
]
