"""The map that the network applies: stored tensors to constituents, by one rule for all doors.

``table`` is what the rule works on, ``reading`` its steps in order; each step is a file. Whoever
opens a file, a module or a mapping lists its tensors as ``Entry``, and gives their values by name.
"""

from zoo_spectra.sources.effective.reading import Reading, read
from zoo_spectra.sources.effective.table import Entry, Fetch

__all__ = ["Entry", "Fetch", "Reading", "read"]
