"""Two networks, weight by weight and spectrum by spectrum: the same one in disguise?

``comparison`` walks over both twice: ``facts`` (digests, shapes), ``pairing`` (which goes with
which), then the pairs, a few matrices at a time (``reader``). Two lanes for each pair: ``spectra``
see through orders, rotations and scales; ``lanes`` climbs entry by entry from equal to unlike by
``casts``, ``scales``, ``steps`` (quantisation), ``updates`` (zeros, low rank), ``orders`` (and
rotations) and ``exchange`` (alike in order). ``along`` follows orders and scales from layer to
layer, and tests; ``verdict`` decides (``doubts``: what is no evidence) by ``rules``, where every
threshold is. docs/compare.md.
"""

from zoo_spectra.classes.comparing.comparison import Comparison, compare

__all__ = ["Comparison", "compare"]
