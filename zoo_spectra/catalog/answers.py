"""What a catalog tells of its networks beyond its tables; ``Catalog`` has these methods."""

from __future__ import annotations

import polars as pl

from zoo_spectra import svg
from zoo_spectra.catalog.layers import layers_of
from zoo_spectra.catalog.near import asked_of, near_to
from zoo_spectra.catalog.stored import spectrum_of
from zoo_spectra.catalog.tables import Tables
from zoo_spectra.catalog.told import told
from zoo_spectra.defaults import DEFAULT_MEASURE, DEFAULT_NEAREST, MEASURES, Measure
from zoo_spectra.errors import CatalogError, MeasureError
from zoo_spectra.method import Spectrum


class Answers(Tables):
    """Networks are named by name, source or the start of their id, as in ``network``.

    All raise CatalogError for a name that is none, or several networks', and for a network without
    a result of this version of the method.
    """

    def __repr__(self) -> str:
        """A few lines: where it is, how many networks ended how, and the newest classes."""
        return told(self)[0]

    def _repr_html_(self) -> str:
        """The same in a notebook, with a bar a class."""
        text, sizes = told(self)
        return svg.shown(text, svg.bars("Sizes of classes", sizes) if sizes else "")

    def spectrum(self, name: str) -> Spectrum:
        """The spectrum of a network, out of its rows: nothing is analysed again.

        Equal to the analysed one, but for resampled and drawn curves, which are stored in single
        precision. A catalog without spectra (a published one) gives one without constituents.
        """
        return spectrum_of(self, self.network(name))

    def distances(
        self, one: str, other: str, measure: Measure | None = None
    ) -> dict[Measure, float | None]:
        """How far two networks are apart, in e-folds, by each measure, or by one.

        None where a measure does not apply; the one that is asked for raises MeasureError then.
        """
        first, second = self.spectrum(one), self.spectrum(other)
        if measure is not None:
            return {measure: first.distance(second, measure)}
        found: dict[Measure, float | None] = {}
        for each in MEASURES:
            try:
                found[each] = first.distance(second, each)
            except MeasureError:
                found[each] = None
        return found

    def nearest(
        self,
        name: str,
        k: int = DEFAULT_NEAREST,
        measure: Measure = DEFAULT_MEASURE,
        where: str | None = None,
    ) -> pl.DataFrame:
        """The k other networks nearest to one of this catalog by a measure, nearest first.

        Columns: ``name``, ``kind``, ``family``, ``parameters``, ``class``; ``pooled``, ``depth``
        and ``matched``, in e-folds, null where a measure does not apply; ``equal_weights``, whether
        the weights are the very same (null: not known); ``source``, ``network_id``, ``commit_id``.
        ``where``: only networks that meet this SQL condition. Networks that did not end `ok`, or
        are of another version of the method, are left out; ``zoo_spectra.nearest`` also compares
        what is not in the catalog, and warns of those.
        """
        return near_to(self, asked_of(self, self.network(name)), k, measure, where).rows

    def members(self, label: int) -> pl.DataFrame:
        """The rows of one class of the newest classification, nearest to the medoid first.

        Raises CatalogError when there is no such class.
        """
        found = self.collect(self.classes().filter(pl.col("class") == label))
        if found.is_empty():
            last = self.collect(self.classes().select(pl.col("class").max())).item()
            hint = f"there are 1 to {last}" if last else "the catalog is not classified yet"
            raise CatalogError(f"no class {label}: {hint}")
        return found.sort("medoid_distance", "name")

    def layers(self, name: str) -> pl.DataFrame:
        """A row a constituent of a network, in its order; those that were skipped say why.

        ``position``, ``constituent``, ``rows``, ``columns``, ``order``, ``skipped``,
        ``spectrum_kind``; ``scale``, ``null_mass``, ``tail_mass``, ``tail_count``, ``decay_rate``,
        ``decay_rate_se``, ``tail_law``: as of a network of this constituent alone; ``gap_ratio``,
        ``gap_ratio_se``, ``universality``, ``universality_deviation``. Raises CatalogError also
        where the catalog holds no spectra.
        """
        return layers_of(self, self.network(name))
