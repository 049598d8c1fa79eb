"""What is no network although it is a table: labels, groups, a simulator's other tables."""

from __future__ import annotations

from pathlib import Path

from zoo_spectra.errors import FileFormatError, NetworkError

NETWORK = "weights"
OTHERS = frozenset(
    {
        "average_orientations",
        "orientations",
        "centres",
        "centers",
        "tract_lengths",
        "tracts",
        "cortical",
        "areas",
        "hemispheres",
        "hemisphere",
        "labels",
        "region_labels",
        "delays",
        "info",
    }
)
DISTINCT = frozenset(  # names that say it without the network beside them
    {"average_orientations", "orientations", "centres", "centers", "tract_lengths"}
)
CURE = "say format=edges (or source= and target=) if it is an edge list"


class OneOfEach:
    """Looks at the ends of edges: do they look like something else than edges?"""

    def __init__(self) -> None:
        self._sources: dict[str, int] = {}
        self._targets: dict[str, int] = {}
        self._rows = 0
        self._counts_up = [True, True]  # from 0, from 1

    def take(self, source: str, target: str) -> None:
        """One edge."""
        self._sources[source] = self._sources.get(source, 0) + 1
        self._targets[target] = self._targets.get(target, 0) + 1
        for start in (0, 1):
            if self._counts_up[start] and source != str(self._rows + start):
                self._counts_up[start] = False
        self._rows += 1

    def again(self, source: str, target: str) -> bool:
        """Whether one of the two ends of the first edge is an end of another."""
        ends = (self._sources, self._targets)
        loop = source == target
        return any(sum(each.get(end, 0) for each in ends) > 1 + loop for end in (source, target))

    def check(self, width: int) -> None:
        """Raise NetworkError for a table that may be one of labels or groups, not of edges."""
        apart = self._sources.keys().isdisjoint(self._targets)
        once = len(self._sources) == self._rows or len(self._targets) == self._rows
        if apart and (once or _digits(self._sources) != _digits(self._targets)):
            raise NetworkError(
                f"no name of its first column ({_few(self._sources)}) stands in the second "
                f"({_few(self._targets)}), so it may be a table of labels and no edge list; {CURE}"
            )
        groups = len(self._targets) < self._rows and any(self._counts_up)
        if width == 2 and self._rows > 2 and groups:
            raise NetworkError(
                "its first column counts up, a row each, so it may put nodes in groups and be no "
                f"edge list; {CURE}"
            )


def _digits(names: dict[str, int]) -> bool:
    return all(name.isdigit() for name in names)


def _few(names: dict[str, int]) -> str:
    few = [name[:24] for name, _ in zip(names, range(3), strict=False)]
    return ", ".join(few) + (", …" if len(names) > 3 else "")


def check_beside(path: Path) -> None:
    """Raise FileFormatError for a table that describes a network: by its name, or one beside."""
    stem, _, rest = path.name.partition(".")
    if stem.lower() not in OTHERS:
        return
    beside = path.with_name(f"{NETWORK}.{rest}")
    if beside.is_file() or stem.lower() in DISTINCT:
        raise FileFormatError(
            f"a simulator's table of {stem.replace('_', ' ')}, no matrix of edges; the network is "
            f"in {beside.name} (format=adjacency reads this one as a network all the same)"
        )
