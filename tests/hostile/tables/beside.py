"""Tables that options name, beside a good network."""

from __future__ import annotations

from pathlib import Path

from cases import Case

from tables.connectome_text import FILES

REGIONS = "".join(f"{k},{'r' * 100_000}{k}\n" for k in range(256))
BIG = "".join(f"{k} {(k + 1) % 256} 1\n" for k in range(256))


# Wrong as networks, and tables that say something of a network called a.
SAYING = {f"about: {name}" for name in ("two counts", "positions of synapses", "missing weights")}
SAYING.add("about: kinds that are mixed")


def _beside(name: str, content: bytes, **options: str) -> Case:
    def write(path: Path) -> None:
        path.write_text(BIG)
        path.with_name("table.csv").write_bytes(content)

    expected = "either" if name in SAYING else "refused"
    return Case(name, "a.edgelist", write, expected, options=options)


TEXTS = {name: made for name, made in FILES.items() if isinstance(made, bytes)}
NODES = {"nodes": "@/table.csv", "partition": "region"}
CASES = [
    *(_beside(f"nodes: {name}", content, **NODES) for name, content in TEXTS.items()),
    _beside("nodes: regions with long names", b"id,region\n" + REGIONS.encode(), **NODES),
    _beside(
        "nodes: ranges without end",
        b"i,j,region\n" + b"0,1,x\n" * 300_000,
        **NODES,
    ),
    *(_beside(f"about: {name}", content, about="@/table.csv") for name, content in TEXTS.items()),
]
