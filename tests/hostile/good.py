"""Good files of each format, small: what is mutated and cut, and what must go on being read."""

from __future__ import annotations

from good_checkpoint import GOOD as CHECKPOINTS
from good_connectome import GOOD as CONNECTOMES

GOOD = {**CHECKPOINTS, **CONNECTOMES}
