"""What is equal to what: equivalence classes of networks by the distance of their CSD.

``equivalence`` links all pairs, ``large`` does so in steps where they are too many (near pairs from
``neighbours``), ``stability`` asks how often a member stays when its constituents are resampled,
and ``classify`` does it for a catalog.
"""

from zoo_spectra.classes.classify import classify
from zoo_spectra.classes.equivalence import Classes, equivalence_classes

__all__ = ["Classes", "classify", "equivalence_classes"]
