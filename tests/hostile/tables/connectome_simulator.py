"""Hostile archives of a simulator's tables."""

from __future__ import annotations

import zipfile

from makers import Table, bomb, cases_of, zipped

ROWS = b"0 1 2\n1 0 3\n2 3 0\n"
FILES: Table = {
    "nothing in it": zipped({}),
    "no weights": zipped({"centres.txt": b"A 1 2 3\n", "tract_lengths.txt": ROWS}),
    "two weights": zipped({"a/weights.txt": ROWS, "b/weights.txt": ROWS}),
    "weights that are packed again": zipped({"weights.txt.bz2": b"BZh9"}),
    "weights that are not square": zipped({"weights.txt": b"5 1 2\n1 0 3\n"}),
    "weights of zero bytes": zipped({"weights.txt": bytes(1000)}),
    "no weights in weights": zipped({"weights.txt": b""}),
    "centres without a row": zipped({"weights.txt": ROWS, "centres.txt": b""}),
    "centres that are ragged": zipped({"weights.txt": ROWS, "centres.txt": b"A 1\nB\nC 2 3\n"}),
    "weights with a missing entry": zipped({"weights.txt": b"0 nan\nnan 0\n"}),
    "a bomb": bomb("weights.txt", b"0 ", 3 << 30),
    "a bomb of blank lines": bomb("weights.txt", b"0 ", 1 << 30, b"\n"),
    "another way of packing": zipped({"weights.txt": ROWS * 9}, zipfile.ZIP_LZMA),
    "a way out": zipped({"../../weights.txt": b"0 1\n"}),
}
CASES = cases_of(FILES, ".zip")
