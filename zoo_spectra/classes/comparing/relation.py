"""What two matrices are to each other: the words, and the evidence that goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from zoo_spectra.classes.comparing.orders import Orders
from zoo_spectra.classes.comparing.scales import Factors

# From the least change to the greatest; of several in one network the last is its verdict.
Change = Literal[
    "identical", "cast", "rescaled", "permuted", "quantised", "pruned", "low_rank_update",
    "fine_tuned",
]  # fmt: skip
CHANGES: tuple[Change, ...] = (
    "identical", "cast", "rescaled", "permuted", "quantised", "pruned", "low_rank_update",
    "fine_tuned",
)  # fmt: skip
# Not like each other, or not to be told.
Kind = Change | Literal["unlike", "unknown"]


@dataclass(frozen=True)
class Relation:
    """One pair of matrices.

    ``change``: ‖A - B‖/‖A‖ and ``cosine``, as they are stored; None where shapes differ beyond what
    both have, or entries are no numbers. ``told``: in words. ``facts``: in numbers, for a machine
    (dtype, scale, bits, block, share, rank, …). ``spectral``: the distance of the log spectra, own
    scale apart, in e-folds; None where it was not asked or there is none. ``order`` and ``factors``
    are what was found, to be followed along the network; ``plain``: entries so simple that equal
    ones are no evidence.
    """

    kind: Kind
    told: str
    change: float | None = None
    cosine: float | None = None
    spectral: float | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    plain: bool = False
    order: Orders | None = None
    factors: Factors | None = None

    @property
    def related(self) -> bool:
        """Whether one is the other, changed."""
        return self.kind in CHANGES
