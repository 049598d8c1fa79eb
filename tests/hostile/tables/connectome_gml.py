"""Hostile GML files."""

from __future__ import annotations

from makers import Table, cases_of

NODES = "node [ id 0 ] node [ id 1 ] "


def graph(inside: str, directed: str = "directed 1") -> bytes:
    return f"graph [ {directed} {inside} ]".encode()


COLLIDING = " ".join(f"node [ id {k * ((1 << 61) - 1)} ]" for k in range(50_000))
FILES: Table = {
    "brackets": b"a [ " * 1_000_000,
    "brackets that close": b"] " * 1_000_000,
    "a quote without an end": b'graph [ label "' + b"x" * 5_000_000,
    "quotes": b'"' * 1_000_001,
    "comments": b"# x\n" * 1_000_000,
    "keys without values": b"graph [ a b c ]",
    "a key that is a text": b'"graph" [ directed 1 ]',
    "two graphs": graph(NODES) + b"\n" + graph(NODES),
    "graph is a number": b"graph 5",
    "a node is a number": graph("node 5"),
    "a node without an id": graph("node [ label 5 ]"),
    "two nodes of one id": graph("node [ id 0 ] node [ id 0 ]"),
    "two ids of one node": graph("node [ id 0 id 1 ]"),
    "an edge to nowhere": graph(NODES + "edge [ source 0 target 7 ]"),
    "an edge without ends": graph(NODES + "edge [ ]"),
    "a weight that is a text": graph(NODES + 'edge [ source 0 target 1 weight "much" ]'),
    "a weight for some": graph(
        NODES + "edge [ source 0 target 1 weight 2 ] edge [ source 1 target 0 ]"
    ),
    "numbers without a weight": graph(NODES + "edge [ source 0 target 1 year 1986 ]"),
    "a direction that is none": graph(NODES, "directed 7"),
    "both directions": graph(NODES, "directed 0 directed 1"),
    "entities": graph('node [ id 0 label "' + "&amp;" * 1_000_000 + '" ]'),
    "ids that collide": graph(COLLIDING),
    "no graph": b"Creator 5",
    "zeros in a text": b"graph [\0 \xff ]",
    "a number of 5,000 digits": graph(NODES + f"edge [ source 0 target 1 weight {'9' * 5000}x ]"),
}
CASES = cases_of(FILES, ".gml", {"ids that collide"})
