"""BIDS connectivity (BEP017): ``…_relmat.dense.tsv``, with its JSON and the indices of its nodes.

The JSON, ``…_relmat.json``, says whether the matrix is directed, whether its diagonal means
anything, and which triangle is there; ``…_nodeindices.tsv`` names the nodes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, budget_of, is_symmetric
from zoo_spectra_connectome.adjacency import Adjacency, check_count
from zoo_spectra_connectome.dialect import as_number, read_lines
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.readers.table import suffix_of
from zoo_spectra_connectome.settings import Settings

MAX_JSON, MAX_TABLE = 1 << 20, 1 << 26
CELL_BYTES = 60  # of memory, while a row is read
TABLE = "_nodeindices.tsv"
Floats = npt.NDArray[np.float64]


def read(path: Path, settings: Settings) -> Adjacency:
    """A dense matrix, its other triangle filled in and its diagonal emptied where the JSON says so.

    Raises FileFormatError where JSON and matrix do not agree, NetworkError for missing entries.
    """
    guard = Guard(budget_of(path))
    said = _sidecar(path)
    matrix, names = _square(_cells(path, guard))
    check_count(len(matrix))
    if said.get("ValidDiagonal") is False:
        np.fill_diagonal(matrix, 0)
    matrix = _whole(matrix, said)
    if np.isnan(matrix).any():
        row, column = (int(at) + 1 for at in np.argwhere(np.isnan(matrix))[0])
        raise NetworkError(f"entry ({row}, {column}) is missing (n/a); leave that region out")
    known = _indices(path, len(matrix), guard)
    if known and len(set(known.get("label", ()))) == len(matrix):
        names = list(known["label"])
    told = "Directed" in said
    how = replace(settings, symmetry=settings.symmetry or "none") if told else settings
    return replace(network_of(matrix, names, how), attributes=known)


def beside(path: Path) -> list[Path]:
    """The files that a matrix is read with: its JSON, its table of nodes, where they are there.

    Of several tables it is that whose name says the most of what the matrix's says, and no more.
    """
    stem = path.name[: len(path.name) - len(suffix_of(path.name))]
    own = set(stem.split("_"))
    fitting = [
        (len(entities), file)
        for file in sorted(path.parent.glob(f"*{TABLE}"))
        if (entities := set(file.name.removesuffix(TABLE).split("_"))) <= own
    ]
    sidecars = (path.with_name(f"{stem}_relmat{end}") for end in (".json", ".dense.json"))
    found = [file for file in sidecars if file.is_file()][:1]
    return [*found, max(fitting)[1]] if fitting else found


def _sidecar(path: Path) -> Mapping[str, Any]:
    file = next((file for file in beside(path) if file.suffix == ".json"), None)
    if file is None:
        return {}
    if file.stat().st_size > MAX_JSON:
        raise FileFormatError(f"its {file.name} has more than {MAX_JSON:,} bytes")
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"its {file.name} is no whole JSON; write it again") from error
    if not isinstance(said, dict):
        raise FileFormatError(f"its {file.name} is no JSON object")
    for key in ("Directed", "Weighted", "ValidDiagonal"):
        if not isinstance(said.get(key, True), bool):
            raise FileFormatError(f"its {file.name} says {key}: neither true nor false")
    return said


def _cells(path: Path, guard: Guard) -> list[list[str]]:
    rows: list[list[str]] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for number, line in enumerate(guard.each(read_lines(stream)), 1):
            if line.strip():
                guard.hold(CELL_BYTES * (line.count("\t") + 1) + len(line), "its rows")
                rows.append([cell.strip() for cell in line.rstrip("\r\n").split("\t")])
                if len(rows[-1]) != len(rows[0]):
                    raise FileFormatError(
                        f"line {number} has {len(rows[-1])} cells where line 1 has {len(rows[0])}; "
                        "is it cut off?"
                    )
    if not rows:
        raise FileFormatError("it is empty")
    return rows


def _square(rows: list[list[str]]) -> tuple[Floats, Sequence[str] | None]:
    """The numbers, without a header and a column of names (pandas writes 0, 1, … as both)."""
    height, width = len(rows), len(rows[0])
    first, column = rows[0], [row[0] for row in rows]
    named = width == height + 1 or (width == height and first[0] == "" and height > 1)
    headed = height == width + 1 or (width == height and first[0] == "" and height > 1)
    across, down = first[named:], column[headed:]
    if height - headed != width - named:
        raise FileFormatError(f"{height} rows of {width} cells are no square matrix")
    for what, cells, there in (("row", across, headed), ("column", down, named)):
        counted = cells == [str(at) for at in range(len(cells))]
        if there and not counted and all(as_number(cell) is not None for cell in cells):
            raise FileFormatError(f"its first {what} is neither names nor 0, 1, …; is a row gone?")
    if headed and named and across != down:
        raise FileFormatError("its rows and columns have different names, or another order")
    body = np.empty((height - headed, width - named))
    for at, row in enumerate(rows[headed:]):
        for place, cell in enumerate(row[named:]):
            body[at, place] = _number(cell, at + headed + 1, place + named + 1)
    return body, (across if headed else down if named else None)


def _number(cell: str, row: int, column: int) -> float:
    if cell.lower() in ("n/a", "nan", ""):
        return np.nan
    number = as_number(cell)
    if number is None:
        raise FileFormatError(f"line {row}, column {column}: {cell[:40]!r} is no number")
    return number


def _whole(matrix: Floats, said: Mapping[str, Any]) -> Floats:
    """The matrix with the half that is not stored."""
    form = str(said.get("StorageFormat", "full")).lower()
    half = next((word for word in ("upper", "lower") if word in form), None)
    if half is None and "full" not in form:
        raise FileFormatError(
            f"its JSON says StorageFormat {form[:40]!r}; not full, upper or lower"
        )
    stored = {"upper": np.triu, "lower": np.tril}.get(half or "", np.array)(matrix)
    other = matrix - stored if half else np.zeros_like(matrix)
    empty = not np.nan_to_num(other).any()
    if half and not empty and not is_symmetric(np.nan_to_num(matrix)):
        raise FileFormatError(f"its JSON says that the {half} triangle is stored, and both are")
    if said.get("Directed") is False and half is None and not is_symmetric(np.nan_to_num(matrix)):
        upper, lower = np.triu(matrix, 1), np.tril(matrix, -1)
        if np.nan_to_num(upper).any() and np.nan_to_num(lower).any():
            raise FileFormatError("its JSON says that it is undirected, and it is not symmetric")
        half, stored = "full", matrix
    if half is None:
        return matrix
    return stored + stored.T - np.diag(np.diagonal(stored))


def _indices(path: Path, count: int, guard: Guard) -> dict[str, tuple[Any, ...]]:
    """The columns of the table of nodes, if there is one."""
    file = next((file for file in beside(path) if file.name.endswith(TABLE)), None)
    if file is None:
        return {}
    if file.stat().st_size > MAX_TABLE:
        raise FileFormatError(f"its {file.name} has more than {MAX_TABLE:,} bytes")
    header, *rows = _cells(file, guard)
    if "matrix_index" in header:
        at = header.index("matrix_index")
        numbers = [row[at] for row in rows]
        order = sorted(range(len(rows)), key=lambda k: as_number(numbers[k]) or 0.0)
        places = [numbers[k] for k in order]
        if places not in ([str(k + base) for k in range(len(rows))] for base in (0, 1)):
            raise FileFormatError(f"its {file.name} does not number the nodes from 0 or 1 on")
        rows = [rows[k] for k in order]
    if len(rows) != count:
        raise FileFormatError(f"its {file.name} has {len(rows)} nodes, and the matrix {count}")
    return {
        name: tuple(row[k] if row[k] not in ("", "n/a") else None for row in rows)
        for k, name in enumerate(header)
    }
