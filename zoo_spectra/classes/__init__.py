"""What is equal to what: equivalence classes of networks by the distance of their CSD.

``measures`` says what is compared (``matched``: constituents by name, out of ``constituents``).
``equivalence`` links all pairs; ``large`` does so in steps where they are too many, ``sparse`` by
near pairs only (from ``neighbours``; the distance of two classes is in ``between``). ``stability``
asks how often a member stays when its constituents are resampled (``resamples``). ``classify`` does
it for a catalog, ``sweep`` at many accuracies (``silhouette``), from distances of all ``pairs``;
``dendrogram`` at all of them. ``same`` finds networks whose very weights are equal,
``duplicates`` also those of equal spectra and near ones, ``older`` results of another version of
the method. ``nearest`` compares one network, which ``asked`` finds or analyses, with those of
catalogs, ``matrix`` all with all; ``cheapest`` finds equivalents that cost less (``costs``).
``nulls`` compares networks with their draws of null models, ``comparing`` two networks, weight by
weight, ``grouping`` whether groups of networks differ. ``difference`` is what has changed between
two states.
"""

from zoo_spectra.classes.asked import asked_for
from zoo_spectra.classes.cheapest import Cheaper, cheaper_than
from zoo_spectra.classes.classify import classifiable, classify
from zoo_spectra.classes.comparing import Comparison, compare
from zoo_spectra.classes.dendrogram import Dendrogram, dendrogram_of
from zoo_spectra.classes.difference import Difference, State, compare_states, state_of
from zoo_spectra.classes.duplicates import Duplicates, duplicates_of
from zoo_spectra.classes.equivalence import EXACT_LIMIT, Classes, equivalence_classes
from zoo_spectra.classes.grouping import GroupDifferences, groups
from zoo_spectra.classes.matrix import Matrix, distances_of
from zoo_spectra.classes.measures import points
from zoo_spectra.classes.nearest import left_out_lines, nearest, nearest_of, opened
from zoo_spectra.classes.nulls import against_nulls
from zoo_spectra.classes.older import older_versions
from zoo_spectra.classes.pairs import Pairs, pairs_of
from zoo_spectra.classes.same import equal_weights
from zoo_spectra.classes.sweep import sweep

__all__ = [
    "EXACT_LIMIT",
    "Cheaper",
    "Classes",
    "Comparison",
    "Dendrogram",
    "Difference",
    "Duplicates",
    "GroupDifferences",
    "Matrix",
    "Pairs",
    "State",
    "against_nulls",
    "asked_for",
    "cheaper_than",
    "classifiable",
    "classify",
    "compare",
    "compare_states",
    "dendrogram_of",
    "distances_of",
    "duplicates_of",
    "equal_weights",
    "equivalence_classes",
    "groups",
    "left_out_lines",
    "nearest",
    "nearest_of",
    "older_versions",
    "opened",
    "pairs_of",
    "points",
    "state_of",
    "sweep",
]
