"""Do groups of a catalog's networks differ, by how much, and in which constituents?

``differences`` asks a catalog: ``columns`` finds who is in which group, ``units`` makes subjects of
scans and leaves out what is alone, ``model`` is the design as columns, ``design`` what there is to
say of it, ``shuffles`` its permutations, which all tests share. ``permanova`` is the difference of
place, ``dispersion`` that of spread, ``neighbour`` the nearest neighbours; ``pairwise`` each pair
of groups, ``where`` each constituent. docs/groups.md.
"""

from zoo_spectra.classes.grouping.differences import GroupDifferences, groups

__all__ = ["GroupDifferences", "groups"]
