"""Hostile text tables."""

from __future__ import annotations

from makers import Table, cases_of

LONG = "x" * 100_000
FILES: Table = {
    "a line of 40 MB": b"7" * 40_000_000,
    "a line of 40 MB of cells": b"1," * 20_000_000,
    "blanks of 20 MB": b" " * 20_000_000,
    "blank lines": b"\n" * 2_000_000,
    "comments": b"#\n" * 1_000_000,
    "returns": b"\r" * 2_000_000,
    "a quote that never ends": b'a,b\n"' + b"x\n" * 2_000_000,
    "a cell of a megabyte": f"a,{'x' * 1_000_000}\n".encode(),
    "cells without a name": b",,,\n" * 1000,
    "zero bytes between": b"a\0,b\0\n\0\0\n",
    "numbers beyond numbers": b"0,1,1e999\n1,0,x\n",
    "a node of 5,000 digits": f"0,{'9' * 5000}\n1,0\n".encode(),
    "a hundred thousand nodes": "".join(f"{k},{k + 1}\n" for k in range(100_000)).encode(),
    "names that are long": "".join(f"{LONG}{k},{LONG}\n" for k in range(100)).encode(),
    "rows that grow": "".join("1," * k + "\n" for k in range(4, 2000)).encode(),
    "a wide matrix of few rows": (b"0," * 200_000 + b"0\n") * 20,
    "a high matrix of few columns": b"0,0,0,0,0\n" * 100_000,
    "one cell": b"x",
    "underscores": b"0,0,0,1_0\n" * 4,
    "a header of 200,000 columns": b"source,target," + b"c," * 200_000 + b"c\n",
    "half a character": b"a,b\nb,\xff\n",
    "half a pair": b"a,b\nb,\xed\xa0\x80\n",
}
READ = {
    "a hundred thousand nodes",
    "names that are long",
    "numbers beyond numbers",
    "zero bytes between",
}
CASES = [*cases_of(FILES, ".csv", READ), *cases_of(FILES, ".edgelist", READ)]
