"""Hostile JSON, as the toolbox of C. elegans writes it."""

from __future__ import annotations

import json

from good_connectome import cect
from makers import Table, cases_of

FILES: Table = {
    "brackets": b"[" * 10_000_000,
    "braces": b'{"a":' * 1_000_000,
    "a list of twenty million lists": b"[" + b"[]," * 20_000_000 + b"[]]",
    "a number of 5,000 digits": cect().replace(b"1.5", b"9" * 5000),
    "a number beyond numbers": cect().replace(b"1.5", b"9" * 400),
    "a matrix in a matrix": cect().replace(b"1.5", b"[1.5]"),
    "a text in a matrix": cect().replace(b"1.5", b'"x"'),
    "nothing in a matrix": cect().replace(b"1.5", b"null"),
    "fewer nodes": cect().replace(b'"ADAL", ', b""),
    "nodes that are numbers": cect().replace(b'"ADAL"', b"5"),
    "connections in a list": json.dumps({"nodes": [], "connections": []}).encode(),
    "a matrix that is a text": json.dumps(
        {"nodes": ["a"] * 3, "connections": {"Generic_CS": "abc"}}
    ).encode(),
    "forty dimensions": json.dumps(
        {"nodes": ["a"], "connections": {"Generic_CS": eval("[" * 40 + "1" + "]" * 40)}}
    ).encode(),
    "a text of 20 MB": b'"' + b"x" * 20_000_000 + b'"',
    "half a character": cect().replace(b"ADAL", b"\xff"),
}
CASES = cases_of(FILES, ".json")
