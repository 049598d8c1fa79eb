"""What a catalog of the whole timm zoo at random initialisation says.

python -m benchmarks.evidence.zoo [CATALOG]     default: catalogs/timm-random, as published

Families against classes and nearest neighbours; seeds, architectures and families; the ε curve;
and on a common subset the summary metrics of weightwatcher and the cPSE of bristol
(``zoo_peers.py``). Writes results/zoo.json and docs/zoo.png.

*Twins* are architectures of one family with equal matrices: other image sizes, other pretraining.
They make a nearest neighbour trivial, so everything is also said of one architecture of each set.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

import zoo_spectra as zs
from benchmarks.architectures import DESIGNS, MODULES
from benchmarks.common import ACCURACY, CONSOLE, ROOT, Floats, Labels, percent, show, write
from benchmarks.common import chance as chance_of
from benchmarks.common import nearest as nearest_of
from benchmarks.evidence.families import interval
from benchmarks.evidence.zoo_peers import Tree, compare
from benchmarks.pictures.zoo import draw
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes

ACCURACIES = tuple(float(value) for value in np.geomspace(0.01, 1, 41).round(4))
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Zoo:
    """n analysed networks. ``twins``: the number of each one's set; ``rows``: other columns."""

    rows: pl.DataFrame
    names: Labels
    architectures: Labels
    families: Labels
    twins: Labels
    csds: Floats

    def only(self, keep: Labels) -> Zoo:
        arrays = (self.names, self.architectures, self.families, self.twins, self.csds)
        return Zoo(self.rows.filter(keep), *(array[keep] for array in arrays))


def read(catalog: zs.Catalog) -> Zoo:
    """The ``ok`` networks, by name; without timm's ``test_*``, which are made for unit tests."""
    rows = catalog.collect(catalog.networks()).filter(status="ok").sort("name")
    metadata = [json.loads(text) for text in rows["metadata"]]
    rows = rows.with_columns(pl.Series("seed", [row["seed"] for row in metadata]))
    zoo = Zoo(
        rows,
        rows["name"].to_numpy(),
        np.array([row["architecture"] for row in metadata]),
        rows["family"].to_numpy(),
        twins(rows),
        np.array(rows["csd"].to_list()),
    )
    return zoo.only(np.array([not name.startswith("test_") for name in zoo.architectures]))


def twins(rows: pl.DataFrame) -> Labels:
    """A number for each set of equal family, entries, constituents and circular fluctuation.

    The fluctuation is a function of the orders of all constituents.
    """
    orders = [np.array(curve).round(12).tobytes() for curve in rows["csd_fluctuation_cue"]]
    columns = (rows["family"], rows["parameters"], rows["constituents"], orders)
    keys = list(zip(*columns, strict=True))
    numbers = {key: at for at, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys])


def distinct(zoo: Zoo) -> Zoo:
    """Of each set of twins the architecture whose name comes first, with all its seeds."""
    first: dict[int, str] = {}
    for twin, name in zip(zoo.twins.tolist(), zoo.architectures, strict=True):
        first[twin] = min(name, first.get(twin, name))
    chosen = set(first.values())
    return zoo.only(np.array([name in chosen for name in zoo.architectures]))


def designs(zoo: Zoo) -> Zoo:
    """Of each of 22 modules the one design that it is named after (``architectures.py``)."""
    pairs = zip(zoo.architectures, zoo.families, strict=True)
    keep = [kin in MODULES and bool(re.match(DESIGNS.get(kin, ""), n)) for n, kin in pairs]
    return zoo.only(np.array(keep))


