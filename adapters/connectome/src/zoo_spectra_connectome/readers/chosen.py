"""Which of several matrices in a file is the network, and which of its texts name the nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from zoo_spectra.errors import NetworkError, nearest

MAX_SHOWN = 8
NAMING = re.compile(r"(?i)name|label|region|roi|node|axis")


def chosen(
    square: Mapping[str, tuple[int, ...]], others: Mapping[str, str], asked: str | None
) -> str:
    """The name of the one square matrix, or of the one that ``array`` asks for.

    ``square``: the shapes of square matrices, and of stacks of such; ``others``: what else there
    is, and why it is no matrix. Raises NetworkError where there is none, or several.
    """
    if asked is not None and asked not in square:
        why = others.get(asked)
        hint = f"array={asked} is {why}" if why else f"no array {asked!r}"
        raise NetworkError(f"{hint}; {nearest(asked, square) if square else _all(others)}")
    if asked is None and len(square) != 1:
        if not square:
            raise NetworkError(f"it has no square matrix of numbers: {_all(others)}")
        shown = ", ".join(f"{name} {_sides(square[name])}" for name in list(square)[:MAX_SHOWN])
        more = ", …" if len(square) > MAX_SHOWN else ""
        raise NetworkError(f"{len(square)} matrices ({shown}{more}); choose one with array=NAME")
    name = asked if asked is not None else next(iter(square))
    if len(square[name]) != 2:
        raise NetworkError(
            f"{name} is a stack of matrices, {_sides(square[name])}; save one network a file"
        )
    return name


def naming(texts: Mapping[str, Sequence[str]], count: int, matrix: str) -> Sequence[str] | None:
    """The names of the nodes: the one list of so many different texts, where one is certain.

    Among several lists that which shares the longest beginning with the matrix's name (as
    QSIPrep's ``atlas_region_labels``), then one that is called names, labels or regions.
    """
    fitting = {
        name: tuple(texts[name])
        for name in texts
        if len(texts[name]) == count and len(set(texts[name])) == count
    }
    if len(set(fitting.values())) > 1:
        shared = {name: _shared(name, matrix) for name in fitting}
        longest = max(shared.values())
        fitting = {name: fitting[name] for name in fitting if shared[name] == longest}
    if len(set(fitting.values())) > 1:
        fitting = {name: fitting[name] for name in fitting if NAMING.search(name)}
    return next(iter(fitting.values())) if len(set(fitting.values())) == 1 else None


def _shared(first: str, second: str) -> int:
    pairs = zip(first, second, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def is_square(shape: Sequence[int]) -> bool:
    """Whether a shape is that of a matrix between two nodes or more, or of a stack of such."""
    return len(shape) in (2, 3) and any(
        first == last >= 2 for first, last in _sides_of_stack(shape)
    )


def _sides_of_stack(shape: Sequence[int]) -> list[tuple[int, int]]:
    ends = [(shape[0], shape[1])]
    return ends if len(shape) == 2 else [*ends, (shape[1], shape[2])]


def _sides(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _all(others: Mapping[str, str]) -> str:
    shown = [f"{name} ({why})" for name, why in list(others.items())[:MAX_SHOWN]]
    return ", ".join(shown) or "it holds nothing"
