"""Tables that options name, beside a good network."""

from __future__ import annotations

from pathlib import Path

from cases import Case

from tables.connectome_text import FILES

REGIONS = "".join(f"{k},{'r' * 100_000}{k}\n" for k in range(256))
BIG = "".join(f"{k} {(k + 1) % 256} 1\n" for k in range(256))


def _beside(name: str, content: bytes, **options: str) -> Case:
    def write(path: Path) -> None:
        path.write_text(BIG)
        path.with_name("table.csv").write_bytes(content)

    return Case(name, "a.edgelist", write, options=options)


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
    *(
        _beside(
            f"about: {name}", content if isinstance(content, bytes) else b"", about="@/table.csv"
        )
        for name, content in TEXTS.items()
    ),
]
