"""What training does to a spectrum: EfficientNet-Lite 0, 1 and 2, trained and at random.

Trained on ImageNet (the weights of ``zoo-spectra samples efficientnet_lite``), and the same
architectures at random initialisation with seeds 0 and 1.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from benchmarks.common import ACCURACY, analyse, show, write
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes

NAMES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
SEEDS = (0, 1)


def main() -> None:
    sources = [f"timm:{n}?checkpoint=@samples/efficientnet_lite/{n}.pth" for n in NAMES]
    sources += [f"timm:{name}?seed={seed}" for seed in SEEDS for name in NAMES]
    found = analyse("bench-trained", sources, ["efficientnet_lite"])
    matrix = distance_matrix(found.csds)
    label = equivalence_classes(found.csds, ACCURACY).label
    kinds = ["trained", *(f"seed{seed}" for seed in SEEDS)]
    row = {(kind, name): at for at, (kind, name) in enumerate((k, n) for k in kinds for n in NAMES)}

    among = {
        kind: {
            f"lite{a[-1]}-lite{b[-1]}": matrix[row[kind, a], row[kind, b]]
            for a, b in combinations(NAMES, 2)
        }
        for kind in kinds
    }
    to_random = {
        name: {kind: matrix[row["trained", name], row[kind, name]] for kind in kinds[1:]}
        for name in NAMES
    }
    trained = {int(label[row["trained", name]]) for name in NAMES}
    random = {int(label[row[kind, name]]) for kind in kinds[1:] for name in NAMES}
    figures = {
        "accuracy": ACCURACY,
        "among": among,
        "largest_among_trained": max(among["trained"].values()),
        "to_random": to_random,
        "mean_to_random": float(np.mean([list(v.values()) for v in to_random.values()])),
        "trained_in_one_class": len(trained) == 1,
        "trained_apart_from_random": not trained & random,
        "classes": int(label.max()),
    }
    rows = [(f"{kind}: {p}", f"{d:.3f}") for kind, pairs in among.items() for p, d in pairs.items()]
    rows += [
        (f"{name}: trained to {kind}", f"{d:.3f}")
        for name, pairs in to_random.items()
        for kind, d in pairs.items()
    ]
    show("Distances, e-folds", ("", "d"), rows)
    print(
        f"classes at ε = {ACCURACY}: {figures['classes']}; the trained ones in one class: "
        f"{len(trained) == 1}; apart from the random ones: {not trained & random}"
    )
    write("evidence.trained", ("torch", "timm"), figures)


if __name__ == "__main__":
    main()