def recovery(zoo: Zoo) -> dict[str, Any]:
    """Classes at ε against families, and families of nearest neighbours.

    A network asks for its nearest neighbour when its family has another architecture. Each
    architecture counts once in the share, whether it has one seed or two.
    """
    matrix = distance_matrix(zoo.csds)
    label = equivalence_classes(zoo.csds, ACCURACY).label
    pairs = set(zip(zoo.families, zoo.architectures, strict=True))
    members = {kin: sum(other == kin for other, _ in pairs) for kin in set(zoo.families)}
    asked = np.array([members[kin] > 1 for kin in zoo.families])
    hits, who = nearest_of(matrix, zoo.families, zoo.architectures)[asked], zoo.architectures[asked]
    shares = [hits[who == name].mean() for name in np.unique(who)]
    tree = Tree.of(matrix)
    return {
        "networks": len(zoo.names),
        "architectures": len(pairs),
        "families": len(members),
        "nearest": {
            "asked": len(shares),
            "share": float(np.mean(shares)),
            "interval": interval(hits, who),
            "chance": chance_of(zoo.families, zoo.architectures),
        },
        "classes": {"classes": int(label.max()), **tree.against(zoo.families, label)},
        "by_accuracy": [
            {"accuracy": accuracy, **tree.at(accuracy, zoo.families)} for accuracy in ACCURACIES
        ],
    }


def pairs_of(zoo: Zoo) -> Iterator[tuple[str, Floats]]:
    """Distances of every pair, by what the two have in common."""
    at, to = np.triu_indices(len(zoo.names), 1)
    values = distance_matrix(zoo.csds)[at, to]
    same = zoo.architectures[at] == zoo.architectures[to]
    twin = (zoo.twins[at] == zoo.twins[to]) & ~same
    kin = zoo.families[at] == zoo.families[to]
    yield "seeds", values[same]
    yield "twins", values[twin]
    yield "family", values[kin & ~same & ~twin]
    yield "families", values[~kin]


def quantiles(values: Floats) -> dict[str, Any]:
    found = {f"{q:g}": float(np.quantile(values, q)) for q in QUANTILES} if len(values) else {}
    return {"pairs": len(values), "quantiles": found}


def tables(figures: dict[str, Any]) -> None:
    """Print what was measured."""
    rows = [
        (
            key,
            *(str(part[count]) for count in ("architectures", "networks", "families")),
            percent(part["nearest"]["share"], part["nearest"]["interval"]),
            percent(part["nearest"]["chance"]),
            str(part["classes"]["classes"]),
            *(f"{part['classes'][score]:.2f}" for score in ("adjusted_rand", "v_measure")),
        )
        for key, part in figures["recovery"].items()
    ]
    header = ("", "arch.", "networks", "families", "nearest", "chance", "classes", "ARI", "V")
    show(f"Families, ε = {ACCURACY}", header, rows)
    rows = [
        (key, f"{part['pairs']:,}", *(f"{value:.3f}" for value in part["quantiles"].values()))
        for key, part in figures["distances"].items()
    ]
    show("Distances, e-folds", ("between", "pairs", *(f"{q:.0%}" for q in QUANTILES)), rows)
    curve = figures["recovery"]["distinct"]["by_accuracy"]
    rows = [tuple(f"{value:.3g}" for value in row.values()) for row in curve[::4]]
    show("One architecture of each set of twins", ("ε", "classes", "ARI", "V"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog", nargs="?", default=str(ROOT / "catalogs" / "timm-random"))
    zoo = read(zs.Catalog(parser.parse_args().catalog))
    one = distinct(zoo)
    found = {"all": zoo, "distinct": one, "designs": designs(one)}
    values = dict(pairs_of(zoo))
    figures = {
        "recovery": {key: recovery(part) for key, part in found.items()},
        "distances": {key: quantiles(part) for key, part in values.items()},
        "peers": compare(zoo.rows.filter(seed=0)),
    }
    tables(figures)
    draw(figures, values, ROOT / "docs" / "zoo.png")
    CONSOLE.print("drawn: docs/zoo.png")
    write("evidence.zoo", ("scikit-learn",), figures)


if __name__ == "__main__":
    main()
