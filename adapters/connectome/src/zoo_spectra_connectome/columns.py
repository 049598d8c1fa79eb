"""What the columns of an edge table are: ends, weight, kinds of edges, direction.

Told from their names and from what the first rows hold, with no second reading; else it is an
error that names the option that settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra_connectome.settings import NO_WEIGHT, Settings
from zoo_spectra_connectome.weights import is_weight, the_weight, words_of

SOURCES = frozenset({"source", "src", "from", "origin", "pre", "presynaptic", "sender", "sending"})
TARGETS = frozenset(
    {"target", "dst", "dest", "destination", "to", "post", "postsynaptic", "receiver", "receiving"}
)
PAIRS = (("i", "j"), ("u", "v"), ("v", "w"), ("row", "col"), ("row", "column"))
# Words beside pre and post that say what names a node, the surest first.
ENDS: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"root", "pt", "id"}),
    frozenset({"body", "bodyid", "id"}),
    frozenset({"neuron", "node", "cell", "segment", "seg", "id"}),
    frozenset({"name"}),
)
MAX_COLUMNS = 1000  # that an edge table has
NUMBERED = frozenset({"neuron", "node", "cell", "region", "roi", "vertex"})
KINDS = frozenset({"type", "kind", "synapsetype", "syntype", "edgetype", "connectiontype"})
GAP = ("gap", "elec")
# What C. elegans' tables write for gap junctions, and for other synapses beside them.
GAP_CODES = frozenset({"e", "ej", "gj"})
CODES = GAP_CODES | {"c", "ch", "cs", "chem", "chemical", "s", "sp", "r", "rp", "nmj", "n"}
INDEX_NAMES = frozenset({"", "unnamed: 0", "__index_level_0__"})
# What a column says of an edge: the text itself, or yes and no below the heading Directed.
DIRECTIONS: Mapping[str, bool] = {"directed": True, "undirected": False}
SWITCHES: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "1"), True),
    **dict.fromkeys(("false", "f", "no", "0"), False),
}
SWITCH_NAMES = frozenset({"directed", "isdirected"})
MIRRORED = frozenset({"undirected", "isundirected", "bidirectional", "reciprocal", "mutual"})


@dataclass(frozen=True)
class Column:
    """``number``: whether some of the first rows have numbers here, or none has anything.

    ``values``: the texts of the first rows, in lower case.
    """

    name: str
    number: bool
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Layout:
    """Which columns hold what; ``weight`` None: each row counts 1. ``named``: by known names."""

    source: int
    target: int
    weight: int | None
    kinds: int | None
    direction: int | None
    named: bool


def has_ends(names: Sequence[str]) -> bool:
    """Whether a header names source and target, in one way or several."""
    return bool(_pairs(names))


def layout(columns: Sequence[Column], settings: Settings) -> Layout:
    """What the columns hold. Raises NetworkError where it is not told beyond doubt."""
    names = [column.name for column in columns]
    source, target, named = _ends(names, settings)
    direction = next((at for at, each in enumerate(columns) if _directions(each)), None)
    taken = {source, target, direction}
    _check_mirrored([column.name for column in columns], settings)
    kinds = kinds_of_edges(columns, settings, taken)
    weight = _weight(columns, settings, {*taken, kinds}, named)
    return Layout(source, target, weight, kinds, direction, named)


def find(name: str, names: Sequence[str], what: str) -> int:
    """The place of a column that an option names. Raises NetworkError."""
    if name not in names:
        raise NetworkError(f"no {what} column {name!r}; {nearest(name, names)}")
    if names.count(name) > 1:
        raise NetworkError(f"{names.count(name)} columns are called {name!r}; rename all but one")
    return names.index(name)


def _ends(names: Sequence[str], settings: Settings) -> tuple[int, int, bool]:
    if settings.source is not None or settings.target is not None:
        if settings.source is None or settings.target is None:
            raise NetworkError("source= and target= go together; give both")
        source = find(settings.source, names, "source")
        target = find(settings.target, names, "target")
        if source == target:
            raise NetworkError("source= and target= name one column; they are two")
        return source, target, True
    pairs = _pairs(names)
    if len(pairs) == 1:
        return *pairs[0], True
    if pairs:
        found = " or ".join(f"{names[a]}, {names[b]}" for a, b in pairs[:4])
        raise NetworkError(f"its ends may be {found}; say which with source= and target=")
    own = [at for at, name in enumerate(names) if name.lower() not in INDEX_NAMES]
    if len(own) not in (2, 3):
        raise NetworkError(
            f"no columns source and target among {', '.join(names[:8])}; say which they are with "
            "source= and target= (without a header, columns are 1, 2, …)"
        )
    return own[0], own[1], False


def _pairs(names: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of columns that a header calls alike but for source and target, the surest."""
    if len(names) > MAX_COLUMNS:
        return []
    lowered = [name.lower() for name in names]
    starts = _by_rest(names, SOURCES, TARGETS)
    ends = _by_rest(names, TARGETS, SOURCES)
    ranked: list[tuple[int, tuple[int, int]]] = []
    for rest, rows in starts.items():
        for row in rows:
            ranked += [(_rank(rest), (row, column)) for column in ends.get(rest, ())]
    for one, other in PAIRS:
        if lowered.count(one) == lowered.count(other) == 1:
            ranked.append((0, (lowered.index(one), lowered.index(other))))
    for at, name in enumerate(names):
        words = words_of(name)
        first = all(each.lower() in INDEX_NAMES for each in names[:at])  # others: cells of a table
        if first and len(words) > 1 and words[-1] == "1" and words[-2] in NUMBERED:
            twins = [k for k, n in enumerate(names) if words_of(n) == (*words[:-1], "2")]
            ranked += [(len(ENDS), (at, twin)) for twin in twins]
    best = min((rank for rank, _ in ranked), default=0)
    return [pair for rank, pair in ranked if rank == best]


