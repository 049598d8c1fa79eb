"""Points of many networks, told apart by a column: eight values of it, and grey others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from zoo_spectra.report.figures.chosen import groups_left_out, largest_groups
from zoo_spectra.report.figures.style import MOST, OTHER


@dataclass(frozen=True)
class Groups:
    """``which``: of each network the number of its group; ``kept``: what these are called.

    ``others``: what the number of all others is called; empty where there is none. ``said``: a line
    on these, or nothing.
    """

    which: tuple[int, ...]
    kept: tuple[str, ...]
    others: str
    said: tuple[str, ...]


def groups_of(groups: Sequence[str], by: str) -> Groups:
    """Eight groups, or where they are more the seven largest and the others together."""
    sizes = Counter(groups)
    kept = largest_groups(groups, MOST if len(sizes) <= MOST else MOST - 1)
    number = {each: at for at, each in enumerate(kept)}
    rest = len(groups) - sum(sizes[each] for each in kept)
    return Groups(
        tuple(number.get(each, OTHER) for each in groups),
        tuple(f"{each} ({sizes[each]:,})" for each in kept),
        f"{len(sizes) - len(kept):,} others ({rest:,})" if rest else "",
        tuple(f"grey: {line}" for line in groups_left_out(groups, kept, by)),
    )
