"""Hostile GraphML files."""

from __future__ import annotations

from itertools import pairwise

from makers import Table, cases_of

OPEN = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
WEIGHT = '<key id="w" for="edge" attr.name="weight" attr.type="double"/>'


def graph(inside: str, keys: str = WEIGHT, directed: str = "directed") -> bytes:
    return f'{OPEN}{keys}<graph edgedefault="{directed}">{inside}</graph></graphml>'.encode()


def edge(source: object, target: object, more: str = "", data: str = "") -> str:
    return f'<edge source="{source}" target="{target}" {more}>{data}</edge>'


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    + f']>{OPEN}<graph><node id="&i;"/></graph></graphml>'
)
OUTSIDE = (
    '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f'{OPEN}<graph><node id="&x;"/></graph></graphml>'
)
COLLIDING = "".join(edge("a", "b", f'id="{k * ((1 << 61) - 1)}"') for k in range(1, 50_000))
STEPPING = (
    "".join(edge("a", "b", f'id="{k}"') for k in range(30_000, 60_000)) + edge("a", "b") * 30_000
)
KEYS = "".join(
    f'<key id="k{k}" for="node" attr.name="n{k}" attr.type="string"><default>x</default></key>'
    for k in range(5_000)
)
FILLED = "".join(f'<node id="{k}"><data key="k{k}">x</data></node>' for k in range(5_000))
ATTRIBUTES = " ".join(f'a{k}=""' for k in range(300_000))
SPACES = " ".join(f'xmlns:a{k}="u{k}"' for k in range(100_000))
FILES: Table = {
    "a billion laughs": LAUGHS.encode(),
    "an entity from outside": OUTSIDE.encode(),
    "a DTD from outside": b'<!DOCTYPE graphml SYSTEM "http://127.0.0.1:9/a"><graphml/>',
    "a million elements deep": (OPEN + "<a>" * 1_000_000).encode(),
    "groups in groups": graph('<node id="a" yfiles.foldertype="group"><graph>' * 10_000),
    "a million attributes": graph(f"<node {ATTRIBUTES}/>"),
    "a text of 20 MB": graph('<node id="a"><data key="w">' + "7" * 20_000_000 + "</data></node>"),
    "an attribute of 20 MB": graph(f'<node id="{"7" * 20_000_000}"/>'),
    "a tag of 20 MB": graph(f"<{'a' * 20_000_000}/>"),
    "a comment of 20 MB": f"{OPEN}<!-- {'-x' * 10_000_000} --></graphml>".encode(),
    "a million comments": f"{OPEN}{'<!---->' * 1_000_000}</graphml>".encode(),
    "namespaces without end": f"<graphml {SPACES}/>".encode(),
    "numbers that collide": graph(COLLIDING),
    "numbers that are taken": graph(STEPPING),
    "a value that nodes lack, five thousand times": graph(FILLED, KEYS),
    "a weight that is a text": graph(edge("a", "b", data='<data key="w">x</data>')),
    "a weight of 5,000 digits": graph(edge("a", "b", data=f'<data key="w">{"9" * 5000}</data>')),
    "a whole weight of 5,000 digits": graph(
        edge("a", "b", data=f'<data key="w">{"9" * 5000}</data>'), WEIGHT.replace("double", "int")
    ),
    "a whole weight of 400 digits": graph(
        edge("a", "b", data=f'<data key="w">{"9" * 400}</data>'), WEIGHT.replace("double", "int")
    ),
    "data of no key": graph('<node id="a"><data key="z">1</data></node>'),
    "data without a key": graph('<node id="a"><data>1</data></node>'),
    "a key without a name": graph('<node id="a"/>', '<key id="w"/>'),
    "a key of no type": graph('<node id="a"/>', WEIGHT.replace("double", "quadruple")),
    "a node without a name": graph("<node/><node/>"),
    "an edge without ends": graph("<edge/>"),
    "an undirected edge": graph(edge("a", "b", 'directed="false"')),
    "a hyperedge": graph("<hyperedge/>"),
    "two roots": graph(edge("a", "b")) + b"<graphml/>",
    "another namespace": graph(edge(1, 2)).replace(b"graphdrawing", b"elsewhere"),
    "an encoding that is not known": b'<?xml version="1.0" encoding="rot13"?>' + graph(edge(1, 2)),
    "an encoding of another": b'<?xml version="1.0" encoding="utf-16"?>' + graph(edge(1, 2)),
    "a character that is none": graph('<node id="&#0;"/>'),
    "half a character": graph("<node id='a'/>").replace(b"'a'", b"'\xff'"),
    "no graph": f"{OPEN}</graphml>".encode(),
    "a hundred thousand nodes": graph("".join(f'<node id="{k}"/>' for k in range(100_000))),
}
READ = {
    "a hundred thousand nodes",  # a sparse matrix, which is estimated
    *("numbers that collide", "numbers that are taken", "two roots", "an undirected edge"),
    *("a weight of 5,000 digits", "a value that nodes lack, five thousand times"),
}
CASES = cases_of(FILES, ".graphml", READ)
