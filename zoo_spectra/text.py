"""Text that comes from files, made safe to print and to store: a name is text, never a command.

Control characters, escape sequences, bidirectional marks, odd blanks and what is no character at
all could hide a name, recolour a terminal or reverse a line: what Python does not take for
printable is shown as Python writes it (``\\x1b``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_BLOCKS = "▁▂▃▄▅▆▇█"


def visible(text: object, keep: str = "") -> str:
    """``text`` with every character that is not seen written out; those in ``keep`` stay."""
    return "".join(c if c.isprintable() or c in keep else _written(c) for c in str(text))


def _written(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def message(text: object) -> str:
    """``text`` of several lines, each of them ``visible``."""
    return visible(text, keep="\n")


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 network``, ``2 networks``, ``12,345 networks``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """``87 %``; whole and nothing are said only where they are."""
    if 0 < share < 0.01 or 0.99 < share < 1:
        return f"{100 * share:.2g} %" if share < 0.5 else f"{100 * share:.4g} %"
    return f"{100 * share:.0f} %"


def clean(text: str) -> str:
    """``text`` as it can be stored: lone surrogates and NUL are written out (``\\udc80``)."""
    if text.isprintable():  # neither of them is
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def sparkline(values: Sequence[float], width: int = 32) -> str:
    """``▁▂▅█``: the means of ``width`` even pieces of finite numbers, least to most."""
    edges = [len(values) * at // width for at in range(width + 1)] if len(values) > width else None
    pieces = [values[a:b] for a, b in pairwise(edges)] if edges else [[value] for value in values]
    means = [sum(piece) / len(piece) for piece in pieces]
    low, high = min(means, default=0.0), max(means, default=0.0)
    steps = len(_BLOCKS) - 1
    return "".join(
        _BLOCKS[round(steps * (mean - low) / (high - low)) if high > low else 0] for mean in means
    )
