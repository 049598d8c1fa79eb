"""Hostile GEXF files."""

from __future__ import annotations

from itertools import pairwise

from good_connectome import graph_text
from makers import Table, cases_of

HEAD = '<gexf xmlns="http://gexf.net/1.3" version="1.3">'
NODES = '<nodes><node id="a"/><node id="b"/></nodes>'


def graph(inside: str, more: str = 'defaultedgetype="directed"') -> bytes:
    return f"{HEAD}<graph {more}>{inside}</graph></gexf>".encode()


def edges(*given: str) -> str:
    return f"{NODES}<edges>{''.join(f'<edge {each}/>' for each in given)}</edges>"


AB = 'source="a" target="b"'
VALUED = (
    f"{NODES}<edges><edge {AB}><attvalues>"
    '<attvalue for="{}" value="1"/></attvalues></edge></edges>'
)
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    + f']>{HEAD}<graph><nodes><node id="&i;"/></nodes></graph></gexf>'
)
TITLES = "".join(
    f'<attribute id="{k}" title="t{k}"><default>1</default></attribute>' for k in range(5000)
)
MANY = "".join(f'<edge id="{k}" {AB}/>' for k in range(20_000))
FILES: Table = {
    "a billion laughs": LAUGHS.encode(),
    "a DTD from outside": b'<!DOCTYPE gexf SYSTEM "file:///etc/passwd">' + graph(edges(AB)),
    "a million elements deep": (HEAD + "<a>" * 1_000_000).encode(),
    "an edge to nowhere": graph(edges('source="a" target="z"')),
    "an edge without ends": graph(edges("")),
    "a node without an id": graph("<nodes><node/></nodes>"),
    "two nodes of one id": graph('<nodes><node id="a"/><node id="a"/></nodes>'),
    "two graphs": graph(edges(AB)).replace(b"</graph>", b"</graph><graph/>"),
    "a weight that is a text": graph(edges(f'{AB} weight="heavy"')),
    "a weight of 5,000 digits and a letter": graph(edges(f'{AB} weight="{"9" * 5000}x"')),
    "a direction that is none": graph(edges(f'{AB} type="sideways"')),
    "a default that is none": graph(edges(AB), 'defaultedgetype="up"'),
    "dynamic": graph(edges(AB), 'mode="dynamic"'),
    "an edge in time": graph(edges(f'{AB} start="1"')),
    "slices": graph("<slices/>" + edges(AB)),
    "values of no attribute": graph(VALUED.format("z")),
    "numbers without a weight": graph(
        '<attributes class="edge"><attribute id="0" title="year" type="integer"/></attributes>'
        + VALUED.format("0")
    ),
    "five thousand defaults for twenty thousand edges": graph(
        f'<attributes class="edge">{TITLES}</attributes>{NODES}<edges>{MANY}</edges>'
    ),
    "a text of 20 MB": graph(f'<nodes><node id="{"7" * 20_000_000}"/></nodes>'),
    "no graph": f"{HEAD}</gexf>".encode(),
    "an encoding that is not known": b'<?xml version="1.0" encoding="rot13"?>' + graph(edges(AB)),
    "cut within a tag": graph_text("gexf")[:-100],
}
CASES = cases_of(FILES, ".gexf")
