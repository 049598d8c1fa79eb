"""Families by three descriptions of the same networks: CSD, weightwatcher's means, bristol's cPSE.

The networks are those of results/peer_features.json (seed 0, no twins, families of two or more).
Features are standardised and compared by Euclidean distance; a value that a package could not
give is the median of the others. Of each description: whose family the nearest neighbour is of,
and average-linkage classes, cut to as many as the CSD gives at ε = 0.1, and where they agree best
with the families. ``sizes`` is no spectrum at all: what three counts of a network tell.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata
from sklearn.metrics import adjusted_rand_score, v_measure_score

from benchmarks.common import ACCURACY, RESULTS, Floats, Labels, chance, nearest, percent, show
from benchmarks.evidence.families import interval
from zoo_spectra.classes.equivalence import distance_matrix

METRICS = (
    *("log_norm", "alpha", "alpha_weighted", "log_alpha_norm", "log_spectral_norm"),
    "stable_rank",
)
SIZES = ("parameters", "constituents", "order_max")


@dataclass(frozen=True)
class Tree:
    """An average-linkage tree of n networks, (n - 1, 4)."""

    steps: Floats

    @classmethod
    def of(cls, matrix: Floats) -> Tree:
        return cls(linkage(squareform(matrix, checks=False), "average"))

    def cut(self, classes: int) -> Labels:
        return np.asarray(fcluster(self.steps, classes, "maxclust"))

    def at(self, accuracy: float, families: Labels) -> dict[str, float]:
        """Classes at a distance, and how they agree with the families."""
        label = np.asarray(fcluster(self.steps, accuracy, "distance"))
        return {"classes": len(np.unique(label)), **self.against(families, label)}

    @staticmethod
    def against(families: Labels, label: Labels) -> dict[str, float]:
        rand = float(adjusted_rand_score(families, label))
        return {"adjusted_rand": rand, "v_measure": float(v_measure_score(families, label))}

    def best(self, families: Labels) -> dict[str, float]:
        """The cut of the highest adjusted Rand index, which nobody knows beforehand."""
        cuts = {k: self.against(families, self.cut(k)) for k in range(2, len(families))}
        k = max(cuts, key=lambda at: cuts[at]["adjusted_rand"])
        return {"classes": k, **cuts[k]}


def standardised(columns: Floats) -> tuple[Floats, int]:
    """(n, k) features with mean 0 and deviation 1, and how many values were missing (nan)."""
    missing = np.isnan(columns)
    filled = np.where(missing, np.nanmedian(columns, axis=0), columns)
    return (filled - filled.mean(axis=0)) / filled.std(axis=0), int(missing.sum())


def features(rows: pl.DataFrame, peers: list[dict[str, Any]]) -> dict[str, tuple[Floats, int]]:
    """Of each description: its distances (n, n), and the number of missing values."""

    def given(package: str, names: tuple[str, ...]) -> Floats:
        values = [[row[package].get(name) for name in names] for row in peers]
        return np.array(values, dtype=np.float64)

    watcher, cpse = given("weightwatcher", METRICS), given("bristol", ("cpse",))
    described = {
        "weightwatcher": watcher,
        "weightwatcher_ranks": rankdata(watcher, axis=0, nan_policy="omit"),
        "bristol": cpse,
        "sizes": np.log(rows.select(SIZES).to_numpy().astype(np.float64)),
    }
    found = {"csd": (distance_matrix(np.array(rows["csd"].to_list())), 0)}
    for key, columns in described.items():
        scaled, missing = standardised(columns)
        found[key] = (squareform(pdist(scaled)), missing)
    return found


def judged(matrix: Floats, families: Labels, names: Labels, classes: int) -> dict[str, Any]:
    """How well distances recover families."""
    hits, tree = nearest(matrix, families), Tree.of(matrix)
    cut = tree.cut(classes)
    return {
        "nearest": float(hits.mean()),
        "interval": interval(hits, names),
        "cut": {"classes": len(np.unique(cut)), **tree.against(families, cut)},
        "best": tree.best(families),
    }


def compare(rows: pl.DataFrame) -> dict[str, Any]:
    """Every description, on the networks that the peers were asked about."""
    path = RESULTS / "peer_features.json"
    if not path.exists():
        sys.exit(f"{path} is missing; run: python -m benchmarks.evidence.peer_features")
    peers = {f"{row['name']}/seed0": row for row in json.loads(path.read_text())["networks"]}
    rows = rows.filter(pl.col("name").is_in(list(peers))).sort("name")
    if rows.height < len(peers):
        sys.exit(f"the catalog has {rows.height} of the {len(peers)} networks of {path.name}")
    names, families = rows["name"].to_numpy(), rows["family"].to_numpy()
    found = features(rows, [peers[name] for name in names])
    csd = found["csd"][0]
    classes = int(Tree.of(csd).at(ACCURACY, families)["classes"])
    judgements = {
        key: {**judged(matrix, families, names, classes), "missing": missing}
        for key, (matrix, missing) in found.items()
    }
    ours = nearest(csd, families).astype(float)
    for key, (matrix, _) in found.items():
        lead = ours - nearest(matrix, families)
        judgements[key]["csd_leads_by"] = [float(lead.mean()), *interval(lead, names)]
    _table(judgements)
    return {
        "architectures": len(names),
        "families": len(set(families)),
        "classes": classes,
        "chance": chance(families),
        "by": judgements,
        "errors": {
            package: sum("error" in row[package] for row in peers.values())
            for package in ("weightwatcher", "bristol")
        },
    }


def _table(judgements: dict[str, Any]) -> None:
    rows = [
        (
            key,
            percent(row["nearest"], row["interval"]),
            *(f"{row['cut'][score]:.2f}" for score in ("adjusted_rand", "v_measure")),
            f"{row['best']['adjusted_rand']:.2f} at {row['best']['classes']}",
            str(row["missing"]),
        )
        for key, row in judgements.items()
    ]
    header = ("described by", "nearest in family", "ARI", "V", "best ARI, classes", "missing")
    show("The common subset, cut to the same number of classes", header, rows)
