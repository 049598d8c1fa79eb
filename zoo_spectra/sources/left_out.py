"""What a pattern matches and no network is made of: files of other formats, links to nothing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHOWN = 8  # suffixes named; the rest is a number


@dataclass(frozen=True)
class LeftOut:
    """``suffixes``: how many files of each (in lower case, empty: without one).

    ``links``: the links that lead nowhere. ``folders`` that were matched and not entered, and
    ``closed`` ones that may not be read; ``special``: pipes and devices. ``stale``: parts of a
    network that its index does not name. ``str`` is one line, empty
    where nothing was left out.
    """

    suffixes: Mapping[str, int] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    folders: int = 0
    closed: int = 0
    special: int = 0
    stale: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        others = self.folders + self.closed + self.special
        return sum(self.suffixes.values()) + len(self.links) + len(self.stale) + others

    def __bool__(self) -> bool:
        return self.count > 0

    def __add__(self, other: LeftOut) -> LeftOut:
        return LeftOut(
            dict(Counter(self.suffixes) + Counter(other.suffixes)),
            tuple(dict.fromkeys(self.links + other.links)),
            self.folders + other.folders,
            self.closed + other.closed,
            self.special + other.special,
            tuple(dict.fromkeys(self.stale + other.stale)),
        )

    def __str__(self) -> str:
        by_number = sorted(self.suffixes.items(), key=lambda item: (-item[1], item[0]))
        parts = [f"{n:,} {suffix or 'without a suffix'}" for suffix, n in by_number[:SHOWN]]
        if rest := sum(n for _, n in by_number[SHOWN:]):
            parts.append(f"{rest:,} of other suffixes")
        if self.links:
            more = "s, the first" if len(self.links) > 1 else ""
            parts.append(f"{len(self.links):,} dangling link{more} ({self.links[0]})")
        if self.stale:
            more = "s that their index does not name, the first" if len(self.stale) > 1 else ""
            parts.append(
                f"{len(self.stale):,} part{more or ' that its index does not name'} "
                f"({self.stale[0]})"
            )
        for number, one, many in (
            (self.folders, "folder", "folders"),
            (self.closed, "folder that may not be read", "folders that may not be read"),
            (self.special, "pipe or device", "pipes or devices"),
        ):
            if number:
                parts.append(f"{number:,} {one if number == 1 else many}")
        return f"{self.count:,} left out: {', '.join(parts)}" if parts else ""


def of_other_formats(files: Iterable[str]) -> dict[str, int]:
    """How many files there are of each suffix."""
    return dict(Counter(os.path.splitext(os.path.basename(file))[1].lower() for file in files))
