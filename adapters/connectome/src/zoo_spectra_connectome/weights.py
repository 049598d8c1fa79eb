"""Which of the numbers that edges have is the weight: certain by its name, or asked for.

One rule for the columns of tables and the attributes of graphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zoo_spectra.errors import NetworkError
from zoo_spectra_connectome.settings import NO_WEIGHT

MAX_SHOWN = 8
# Parts of a name that says how strong an edge is, and whole words and names that do.
STRENGTH = re.compile(r"weight|count|strength|fib(er|re)|stream|synap|connectivity|corr")
STRENGTHS = frozenset(
    {"n", "nbr", "num", "number", "syn", "nsyn", "value", "connections", "w", "fa", "fln"}
)
# What says something else of an edge, or of a row.
OTHERS = frozenset(
    {
        "id",
        "index",
        "x",
        "y",
        "z",
        "length",
        "distance",
        "dist",
        "delay",
        "time",
        "timeset",
        "year",
        "date",
        "p",
        "pval",
        "pvalue",
        "label",
        "name",
        "note",
        "comment",
        "norm",
        "section",
        "position",
        "supervoxel",
        "score",
        "cleft",
        "avg",
        "mean",
        "std",
        "sd",
        "prob",
        "confidence",
        "type",
        "kind",
        "class",
    }
)
# Of these, a mean is as good a weight as a count.
MEASURES = frozenset({"weight", "weights", "strength", "fa", "md", "ad", "rd", "qa", "corr"})


def words_of(name: str) -> tuple[str, ...]:
    """``n_syn``, ``synCount``: the words of a name, in lower case."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:100])
    return tuple(re.findall(r"[a-z]+|\d+", spaced.lower()))


def is_weight(name: str) -> bool:
    """Whether a name is that of weights, and of nothing else."""
    return name.lower() in ("weight", "weights")


def the_weight(numbers: Sequence[str], alone: bool) -> int:
    """Which of the names of numbers is that of the weight: the only one that says a strength.

    All others must say that they are something else. ``alone``: an edge has nothing but this
    number; then it is enough that its name says nothing else. Raises NetworkError.
    """
    able = [at for at, name in enumerate(numbers) if not _says_else(name)]
    if len(able) == 1 and (alone or _says_strength(numbers[able[0]])):
        return able[0]
    several = ", ".join(repr(name[:40]) for name in numbers[:MAX_SHOWN])
    raise NetworkError(
        f"its weights may be in {several}; say which with weight=NAME, or weight={NO_WEIGHT} where "
        "each edge counts 1"
    )


def _says_strength(name: str) -> bool:
    return bool(STRENGTHS.intersection(words_of(name)) or STRENGTH.search(name.lower()))


def _says_else(name: str) -> bool:
    words = frozenset(words_of(name))
    return bool(OTHERS & words) and not MEASURES & words
