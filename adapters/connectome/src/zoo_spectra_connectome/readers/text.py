"""Text tables: edge lists and adjacency matrices, and how one is told from the other.

An edge list has 2 or 3 columns (source, target[, weight]) or a header that names source and
target; an adjacency matrix has 4 or more. ``format=edges`` or ``format=adjacency`` settles it: a
matrix of fewer than 4 columns needs that. A file named .edgelist is always an edge list.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers.edge_lists import read_edges
from zoo_spectra_connectome.readers.matrix_tables import read_matrix
from zoo_spectra_connectome.readers.table import suffix_of
from zoo_spectra_connectome.rows import has_edge_header, read_rows
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """Read an edge list or an adjacency matrix, as the option ``format`` says or by detection.

    Raises NetworkError, FileFormatError, and what csv and the codec raise.
    """
    guard = Guard(budget_of(path))
    rows = read_rows(path, guard)
    start = list(islice(rows, 2))
    if not start:
        raise FileFormatError("the file is empty: no nodes and no edges")
    form = settings.form
    if form is None:
        form = "edges" if suffix_of(path.name) == ".edgelist" else detect(start)
    every = chain(start, rows)
    if form == "edges":
        return read_edges(every, settings.weight, guard)
    return read_matrix(every, guard)


def detect(start: Sequence[Sequence[str]]) -> str:
    """``edges`` or ``adjacency``, from the first two rows. Raises FileFormatError on one column."""
    if has_edge_header(start[0]):
        return "edges"
    width = len(start[-1])  # the first row may lack the corner cell
    if width < 2:
        raise FileFormatError("one column is neither an edge list nor an adjacency matrix")
    return "edges" if width <= 3 else "adjacency"
