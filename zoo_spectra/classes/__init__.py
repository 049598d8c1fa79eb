"""What is equal to what: equivalence classes of networks by the distance of their CSD.

``equivalence`` links all pairs, ``large`` does so in steps where they are too many (near pairs from
``neighbours``), ``stability`` asks how often a member stays when its constituents are resampled,
and ``classify`` does it for a catalog. ``same`` finds networks whose very weights are equal.
"""

from zoo_spectra.classes.classify import classify
from zoo_spectra.classes.equivalence import Classes, equivalence_classes
from zoo_spectra.classes.same import equal_weights

__all__ = ["Classes", "classify", "equal_weights", "equivalence_classes"]
