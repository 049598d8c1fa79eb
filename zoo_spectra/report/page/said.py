"""What a reader must know before the pictures: what is not in them, and what was guessed."""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog import Catalog, LeftOut, is_current, least_read
from zoo_spectra.classes import older_versions
from zoo_spectra.report.page.space import KEY, How, Space
from zoo_spectra.text import count, visible


def warnings_of(
    catalog: Catalog, how: How, space: Space | None, rows: pl.DataFrame, equal: int
) -> list[str]:
    """Lines; ``rows`` of all networks, ``equal``: groups of equal weights."""
    said = older_versions(catalog)
    ok = rows.filter(pl.col("status") == "ok")
    if space is None:
        said.append(
            "No network can be drawn: none ended ok under this version of the method"
            + (f" and meets {visible(how.condition)}." if how.condition else ".")
        )
        return said
    if how.at is None:
        said.append("The catalog is not classified: the classes here are made with the defaults.")
    said += _not_drawn(catalog, how, space)
    if low := least_read(ok):
        said.append(f"{low}.")
    noted = ok["notes"].drop_nulls().len()
    if noted:
        said.append(f"{count(noted, 'network')} with notes on what was guessed (column notes).")
    if equal:
        verb = "has" if equal == 1 else "have"
        said.append(f"{count(equal, 'group')} of networks {verb} equal weights.")
    return said


def _not_drawn(catalog: Catalog, how: How, space: Space) -> list[str]:
    current = catalog.collect(catalog.networks().filter(is_current()).select(KEY))
    stored = catalog.collect(catalog.classes().select(*KEY, "class", "class_size"))
    if space.label is not None:
        return _medoids(space, current, stored)
    said = []
    absent = space.networks.join(stored, on=KEY, how="anti").height
    if absent and how.at is not None:
        said.append(
            f"{count(absent, 'network')} came after the catalog was classified: the classes here "
            "have them, those in the catalog have not."
        )
    removed = int(stored.unique("class")["class_size"].sum()) - stored.height
    if removed:
        verb = "was" if removed == 1 else "were"
        said.append(
            f"{count(removed, 'network')} {verb} removed after the catalog was classified: the "
            "classes here are without."
        )
    unmet = current.height - space.networks.height
    if unmet:
        verb = "is not drawn: it does" if unmet == 1 else "are not drawn: they do"
        said.append(f"{count(unmet, 'network')} {verb} not meet {visible(how.condition)}.")
    return said


def _medoids(space: Space, current: pl.DataFrame, stored: pl.DataFrame) -> list[str]:
    classes, drawn = stored["class"].n_unique(), space.networks.height
    said = [
        f"{current.height:,} networks are too many to draw one by one: the medoids of {drawn:,} "
        f"classes stand for {int(space.stands_for.sum()):,} of them, and ε cannot be moved."
    ]
    if drawn < classes:
        said.append(
            f"{count(classes - drawn, 'class', 'classes')} more are not drawn: smaller ones, or "
            "with a medoid that was removed or analysed anew since they were made."
        )
    absent = current.join(stored, on=KEY, how="anti").height
    if absent:
        said.append(f"{count(absent, 'network')} in none of these classes: classify again.")
    return said


def not_finite(left_out: list[LeftOut]) -> list[str]:
    """A line on networks with such matrices, if there are."""
    networks = sum(each.networks for each in left_out if "non-finite" in each.why)
    verb = "has" if networks == 1 else "have"
    line = f"{count(networks, 'network')} {verb} non-finite matrices, which are left out."
    return [line] if networks else []
