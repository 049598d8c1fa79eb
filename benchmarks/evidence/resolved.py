"""What is gained by asking where along the network: the measures pooled, depth and matched.

python -m benchmarks.evidence.resolved [CATALOG]

Families of timm at random initialisation and genotypes of mice by nearest neighbours, and trained
networks, at depth resolutions T = 1 (pooled) to 16, and matched where networks have one design.
CATALOG: one of the whole timm zoo that has its spectra (``jobs/timm-random.toml``); its twins
count once. The networks are those of ``families.py``, ``mice.py``, ``trained.py`` and ``zoo.py``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

import zoo_spectra as zs
from benchmarks import architectures
from benchmarks.common import (
    ROOT,
    Floats,
    Labels,
    analyse,
    chance,
    nearest,
    percent,
    show,
    wilson,
    write,
)
from benchmarks.evidence import families, mice, trained, zoo
from zoo_spectra.catalog import read_curves
from zoo_spectra.classes.equivalence import distance_matrix
from zoo_spectra.classes.measures import points
from zoo_spectra.defaults import Measure
from zoo_spectra.method import depth_curves

DEPTHS = (1, 2, 4, 8, 16)
MATCHED: Measure = "matched"


def matrices(catalog: zs.Catalog, ids: Sequence[str], matched: bool) -> dict[str, Floats]:
    """The distances of n networks by each measure, (n, n), in e-folds."""
    order = pl.DataFrame({"network_id": ids})
    columns = ("network_id", "commit_id", "name", "scale")
    rows = catalog.collect(catalog.networks().select(columns))
    networks = order.join(rows, on="network_id", maintain_order="left")
    parts = defaultdict[int, dict[int, Floats]](dict)
    for each in read_curves(catalog, networks):
        parts[each.at].update(zip(each.position.tolist(), each.curves, strict=True))
    curves = [np.array([of for _, of in sorted(parts[at].items())]) for at in range(len(ids))]
    found = {}
    for depth in DEPTHS:
        flat = np.array([depth_curves(each, depth).ravel() for each in curves])
        found[f"T{depth}"] = distance_matrix(flat / depth)
    if matched:
        found[MATCHED] = distance_matrix(points(catalog, networks, MATCHED))
    return found


def of_families(choice: architectures.Choice) -> dict[str, Any]:
    """Nearest neighbours outside the architecture, over two seeds of each."""
    names = [name for members in choice.values() for name in members]
    sources = [f"timm:{name}?seed={seed}" for name in names for seed in families.SEEDS]
    found = analyse("bench-families", sources)
    who = np.repeat(names, len(families.SEEDS))
    catalog = zs.Catalog(ROOT / "catalogs" / "bench-families")
    return {
        "chance": chance(found.families, who),
        **{
            depth: _share(nearest(matrix, found.families, who), who)
            for depth, matrix in matrices(catalog, _ids(sources), matched=False).items()
        },
    }


def of_mice() -> dict[str, Any]:
    """Nearest neighbours of one genotype, by the constituents of ``jobs/demo.toml``."""
    source = mice.sources()[mice.DEFAULT]
    found = analyse("bench-mice", [source], ["mice"])
    catalog = zs.Catalog(ROOT / "catalogs" / "bench-mice")
    measured: dict[str, Any] = {"chance": chance(found.families)}
    for depth, matrix in matrices(catalog, _ids([source]), matched=True).items():
        hits = nearest(matrix, found.families)
        interval = list(wilson(int(hits.sum()), len(hits)))
        measured[depth] = {"share": float(hits.mean()), "interval": interval}
    return measured


def of_trained() -> dict[str, Any]:
    """The largest distance among three trained networks, and their least to random ones."""
    weights = [f"timm:{n}?checkpoint=@samples/efficientnet_lite/{n}.pth" for n in trained.NAMES]
    random = [f"timm:{name}?seed={seed}" for seed in trained.SEEDS for name in trained.NAMES]
    analyse("bench-trained", [*weights, *random], ["efficientnet_lite"])
    catalog = zs.Catalog(ROOT / "catalogs" / "bench-trained")
    count = len(weights)
    return {
        depth: {
            "among": max(float(matrix[a, b]) for a, b in combinations(range(count), 2)),
            "to_random": float(matrix[:count, count:].min()),
        }
        for depth, matrix in matrices(catalog, _ids([*weights, *random]), matched=False).items()
    }


def of_zoo(place: str) -> dict[str, Any]:
    """Families of all of timm, one architecture of each set of twins."""
    catalog = zs.Catalog(place)
    one = zoo.distinct(zoo.read(catalog))
    members = {kin: len(set(one.architectures[one.families == kin])) for kin in set(one.families)}
    asked = np.array([members[kin] > 1 for kin in one.families])
    who = one.architectures[asked]
    measured: dict[str, Any] = {
        "architectures": len(set(one.architectures)),
        "asked": len(set(who)),
        "chance": chance(one.families, one.architectures),
    }
    for depth, matrix in matrices(catalog, one.rows["network_id"].to_list(), False).items():
        hits = nearest(matrix, one.families, one.architectures)[asked]
        measured[depth] = _share(hits, who)
    return measured


def _ids(sources: Sequence[str]) -> list[str]:
    return [ref.network_id for source in sources for ref in zs.list_networks(source)]


def _share(hits: Labels, who: Labels) -> dict[str, Any]:
    """Each architecture counts once, whether it has one seed or two."""
    share = float(np.mean([hits[who == name].mean() for name in np.unique(who)]))
    return {"share": share, "interval": families.interval(hits, who)}


def tables(figures: dict[str, Any]) -> None:
    """Print what was measured."""
    columns = [f"T{depth}" for depth in DEPTHS] + [MATCHED]
    rows = [
        (
            name,
            *(percent(part[c]["share"], part[c]["interval"]) if c in part else "" for c in columns),
            percent(part["chance"]),
        )
        for name, part in figures.items()
        if name != "trained"
    ]
    show("Nearest neighbour of the same kind", ("", *columns, "by chance"), rows)
    rows = [
        (what, *(f"{figures['trained'][c][what]:.3f}" for c in columns if c != MATCHED))
        for what in ("among", "to_random")
    ]
    show("Trained EfficientNet-Lite, e-folds", ("", *columns[:-1]), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog", nargs="?")
    place = parser.parse_args().catalog
    figures = {
        "designs": of_families(architectures.designs()),
        "modules": of_families(architectures.modules()),
        "mice": of_mice(),
        "trained": of_trained(),
    }
    if place:
        figures["zoo"] = of_zoo(place)
    tables(figures)
    write("evidence.resolved", ("torch", "timm"), figures)


if __name__ == "__main__":
    main()
