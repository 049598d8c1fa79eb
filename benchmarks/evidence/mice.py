"""Does a mouse's nearest neighbour have its genotype?

32 diffusion-MRI connectomes of mice of four genotypes, by every way this package can cut them into
constituents, beside NetLSD (Tsitsulin et al., KDD 2018) on the same graphs, and beside what is
had when it is known which node is which: the matrices compared entry by entry.
"""

from __future__ import annotations

from typing import Any

import netlsd
import numpy as np
from scipy.spatial.distance import pdist, squareform

import zoo_spectra as zs
from benchmarks.common import Floats, Labels, analyse, chance, nearest, percent, show, wilson, write
from zoo_spectra.classes.equivalence import distance_matrix
from zoo_spectra.sources import get_adapter

FILES = "connectome:@samples/mice/edgelists/*.edgelist"
ABOUT = "about=@samples/mice/participants.csv&family=genotype"
PARTITION = "nodes=@samples/mice/blocks.csv&partition=block,hemisphere"
CONSTITUENTS = {
    "blocks_and_projections": f"{PARTITION}&{ABOUT}",
    "blocks": f"{PARTITION}&projections=false&{ABOUT}",
    "whole_matrix": ABOUT,
}
DEFAULT = "blocks_and_projections_symmetrised"  # as in jobs/demo.toml


def sources() -> dict[str, str]:
    """Of each convention, its source. The files list each undirected edge once."""
    made: dict[str, str] = {}
    for name, options in CONSTITUENTS.items():
        made[f"{name}_symmetrised"] = f"{FILES}?directed=false&{options}"
        made[f"{name}_as_listed"] = f"{FILES}?{options}"
    return made


def symmetric_matrices() -> list[Floats]:
    """The weighted undirected graphs as matrices, in the order of the files."""
    refs = zs.list_networks(f"{FILES}?directed=false&{ABOUT}")
    adapter = get_adapter("connectome")
    return [next(iter(adapter.load(ref).constituents())).matrix for ref in refs]


def euclidean(vectors: list[Floats]) -> Floats:
    """Distances between vectors, NetLSD's own between signatures; shape (n, n)."""
    matrix: Floats = squareform(pdist(np.array(vectors)))
    return matrix


def figures(matrix: Floats, genotypes: Labels) -> dict[str, Any]:
    """The share of right nearest neighbours, its 95 % interval, and the share by genotype."""
    hits = nearest(matrix, genotypes)
    by_genotype = {
        str(name): float(hits[genotypes == name].mean()) for name in sorted(set(genotypes))
    }
    found = {"hits": int(hits.sum()), "share": float(hits.mean())}
    return {
        **found,
        "interval": list(wilson(int(hits.sum()), len(hits))),
        "by_genotype": by_genotype,
    }


def main() -> None:
    conventions = sources()
    found = analyse("bench-mice", list(conventions.values()), ["mice"])
    size = len(found.names) // len(conventions)
    genotypes = found.families[:size]
    curves = found.csds.reshape(len(conventions), size, -1)
    matrices = {name: distance_matrix(csds) for name, csds in zip(conventions, curves, strict=True)}
    graphs = symmetric_matrices()
    matrices["netlsd_weighted"] = euclidean([netlsd.heat(graph) for graph in graphs])
    binary = [(graph > 0).astype(float) for graph in graphs]
    matrices["netlsd_binary"] = euclidean([netlsd.heat(graph) for graph in binary])
    matrices["entries"] = euclidean([graph.ravel() for graph in graphs])
    measured = {name: figures(matrix, genotypes) for name, matrix in matrices.items()}
    by_chance = chance(genotypes)

    rows = [
        (
            name.replace("_", " ") + (" (default)" if name == DEFAULT else ""),
            percent(row["share"], row["interval"]),
            *(percent(share) for share in row["by_genotype"].values()),
        )
        for name, row in measured.items()
    ]
    rows.append(("by chance", percent(by_chance), *("" for _ in set(genotypes))))
    show("Nearest neighbour of the same genotype", ("", "all", *sorted(set(genotypes))), rows)
    counts = {str(name): int((genotypes == name).sum()) for name in sorted(set(genotypes))}
    content = {"networks": len(genotypes), "genotypes": counts, "chance": by_chance, **measured}
    write("evidence.mice", ("netlsd",), content)


if __name__ == "__main__":
    main()
