"""What is equal to what: equivalence classes of networks by the distance of their CSD.

``measures`` says what is compared (``matched``: constituents by name, out of ``constituents``).
``equivalence`` links all pairs; ``large`` does so in steps where they are too many, ``sparse`` by
near pairs only (from ``neighbours``; the distance of two classes is in ``between``). ``stability``
asks how often a member stays when its constituents are resampled (``resamples``). ``classify`` does
it for a catalog, ``sweep`` at many accuracies (``silhouette``). ``same`` finds networks whose very
weights are equal, ``older`` results of another version of the method.
"""

from zoo_spectra.classes.classify import classify
from zoo_spectra.classes.equivalence import Classes, equivalence_classes
from zoo_spectra.classes.older import older_versions
from zoo_spectra.classes.same import equal_weights
from zoo_spectra.classes.sweep import sweep

__all__ = [
    "Classes",
    "classify",
    "equal_weights",
    "equivalence_classes",
    "older_versions",
    "sweep",
]
