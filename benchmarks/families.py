"""Do random timm architectures fall into classes that look like their families?

Rule of choice, made before anything was measured: 22 timm modules; of each, the architectures of
at most 30 M parameters, without timm's ``test_*``, and those whose matrices all have the shapes of
another one (the same network for another image size) once; of these at most five, evenly spread
over the order of size. Seeds 0 and 1. A family is a timm module; some hold several designs.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from common import ACCURACY, Floats, Labels, analyse, chance, nearest, percent, show, write
from sklearn.metrics import adjusted_rand_score, v_measure_score
from zoo_spectra_timm.building import timm_library

import zoo_spectra as zs
from zoo_spectra.equivalence import distance_matrix, equivalence_classes

FAMILIES = (
    *("cait", "coat", "convnext", "cspnet", "densenet", "dla", "dpn", "efficientnet", "ghostnet"),
    *("hrnet", "levit", "mlp_mixer", "mobilenetv3", "nfnet", "pit", "regnet", "res2net", "resnet"),
    *("rexnet", "vision_transformer", "vovnet", "xcit"),
)
MOST_PARAMETERS, MOST_OF_A_FAMILY, SEEDS = 30_000_000, 5, (0, 1)
ACCURACIES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


def chosen(family: str) -> list[str]:
    """The architectures of a family that the rule chooses, smallest first."""
    sized: list[tuple[int, str]] = []
    seen: set[object] = set()
    for name in sorted(timm_library().list_models(module=family)):
        ref = zs.list_networks(f"timm:{name}?seed=0")[0]
        small = ref.parameters is not None and ref.parameters <= MOST_PARAMETERS
        if small and not name.startswith("test_") and ref.shapes not in seen:
            seen.add(ref.shapes)
            sized.append((ref.parameters or 0, name))
    names = [name for _, name in sorted(sized)]
    spread = np.linspace(0, len(names) - 1, min(len(names), MOST_OF_A_FAMILY)).round()
    return [names[int(at)] for at in spread]


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


def main() -> None:
    architectures = {family: chosen(family) for family in FAMILIES}
    names = [name for members in architectures.values() for name in members]
    found = analyse("bench-families", [f"timm:{n}?seed={seed}" for n in names for seed in SEEDS])
    who = np.repeat(names, len(SEEDS))
    matrix = distance_matrix(found.csds)
    median = distances(matrix, who, found.families)
    hits = nearest(matrix, found.families, who)
    share, between = float(hits.mean()), interval(hits, who)
    at = curve(found.csds, found.families)
    label = equivalence_classes(found.csds, ACCURACY).label
    kin = by_family(hits, found.families, label)
    default = next(row for row in at if row["accuracy"] == ACCURACY)

    rows = [(key.replace("_", " "), f"{value:.3f}") for key, value in median.items()]
    show("Median distance, e-folds", ("between", "d"), rows)
    print(f"nearest neighbour outside the architecture, same family: {percent(share, between)}")
    print(f"  by chance: {percent(chance(found.families, who))}\n")
    rows = [[f"{value:.2f}" for value in row.values()] for row in at]
    show("Classes against families", ("ε", "classes", "adjusted Rand", "V-measure"), rows)
    table = [
        (
            name,
            *(str(row[k]) for k in ("networks", "classes")),
            percent(row["nearest_in_family"]),
            percent(row["purity"]),
            ", ".join(row["shares_classes_with"]),
        )
        for name, row in sorted(kin.items(), key=lambda item: item[1]["purity"])
    ]
    header = ("family", "networks", "classes", "nearest in family", "purity", "shares classes with")
    show(f"Families, ε = {ACCURACY}", header, table)
    nearest_figures = {"share": share, "interval": between, "chance": chance(found.families, who)}
    figures = {
        "counts": {"architectures": len(names), "families": len(FAMILIES), "seeds": len(SEEDS)},
        "median_distance": median,
        "nearest_in_family": nearest_figures,
        "classes": default,
        "by_accuracy": at,
        "by_family": kin,
        "architectures": architectures,
    }
    write("families", ("torch", "timm", "scikit-learn"), figures)


if __name__ == "__main__":
    main()
