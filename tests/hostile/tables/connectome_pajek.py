"""Hostile files of Pajek."""

from __future__ import annotations

from makers import Table, cases_of

THREE = b'*Vertices 3\n1 "a"\n2 "b"\n3 "c"\n'
FILES: Table = {
    "a billion vertices": b"*Vertices 1000000000\n*Arcs\n1 2 3\n",
    "ten million vertices": b"*Vertices 10000000\n*Arcs\n1 2 3\n",
    "vertices of 5,000 digits": b"*Vertices " + b"9" * 5000,
    "vertices below zero": b"*Vertices -3\n*Arcs\n1 2\n",
    "vertices that are a text": b"*Vertices many\n*Arcs\n1 2\n",
    "no number of vertices": b"*Vertices\n*Arcs\n1 2\n",
    "two modes": b"*Vertices 3 2\n*Arcs\n1 2\n",
    "two networks": THREE + b"*Arcs\n1 2\n" + THREE,
    "two relations": THREE + b'*Arcs :1 "chem"\n1 2\n*Arcs :2 "gap"\n2 3\n',
    "a relation of 5,000 digits": THREE + b"*Arcs :" + b"9" * 5000 + b"\n1 2\n",
    "a heading that is not known": THREE + b"*Hyperedges\n1 2 3\n",
    "arcs before vertices": b"*Arcs\n1 2\n" + THREE,
    "lines before headings": b"1 2 3\n" + THREE,
    "a vertex beyond": THREE + b"*Arcs\n1 4\n",
    "the vertex zero": THREE + b"*Arcs\n0 1\n",
    "a vertex that is a text": THREE + b"*Arcs\na b\n",
    "a vertex of underscores": THREE + b"*Arcs\n1 0_2\n",
    "a line of one": THREE + b"*Arcs\n1\n",
    "a value that is a text": THREE + b"*Arcs\n1 2 much\n",
    "lines in time": THREE + b"*Arcs\n1 2 1 [5-7]\n",
    "a row of the matrix that is short": THREE + b"*Matrix\n0 1 2\n0 1\n",
    "a matrix of two rows": THREE + b"*Matrix\n0 1 2\n0 1 2\n",
    "a matrix of four rows": THREE + b"*Matrix\n" + b"0 1 2\n" * 4,
    "a matrix of texts": THREE + b"*Matrix\na b c\n" * 3,
    "a line of 20 MB": THREE + b"*Arcslist\n" + b"1 " * 10_000_000,
    "a quote without an end": THREE + b'*Arcs\n1 2 "' + b"x" * 1_000_000 + b"\n",
    "comments": b"% x\n" * 1_000_000,
    "no vertices": b"*Network x\n",
}
CASES = cases_of(FILES, ".net")
