"""Hostile matrices of BIDS, and what lies beside them."""

from __future__ import annotations

from pathlib import Path

from cases import Case
from makers import Table, cases_of

SQUARE = b"0\t2\n3\t0\n"
SUFFIX = "_relmat.dense.tsv"
FILES: Table = {
    "a text": b"0\tx\n1\t0\n",
    "an empty cell": b"0\t\n1\t0\n",
    "missing": b"0\tn/a\n1\t0\n",
    "ragged": b"0\t1\n1\n",
    "not square": b"0\t1\t2\n" * 7,
    "commas": b"0,1\n1,0\n",
    "half a character": b"0\t\xff\n1\t0\n",
    "names in another order": b"\ta\tb\nb\t0\t1\na\t1\t0\n",
    "a header of numbers": b"5\t7\n0\t1\n1\t0\n",
    "one node": b"5\n",
    "a row of 10 million": b"1\t" * 10_000_000,
    "a million rows": b"1\n" * 1_000_000,
    "underscores": b"0\t1_0\n1\t0\n",
}


def beside(name: str, content: bytes, other: str = "a_relmat.json") -> Case:
    def write(path: Path) -> None:
        path.write_bytes(SQUARE)
        path.with_name(other).write_bytes(content)

    return Case(name, f"a{SUFFIX}", write)


CASES = [
    *cases_of(FILES, SUFFIX),
    beside("JSON that is brackets", b"[" * 500_000),
    beside("JSON that is a list", b"[]"),
    beside("JSON that is cut off", b'{"Directed": '),
    beside("JSON of 20 MB", b'{"x": "' + b"x" * 20_000_000 + b'"}'),
    beside("JSON that says neither", b'{"Directed": "perhaps"}'),
    beside("JSON of another triangle", b'{"StorageFormat": "UpperTri"}'),
    beside("JSON of no form", b'{"StorageFormat": "Sparse"}'),
    beside("JSON that says undirected", b'{"Directed": false}'),
    beside("three nodes", b"matrix_index\tlabel\n0\ta\n1\tb\n2\tc\n", "a_nodeindices.tsv"),
    beside("nodes from five on", b"matrix_index\tlabel\n5\ta\n6\tb\n", "a_nodeindices.tsv"),
    beside("nodes that are ragged", b"matrix_index\tlabel\n0\n1\tb\n", "a_nodeindices.tsv"),
    beside("nodes of half a character", b"label\n\xff\nb\n", "a_nodeindices.tsv"),
]
