"""Brains by their spectra, beside other distances on the same graphs: six questions.

mice      is the nearest mouse of the same genotype? 32, four genotypes
ages      does distance follow age? Witvliet's worms 1 to 8, birth to adult; Mantel's test, by rank
worm      is the nearest of 12 worms another reconstruction of the same adult? White, Varshney, Cook
cohorts   is the nearest of 12 people of the same cohort? (scanner, age and processing differ too)
species   is the nearest of the other 58 brains of the same species? (the lone macaque is not asked)
sides     is the nearest of the other 58 brains to a fly's side the other side?

Measure and partition are chosen on half of the mice, by genotype (a hash of the name says which
half), and told for the other half. Nothing else is chosen: all other questions are asked of the
whole matrix, pooled. A table, accuracy with its 95 % interval, and seconds a pair.

python -m benchmarks.evidence.brains
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import CONSOLE, Floats, Labels, chance, nearest, percent, show, wilson, write
from benchmarks.evidence.brains_peers import PEERS, Brain, Peer, entry_by_entry
from zoo_spectra.defaults import MEASURES, Measure
from zoo_spectra.sources import NetworkRef, fetch_samples, get_adapter

MICE = (
    "connectome:@samples/mice/edgelists/*.edgelist?directed=false"
    "&about=@samples/mice/participants.csv&family=genotype"
)
PARTITIONS = {
    "whole": "",
    "blocks": "&nodes=@samples/mice/blocks.csv&partition=block,hemisphere&projections=false",
    "blocks and projections": "&nodes=@samples/mice/blocks.csv&partition=block,hemisphere",
}
WORMS = "connectome:@samples/worms/*.json"
SPECIES = {
    "worm": WORMS,
    "mouse": MICE,
    "fly": "connectome:@samples/fly/*_adjacency.csv",
    "human": "connectome:@samples/humans/*/*.mat",
}
MACAQUE = "connectome:@samples/macaque/cocomac_76.zip"
SAMPLES = ("worms", "mice", "fly", "humans", "macaque")
RECONSTRUCTIONS = ("cook2019_hermaphrodite", "varshney", "white")
# Larvae of 0, 5, 8, 16, 23 and 27 hours, and two adults (Witvliet et al. 2021): by rank.
AGES = (1, 2, 3, 4, 5, 6, 7.5, 7.5)
ORDERINGS = 9_999


@dataclass(frozen=True)
class Distances:
    """``matrix``: shape (n, n); ``seconds``: of a pair, its share of the signatures included."""

    matrix: Floats
    seconds: float


def brain_of(ref: NetworkRef) -> Brain:
    (constituent,) = get_adapter("connectome").load(ref).constituents()
    matrix = constituent.matrix
    dense = matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)
    return Brain(ref.name, dense.astype(np.float64), _node_names(ref))


def _node_names(ref: NetworkRef) -> tuple[str, ...] | None:
    """Of a worm, whose files name their neurons in different orders."""
    if not ref.name.startswith("worms/"):
        return None
    place = Path(fetch_samples(("worms",), echo=lambda line: None)[0]) / f"{ref.name[6:]}.json"
    return tuple(json.loads(place.read_text(encoding="utf-8"))["nodes"])


def between(signatures: Sequence[Any], apart: Any) -> Floats:
    matrix = np.zeros((len(signatures), len(signatures)))
    for i, j in combinations(range(len(signatures)), 2):
        matrix[i, j] = matrix[j, i] = apart(signatures[i], signatures[j])
    return matrix


def by_peer(peer: Peer, brains: Sequence[Brain]) -> Distances:
    started = time.perf_counter()
    matrix = between([peer.signature(brain) for brain in brains], peer.apart)
    return Distances(matrix, _a_pair(started, len(brains)))


def by_spectra(refs: Sequence[NetworkRef], measure: Measure) -> Distances:
    """Ours; reading the files is in no method's time."""
    networks = [get_adapter("connectome").load(ref) for ref in refs]
    started = time.perf_counter()
    spectra = [zs.analyze(network) for network in networks]
    matrix = between(spectra, lambda one, other: one.distance(other, measure))
    return Distances(matrix, _a_pair(started, len(refs)))