def _by_rest(
    names: Sequence[str], own: frozenset[str], others: frozenset[str]
) -> dict[tuple[str, ...], list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for at, name in enumerate(names):
        words = words_of(name)
        if len(own.intersection(words)) == 1 and not others.intersection(words):
            found.setdefault(tuple(word for word in words if word not in own), []).append(at)
    return found


def _rank(rest: Iterable[str]) -> int:
    return next((at for at, words in enumerate(ENDS) if set(rest) <= words), len(ENDS) + 1)


def _directions(column: Column) -> bool:
    if column.values:
        known = DIRECTIONS.keys() | (SWITCHES.keys() if _is_switch(column) else set())
        return column.values <= known
    return _is_switch(column)


def _check_mirrored(names: Sequence[str], settings: Settings) -> None:
    """Raise NetworkError for a column that says of edges that they go both ways, in other words."""
    found = [name for name in names if "".join(words_of(name)) in MIRRORED]
    if found and settings.symmetry is None:
        raise NetworkError(
            f"column {found[0]!r} may say which edges go both ways; call it directed and turn it "
            "around, or say directed=false where all do, directed=true where none does"
        )


def _is_switch(column: Column) -> bool:
    return "".join(words_of(column.name)) in SWITCH_NAMES


def kinds_of_edges(
    columns: Sequence[Column], settings: Settings, taken: Collection[int | None] = ()
) -> int | None:
    """Which column holds the kinds of edges, if any does. Raises NetworkError."""
    names = [column.name for column in columns]
    if settings.type is not None:
        at = find(settings.type, names, "type")
        if at in taken:
            raise NetworkError(f"the column of kinds {settings.type!r} holds ends or directions")
        return at
    found = [
        at
        for at, column in enumerate(columns)
        if at not in taken and (_is_kind_name(column.name) or _has_gap(column))
    ]
    if settings.types is not None and not found:
        raise NetworkError("types= chooses kinds of edges; say in which column with type=")
    if len(found) > 1:
        several = ", ".join(names[at] for at in found)
        raise NetworkError(f"several columns of kinds ({several}); say which with type=")
    return found[0] if found else None


def _is_kind_name(name: str) -> bool:
    return "".join(words_of(name)) in KINDS


def _has_gap(column: Column) -> bool:
    """Whether some edges are gap junctions, and others are not."""
    if len(column.values) < 2:
        return False
    coded = column.values <= CODES and bool(column.values & GAP_CODES)
    return coded or any(word in value for value in column.values for word in GAP)


def _weight(
    columns: Sequence[Column], settings: Settings, taken: set[int | None], named: bool
) -> int | None:
    names = [column.name for column in columns]
    if settings.weight == NO_WEIGHT and NO_WEIGHT not in names:
        return None
    if settings.weight is not None:
        at = find(settings.weight, names, "weight")
        if at in taken:
            raise NetworkError(f"the weight column {settings.weight!r} names nodes or kinds")
        return at
    free = [at for at in range(len(columns)) if at not in taken]
    exact = [at for at in free if is_weight(names[at])]
    if len(exact) == 1:
        return exact[0]
    free = [at for at in free if names[at].lower() not in INDEX_NAMES]
    numbers = [at for at in free if columns[at].number]
    if not numbers:
        # The third of three is nothing else, where no header says what the others are.
        return free[0] if len(columns) == 3 and free and not named else None
    chosen = the_weight([names[at] for at in numbers], alone=len(free) == 1)
    return numbers[chosen]
