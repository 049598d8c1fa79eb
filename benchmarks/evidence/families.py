"""Do random timm architectures fall into classes that look like their families?

Which architectures: ``architectures.py``. Each is taken twice, with seeds 0 and 1.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score, v_measure_score

from benchmarks import architectures
from benchmarks.common import (
    ACCURACY,
    Floats,
    Labels,
    analyse,
    chance,
    nearest,
    percent,
    show,
    write,
)
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes

SEEDS = (0, 1)
ACCURACIES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


def distances(matrix: Floats, architectures: Labels, families: Labels) -> dict[str, float]:
    """Median distances of pairs, in e-folds."""
    pair = np.triu_indices(len(matrix), 1)
    same = architectures[pair[0]] == architectures[pair[1]]
    kin = families[pair[0]] == families[pair[1]]
    values = matrix[pair]
    return {
        "seeds": float(np.median(values[same])),
        "architectures_of_a_family": float(np.median(values[kin & ~same])),
        "families": float(np.median(values[~kin])),
    }


def interval(hits: Labels, architectures: Labels, draws: int = 10_000) -> list[float]:
    """95 % bootstrap interval of a share, over architectures: two seeds are not two witnesses."""
    share = np.array([hits[architectures == name].mean() for name in np.unique(architectures)])
    drawn = np.random.default_rng(0).choice(share, (draws, len(share))).mean(axis=1)
    return [float(bound) for bound in np.quantile(drawn, (0.025, 0.975))]


def curve(csds: Floats, families: Labels) -> list[dict[str, float]]:
    """Classes against family names at each accuracy."""
    rows: list[dict[str, float]] = []
    for accuracy in ACCURACIES:
        label = equivalence_classes(csds, accuracy).label
        rand = adjusted_rand_score(families, label)
        measure = v_measure_score(families, label)
        found = {"classes": int(label.max()), "adjusted_rand": rand, "v_measure": measure}
        rows.append({"accuracy": accuracy, **found})
    return rows


def by_family(hits: Labels, families: Labels, label: Labels) -> dict[str, dict[str, object]]:
    """Of each family: nearest neighbours in it, its classes, and who shares them.

    ``purity``: the share of its members in classes where it has the majority.
    """
    rows: dict[str, dict[str, object]] = {}
    majority = {at: Counter(families[label == at]).most_common(1)[0][0] for at in np.unique(label)}
    for name in np.unique(families):
        own = families == name
        classes = np.unique(label[own])
        rows[str(name)] = {
            "networks": int(own.sum()),
            "nearest_in_family": float(hits[own].mean()),
            "classes": len(classes),
            "purity": float(np.mean([majority[at] == name for at in label[own]])),
            "shares_classes_with": sorted(set(families[np.isin(label, classes)]) - {name}),
        }
    return rows


def measure(choice: architectures.Choice) -> dict[str, Any]:
    """Analyse the chosen architectures; everything that is measured of them."""
    names = [name for members in choice.values() for name in members]
    found = analyse("bench-families", [f"timm:{n}?seed={seed}" for n in names for seed in SEEDS])
    who = np.repeat(names, len(SEEDS))
    matrix = distance_matrix(found.csds)
    hits = nearest(matrix, found.families, who)
    label = equivalence_classes(found.csds, ACCURACY).label
    by_accuracy = curve(found.csds, found.families)
    return {
        "counts": {"architectures": len(names), "families": len(choice), "networks": len(who)},
        "median_distance": distances(matrix, who, found.families),
        "nearest_in_family": {
            "share": float(hits.mean()),
            "interval": interval(hits, who),
            "chance": chance(found.families, who),
        },
        "classes": next(row for row in by_accuracy if row["accuracy"] == ACCURACY),
        "by_accuracy": by_accuracy,
        "by_family": by_family(hits, found.families, label),
        "architectures": choice,
    }


def tables(title: str, figures: dict[str, Any]) -> None:
    """Print what was measured."""
    print(f"\n=== {title}: {figures['counts']}")
    median, near = figures["median_distance"], figures["nearest_in_family"]
    pairs = [(key.replace("_", " "), f"{value:.3f}") for key, value in median.items()]
    show("Median distance, e-folds", ("between", "d"), pairs)
    share, by_chance = percent(near["share"], near["interval"]), percent(near["chance"])
    print(f"nearest neighbour outside the architecture: same family {share}, by chance {by_chance}")
    curves = [[f"{value:.3g}" for value in row.values()] for row in figures["by_accuracy"]]
    show("Classes against families", ("ε", "classes", "adjusted Rand", "V-measure"), curves)
    worst_first = sorted(figures["by_family"].items(), key=lambda item: item[1]["purity"])
    rows = [
        (
            name,
            str(row["networks"]),
            str(row["classes"]),
            percent(row["nearest_in_family"]),
            percent(row["purity"]),
            ", ".join(row["shares_classes_with"]),
        )
        for name, row in worst_first
    ]
    header = ("family", "networks", "classes", "nearest in family", "purity", "shares classes with")
    show(f"Families, ε = {ACCURACY}", header, rows)


def main() -> None:
    measured = {
        "modules": measure(architectures.modules()),
        "designs": measure(architectures.designs()),
    }
    for title, figures in measured.items():
        tables(title, figures)
    write("evidence.families", ("torch", "timm", "scikit-learn"), measured)


if __name__ == "__main__":
    main()
