"""What the ends of the grid, s = ±8, hide of real networks, and what their zeros weigh.

Null mass is below the grid, so it counts as if it lay at s = -8: 1 % of it, moved there from s = 0,
is 0.08 e-folds. An eigenvalue further out than ±8 counts as if it lay there, which hides its mass
times how far out it is.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

import zoo_spectra as zs
from benchmarks.common import show, write
from zoo_spectra.method.mme import mix
from zoo_spectra.sources import fetch_samples

SOURCES = {
    "worms": "connectome:@samples/worms/*.json",
    "fly": "connectome:@samples/fly/*_adjacency.csv",
    "mice": "connectome:@samples/mice/edgelists/*.edgelist?directed=false"
    "&nodes=@samples/mice/blocks.csv&partition=block,hemisphere",
    "neuralfoil": "checkpoint:@samples/neuralfoil/*.npz",
    "proteinmpnn": "checkpoint:@samples/proteinmpnn/*.pt",
    "efficientnet_lite": "checkpoint:@samples/efficientnet_lite/*.pth",
    "minilm": "checkpoint:@samples/minilm/*",
}
END = 8.0


def locations(spectrum: zs.Spectrum) -> tuple[np.ndarray, np.ndarray]:
    """s of the positive eigenvalues, ascending, and their mass."""
    used = spectrum.used
    mixed = mix([c.eigenvalues for c in used], [c.weights for c in used], [c.order for c in used])
    return np.log(mixed.eigenvalues / spectrum.scale), mixed.mass


def hidden_below(one: zs.Spectrum, other: zs.Spectrum) -> float:
    """How much further apart two networks are below the grid, of the mass that is not null.

    ∫ |F - F'| ds from the smallest eigenvalue to -8, where each F starts at 0.
    """
    (s, mass), (t, other_mass) = locations(one), locations(other)
    edges = np.sort(np.concatenate([s[s < -END], t[t < -END], [-END]]))
    first = np.append(0.0, np.cumsum(mass))[np.searchsorted(s, edges, side="right")]
    second = np.append(0.0, np.cumsum(other_mass))[np.searchsorted(t, edges, side="right")]
    return float(np.sum(np.abs(first - second)[:-1] * np.diff(edges)))


def main() -> None:
    fetch_samples(SOURCES, echo=lambda line: None)
    rows, figures = [], {}
    for sample, source in SOURCES.items():
        found = [zs.analyze(zs.load(ref.source)) for ref in zs.list_networks(source)]
        places = [locations(each) for each in found]
        below = [float(np.sum(mass * np.clip(-END - s, 0, None))) for s, mass in places]
        above = [float(np.sum(mass * np.clip(s - END, 0, None))) for s, mass in places]
        pairs = [hidden_below(one, other) for one, other in combinations(found, 2)]
        figures[sample] = {
            "networks": len(found),
            "null_mass_max": max(each.null_mass for each in found),
            "hidden_below_max": max(below),
            "hidden_above_max": max(above),
            "hidden_of_a_pair_max": max(pairs, default=0.0),
        }
        rows.append((sample, *(f"{value:.3g}" for value in figures[sample].values())))
    header = ("", "networks", "null mass", "hidden below", "above", "of a pair, below")
    show("What is beyond s = ±8, in e-folds: the most of any network", header, rows)
    write("evidence.clipping", [], {"samples": figures})


if __name__ == "__main__":
    main()
