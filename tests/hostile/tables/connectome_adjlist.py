"""Hostile adjacency lists."""

from __future__ import annotations

from makers import Table, cases_of

FILES: Table = {
    "either way": b"a 1\nb\nb 1\na\n",
    "more neighbours than lines": b"a 3\nb {}\n",
    "a billion neighbours": b"a 999999999\nb {}\n",
    "neighbours of 5,000 digits": b"a " + b"9" * 5000 + b"\nb {}\n",
    "two neighbours in a line": b"a 1\nb c {}\n",
    "braces without a head": b"b {'weight': 1}\n",
    "braces that call": b"a 1\nb {'weight': __import__('os').system('touch witness')}\n",
    "braces that do not end": b"a 1\nb {'weight': 5\n",
    "braces in braces": b"a 1\nb " + b"{'a':" * 100_000 + b"1" + b"}" * 100_000 + b"\n",
    "parentheses": b"a 1\nb {'a': " + b"(" * 50_000 + b")" * 50_000 + b"}\n",
    "a power of powers": b"a 1\nb {'weight': 9**9**9}\n",
    "a text times a billion": b"a 1\nb {'weight': 'x' * 1000000000}\n",
    "a number of 60,000 digits": b"a 1\nb {'weight': " + b"9" * 60_000 + b"}\n",
    "minus signs": b"a 1\nb {'weight': " + b"-" * 60_000 + b"1}\n",
    "a list that is no dictionary": b"a 1\nb {1, 2}\n",
    "a weight for some": b"a 2\nb {'weight': 5}\nc {}\n",
    "a weight that is a text": b"a 1\nb {'weight': 'x'}\n",
    "comments": b"# x\n" * 1_000_000,
    "one node": b"a\n",
    "half a character": b"a \xff\n",
    "a line of 20 MB": b"a" * 20_000_000,
}
LONG = {"a line of many": b"a " + b"b " * 6_000_000}
CASES = [*cases_of(FILES, ".adjlist"), *cases_of(LONG, ".adjlist", {"a line of many"})]
