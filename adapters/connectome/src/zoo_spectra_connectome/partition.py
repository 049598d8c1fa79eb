"""The region of each node: from the network's own attributes, or from a table of nodes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra_connectome.adjacency import Adjacency, is_number
from zoo_spectra_connectome.rows import read_table

SEPARATOR = "/"


def split_columns(partition: str) -> tuple[str, ...]:
    """``block,hemisphere`` names two attributes, whose values are joined: ``isocortex/L``."""
    return tuple(name.strip() for name in partition.split(",") if name.strip())


def regions(adjacency: Adjacency, columns: Sequence[str], table: Path | None = None) -> list[str]:
    """The region of each of the n nodes.

    From ``table`` if there is one, else from the file's own node attributes. Raises NetworkError
    for an unknown attribute and for nodes without a region.
    """
    if table is not None:
        return _from_table(adjacency.nodes, columns, read_table(table))
    values: list[Sequence[object]] = []
    for column in columns:
        if column not in adjacency.attributes:
            known = adjacency.attributes
            hint = nearest(column, known) if known else "the file has none: give nodes=FILE"
            raise NetworkError(f"no node attribute {column!r}; {hint}")
        values.append(adjacency.attributes[column])
    found: dict[str, str] = {}
    for node, row in zip(adjacency.nodes, zip(*values, strict=True), strict=True):
        if all(value is not None and str(value).strip() for value in row):
            found[node] = SEPARATOR.join(str(value) for value in row)
    return _complete(adjacency.nodes, found, f"value of {', '.join(columns)}")


def _from_table(nodes: Sequence[str], columns: Sequence[str], rows: list[list[str]]) -> list[str]:
    """Join a table to the nodes: by ranges, by the ids in its first column, or in row order."""
    header, body = split_header(rows, columns)
    at = [header.index(column) for column in columns]
    labels = []
    for number, row in enumerate(body, len(rows) - len(body) + 1):
        if not all(row[k] for k in at):
            raise NetworkError(f"row {number} of the node table has an empty {', '.join(columns)}")
        labels.append(SEPARATOR.join(row[k] for k in at))
    if {"i", "j"} <= set(header):
        return _by_ranges(nodes, header, body, labels)
    ids = [row[0] for row in body]
    if 0 not in at and not counts_from_one(ids, nodes) and not set(ids).isdisjoint(nodes):
        wanted = set(nodes)
        pairs = [(key, label) for key, label in zip(ids, labels, strict=True) if key in wanted]
        found = dict(pairs)
        for key, label in pairs:
            if found[key] != label:
                raise NetworkError(f"the node table puts {key!r} in {label!r} and {found[key]!r}")
        return _complete(nodes, found, "row in the node table")
    if len(body) == len(nodes) and all(is_number(node) for node in nodes):
        _check_order(nodes, header, body)
        return labels
    raise NetworkError(
        f"the node table has {len(body)} rows for {len(nodes)} nodes, and its first column does "
        f"not name them ({nodes[0]!r}, {nodes[1]!r}, …)"
    )


def _check_order(nodes: Sequence[str], header: list[str], body: list[list[str]]) -> None:
    """Raise NetworkError for a table in row order, of which a column has another order."""
    for at, name in enumerate(header):
        column = [row[at] for row in body]
        if column != list(nodes) and len(set(column)) == len(nodes) == len({*column, *nodes}):
            raise NetworkError(
                f"column {name!r} of the node table names the nodes in another order than the "
                "network has; put that column first, or leave it out"
            )


def split_header(
    rows: list[list[str]], columns: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """The first row is the header if it has the columns; else columns are named 1, 2, …"""
    if set(columns) <= set(rows[0]):
        return rows[0], rows[1:]
    numbers = [str(k) for k in range(1, len(rows[0]) + 1)]
    for column in columns:
        if column not in numbers:
            raise NetworkError(
                f"the node table has no column {column!r}; {nearest(column, rows[0])} "
                f"(without a header, columns are 1 to {len(numbers)})"
            )
    return numbers, rows


def counts_from_one(ids: Sequence[str], nodes: Sequence[str]) -> bool:
    """Whether ids 1, 2, …, n stand for nodes 0, 1, …, n-1."""
    count = len(nodes)
    return list(ids) == [str(k) for k in range(1, count + 1)] and list(nodes) == [
        str(k) for k in range(count)
    ]


def _by_ranges(
    nodes: Sequence[str], header: list[str], body: list[list[str]], labels: list[str]
) -> list[str]:
    """Rows that cover the nodes i ≤ id < j."""
    found: dict[str, str] = {}
    wanted = {int(node): node for node in nodes if is_number(node)}
    numbers = sorted(wanted)
    for row, label in zip(body, labels, strict=True):
        first, last = row[header.index("i")], row[header.index("j")]
        if not is_number(first) or not is_number(last):
            raise NetworkError(f"the node table's range {first!r} to {last!r} is not of numbers")
        start, stop = (bisect_left(numbers, int(end)) for end in (first, last))
        for number in numbers[start:stop]:
            if wanted[number] in found:
                raise NetworkError(f"two ranges of the node table cover node {number}")
            found[wanted[number]] = label
    return _complete(nodes, found, "range in the node table")


def _complete(nodes: Sequence[str], found: Mapping[str, str], what: str) -> list[str]:
    missing = [node for node in nodes if node not in found]
    if missing:
        few = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise NetworkError(f"{len(missing)} of {len(nodes)} nodes have no {what}: {few}")
    return [found[node] for node in nodes]