def _a_pair(started: float, brains: int) -> float:
    return (time.perf_counter() - started) / (brains * (brains - 1) / 2)


def tuning(names: Sequence[str], labels: Labels) -> Labels:
    """Half of each label, by a hash of the name: shape (n,), bool."""
    chosen = np.zeros(len(names), dtype=bool)
    for label in sorted(set(labels)):
        members = [at for at in range(len(names)) if labels[at] == label]
        members.sort(key=lambda at: blake2b(names[at].encode(), digest_size=8).digest())
        chosen[members[: len(members) // 2]] = True
    return chosen


def accuracy(matrix: Floats, labels: Labels, asked: Labels | None = None) -> dict[str, Any]:
    """The nearest neighbours of those ``asked`` for (all), among all."""
    hits = nearest(matrix, labels)[slice(None) if asked is None else asked]
    right, total = int(hits.sum()), len(hits)
    return {"hits": right, "asked": total, "share": right / total, "interval": wilson(right, total)}


def mantel(matrix: Floats, ages: Sequence[float]) -> dict[str, float]:
    """Spearman's correlation of distances and differences of age, and p by orderings of the ages.

    Mantel, Cancer Res. 27, 209 (1967); of one side: that distance grows with age.
    """
    upper = np.triu_indices(len(ages), 1)
    far = rankdata(matrix[upper])
    apart = np.abs(np.subtract.outer(ages, ages))

    def correlation(order: Labels) -> float:
        return float(np.corrcoef(far, rankdata(apart[np.ix_(order, order)][upper]))[0, 1])

    rng = np.random.default_rng(0)
    found = correlation(np.arange(len(ages)))
    drawn = [correlation(rng.permutation(len(ages))) for _ in range(ORDERINGS)]
    at_least = sum(each >= found - 1e-12 for each in drawn)
    return {"correlation": found, "p_value": (1 + at_least) / (1 + ORDERINGS)}


def halves(matrix: Floats, labels: Labels, chosen: Labels) -> dict[str, Any]:
    """Each half among itself, so that nothing of the one is seen in the other."""
    parts = {"tuning": chosen, "reported": ~chosen}
    return {
        name: accuracy(matrix[np.ix_(part, part)], labels[part]) for name, part in parts.items()
    } | {"all": accuracy(matrix, labels)}


def mouse_question() -> dict[str, Any]:
    refs = zs.list_networks(MICE)
    names = [ref.name for ref in refs]
    labels = np.array([ref.family for ref in refs])
    chosen = tuning(names, labels)
    found = {
        f"spectra, {partition}, {measure}": by_spectra(zs.list_networks(MICE + options), measure)
        for partition, options in PARTITIONS.items()
        for measure in MEASURES
    }
    brains = [brain_of(ref) for ref in refs]
    peers = {**PEERS, "entry by entry": entry_by_entry()}
    found |= {name: by_peer(peer, brains) for name, peer in peers.items()}
    told = {
        name: {**halves(each.matrix, labels, chosen), "seconds_a_pair": each.seconds}
        for name, each in found.items()
    }
    ours = [name for name in told if name.startswith("spectra")]
    # Of equals the first, which is the simplest.
    best = max(ours, key=lambda name: told[name]["tuning"]["hits"])
    half = labels[~chosen]
    return {"chosen": best, "chance": chance(half), "measures": told}


@dataclass(frozen=True)
class Gathered:
    """Brains, the species or place of each, and what each measure says of them."""

    brains: list[Brain]
    labels: Labels
    found: dict[str, Distances]

    def within(self, names: Sequence[str]) -> dict[str, Floats]:
        at = [next(i for i, b in enumerate(self.brains) if b.name == name) for name in names]
        return {name: each.matrix[np.ix_(at, at)] for name, each in self.found.items()}


def gather() -> Gathered:
    """All brains of the samples, structural, whole."""
    refs, labels = [], []
    for species, source in [*SPECIES.items(), ("macaque", MACAQUE)]:
        listed = zs.list_networks(source)
        refs += listed
        labels += [species] * len(listed)
    brains = [brain_of(ref) for ref in refs]
    found = {"spectra": by_spectra(refs, "pooled")}
    found |= {name: by_peer(peer, brains) for name, peer in PEERS.items()}
    return Gathered(brains, np.array(labels), found)


def of_the_worms(everything: Gathered) -> tuple[list[str], dict[str, Floats]]:
    """The twelve, and their distances, entry by entry too: their neurons have names."""
    worms = [brain for brain in everything.brains if brain.name.startswith("worms/")]
    names = [brain.name for brain in worms]
    order = sorted({node for brain in worms for node in brain.nodes or ()})
    entries = by_peer(entry_by_entry(order), worms)
    return names, {**everything.within(names), "entry by entry": entries.matrix}


def age_question(names: list[str], matrices: dict[str, Floats]) -> dict[str, Any]:
    at = [names.index(f"worms/witvliet_{number}") for number in range(1, 9)]
    return {name: mantel(matrix[np.ix_(at, at)], AGES) for name, matrix in matrices.items()}


def worm_question(names: list[str], matrices: dict[str, Floats]) -> dict[str, Any]:
    same = np.array([name[6:] in RECONSTRUCTIONS for name in names])
    labels = np.array(["adult" if each else name for name, each in zip(names, same, strict=True)])
    return {name: accuracy(matrix, labels, same) for name, matrix in matrices.items()}


def cohort_question(everything: Gathered) -> dict[str, Any]:
    at = np.flatnonzero(everything.labels == "human")
    people = [everything.brains[i] for i in at]
    names = [brain.name for brain in people]
    labels = np.array([name.split("/")[0] for name in names])
    matrices = {
        **everything.within(names),
        "entry by entry": by_peer(entry_by_entry(), people).matrix,
    }
    return {
        "chance": chance(labels),
        "measures": {name: accuracy(matrix, labels) for name, matrix in matrices.items()},
    }


def species_question(everything: Gathered) -> dict[str, Any]:
    asked = everything.labels != "macaque"
    return {
        name: accuracy(each.matrix, everything.labels, asked)
        for name, each in everything.found.items()
    }


def side_question(everything: Gathered) -> dict[str, Any]:
    asked = everything.labels == "fly"
    return {
        name: accuracy(each.matrix, everything.labels, asked)
        for name, each in everything.found.items()
    }


def right(found: dict[str, Any]) -> str:
    return f"{found['hits']} of {found['asked']}"


def main() -> None:
    fetch_samples(SAMPLES, echo=CONSOLE.print)
    with threadpool_limits(1):
        mice = mouse_question()
        everything = gather()
        names, worms = of_the_worms(everything)
    answers = {
        "mice": mice,
        "ages": age_question(names, worms),
        "worm": worm_question(names, worms),
        "cohorts": cohort_question(everything),
        "species": species_question(everything),
        "sides": side_question(everything),
    }
    show_mice(mice)
    show_others(answers)
    seconds = {name: each.seconds for name, each in everything.found.items()}
    write("evidence.brains", ("netlsd",), {**answers, "seconds_a_pair": seconds})


def show_mice(mice: dict[str, Any]) -> None:
    rows = [
        (
            name + (" (chosen)" if name == mice["chosen"] else ""),
            right(row["tuning"]),
            percent(row["reported"]["share"], row["reported"]["interval"]),
            percent(row["all"]["share"], row["all"]["interval"]),
            f"{1000 * row['seconds_a_pair']:.2f}",
        )
        for name, row in mice["measures"].items()
    ]
    header = ("mice of one genotype", "tuning half", "reported half", "all 32", "ms a pair")
    show(f"By chance {percent(mice['chance'])} of a half", header, rows)


def show_others(answers: dict[str, Any]) -> None:
    rows = []
    for name in answers["ages"]:
        age = answers["ages"][name]
        cohort = answers["cohorts"]["measures"].get(name)
        wide = [answers[key].get(name) for key in ("species", "sides")]
        rows.append(
            (
                name,
                f"{age['correlation']:.2f}, p {age['p_value']:.4f}",
                right(answers["worm"][name]),
                *(right(each) if each else "" for each in (cohort, *wide)),
            )
        )
    header = ("", "age, Mantel", "one worm", "cohort", "species", "fly's other side")
    show("Whole matrices", header, rows)


if __name__ == "__main__":
    main()
