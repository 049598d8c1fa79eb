"""Hostile text tables."""

from __future__ import annotations

import gzip

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
    "commas and semicolons": b"a,b;3\nb,c;4\nc,a;5\n",
    "commas, then blanks": b"a,b,3\nb c 4\nc,a,5\n",
    "blanks and decimal commas": b"0 1,5\n1 2,3\n2 0,4\n",
    "thousands or decimals": b"pre\tpost\tn\na\tb\t1,234\nb\ta\t2,500\n",
    "decimal commas and dots": b"pre;post;n\na;b;1,5\nb;a;2.5\n",
    "a row that is short": b"pre,post,n\na,b,1\nb,a\n",
    "a row that is long": b"pre,post,n\na,b,1\nb,a,1,1\n",
    "UTF-16 without a mark": "pre,post,n\na,b,1\nb,a,2\n".encode("utf-16-be"),
    "half a character of UTF-16": "pre,post,n\na,b,1\nb,a,2\n".encode("utf-16")[:-1],
    "coordinates": b"-54.5 1.3 2.2\n3.1 4.2 1.0\n2.0 1.0 3.3\n4.5 5.1 6.5\n",
    "orientations of three": b"-0.5 1.3 2.2\n3.1 4.2 1.0\n" * 4,
    "genes": b"gene,s1,s2\nBRCA1,12,3\nTP53,5,9\nMYC,1,1\nSHH,4,4\n",
    "labels": b"0 R0\n1 R1\n2 R2\n",
    "groups": b"1 1\n2 1\n3 2\n4 2\n",
    "nodes and their regions": b"id,region\nA,L\nB,R\nC,L\n",
    "ids that are fractions": b"pre,post,n\n1.5,2.5,1\n2.5,1.5,1\n",
    "ids that have lost digits": b"pre,post,n\n7.2e17,7.3e17,3\n7.3e17,7.2e17,2\n",
    "two counts": b"pre,post,count,size\na,b,1,2\nb,a,2,3\n",
    "positions of synapses": b"pre,post,x,y,z\na,b,1,2,3\nb,a,4,5,6\n",
    "kinds that are mixed": b"pre,post,type,n\na,b,chem,1\nb,a,gap,1\n",
    "a direction that is none": b"Source,Target,Type,Weight\na,b,Undirected,1\nb,a,Mixed,2\n" * 600,
    "many kinds": b"pre,post,type,n\n" + b"".join(b"a,b,k%d,1\n" % k for k in range(5000)),
    "missing weights": b"pre,post,n\na,b,NA\nb,a,1\n",
    "missing entries": b"0,1,n/a,2\n1,0,1,1\n1,1,0,1\n1,1,1,0\n",
    "entries that are no numbers": b"0,1,nan,2\n1,0,1,1\n1,1,0,1\n1,1,1,0\n",
    "one triangle": b"0,1,2,3\n0,0,4,5\n0,0,0,6\n0,0,0,0\n",
    "two readings": b"0,1,2\n1,0,3\n2,1,5\n",
    "attributes in braces": b"a b {'weight': 5.0}\nb a {'weight': 2.0}\n",
    "three connectogram rows": b"data\tdata\t1\ndata\tdata\t2\ndata\tdata\t3\n",
}
READ = {
    "a hundred thousand nodes",
    "names that are long",
    "numbers beyond numbers",
    "zero bytes between",
    "attributes in braces",
}
GZIPPED: Table = {
    "a bomb of rows": gzip.compress(b"0,1,2\n1,0,3\n" * 3_000_000, 9),
    "a bomb of one line": gzip.compress(bytes(1 << 26), 9),
    "a bomb of comments": gzip.compress(b"#\n" * 30_000_000, 9),
    "half a gz": gzip.compress(b"0,1,2\n1,0,3\n" * 1000)[:-20],
    "no gz": b"0,1,2\n1,0,3\n",
}
# An edge list is what its suffix says, and 1,200 rows of one edge are read.
SAID = {"labels", "groups", "genes", "nodes and their regions", "two readings"}
CASES = [*cases_of(FILES, ".csv", READ), *cases_of(FILES, ".edgelist", READ | SAID)]
CASES += cases_of(GZIPPED, ".csv.gz", {"a bomb of rows"})
