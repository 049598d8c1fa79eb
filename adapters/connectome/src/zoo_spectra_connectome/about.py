"""The table that says of each network what it is: genotype, sex, age …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError, nearest
from zoo_spectra.sources import Scalar
from zoo_spectra_connectome.adjacency import reading
from zoo_spectra_connectome.facts import FACTS
from zoo_spectra_connectome.rows import read_table

COMPUTED = ("nodes", "edges", "directed", "weighted", "density", *FACTS)

About = Mapping[str, Mapping[str, Scalar]]


def read_about(path: Path) -> About:
    """Rows by the text in their first column, which is kept as text, whatever it looks like.

    Another column of numbers is read as numbers. A first column without a name, or with one that
    the adapter computes, is not kept. Raises SourceError when the table cannot be read, has an id
    twice, or a column whose name the adapter computes.
    """
    try:
        with reading(path, "CSV"):
            header, *body = read_table(path)
    except NetworkError as error:
        raise SourceError(f"connectome: about={error}") from error
    for name in header[1:]:
        if name in COMPUTED or header.count(name) > 1:
            raise SourceError(f"{path}: column {name!r} is taken; rename it")
    kept = header[0] != "" and header[0] not in COMPUTED
    columns = [_typed([row[k] for row in body]) for k in range(1, len(header))]
    table: dict[str, Mapping[str, Scalar]] = {}
    for at, row in enumerate(body):
        if row[0] in table:
            raise SourceError(f"{path}: {row[0]!r} has two rows; keep one")
        own = {header[0]: row[0]} if kept else {}
        rest = {name: column[at] for name, column in zip(header[1:], columns, strict=True)}
        table[row[0]] = own | rest
    return table


def look_up(table: About, stem: str, path: Path) -> Mapping[str, Scalar]:
    """The row of a file: whose id is the file's stem, or the longest that the stem begins with.

    ``sub-1`` is the row of ``sub-1_ses-2.edgelist`` and not of ``sub-12.edgelist``. Raises
    SourceError when there is none.
    """
    fitting = [
        key
        for key in table
        if key and stem.startswith(key) and not stem[len(key) : len(key) + 1].isalnum()
    ]
    if not fitting:
        raise SourceError(f"{path} has no row for {stem!r}; {nearest(stem, table)}")
    return table[max(fitting, key=len)]


def _typed(cells: Sequence[str]) -> list[Scalar]:
    """Whole numbers, else numbers, else text; an empty cell is None, as BIDS' n/a."""
    cells = ["" if cell == "n/a" else cell for cell in cells]
    kinds: tuple[Callable[[str], Scalar], ...] = (int, float)
    for kind in kinds:
        try:
            return [kind(cell) if cell else None for cell in cells]
        except ValueError:
            continue
    return [cell or None for cell in cells]
