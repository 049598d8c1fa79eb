"""What training does to a spectrum, by what shuffling undoes.

python -m benchmarks.evidence.training

Each trained network of ``jobs/trained.toml`` beside itself with the entries of every constituent
permuted: the same sizes and the same entries, in no order. What is at random already is not moved
by that, so the timm architectures of ``jobs/demo.toml`` at random initialisation are the control,
and a second permutation is the noise. Trainings of one design (equal shapes) are compared with one
another, and families of several sizes by size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import zoo_spectra as zs
from benchmarks.common import CONSOLE, ROOT, percent, show, wilson, write
from benchmarks.pictures.training import draw
from zoo_spectra.sources.samples import fetch

SIZES = ("neuralfoil", "efficientnet", "crepe")


@dataclass(frozen=True)
class Marked:
    """A network: its distance to itself shuffled, and of that from another shuffling."""

    spectrum: zs.Spectrum
    trained: bool
    shapes: tuple[tuple[int, int], ...]
    moved: float
    noise: float

    @property
    def entries(self) -> int:
        """Of all constituents."""
        return sum(p * q for p, q in self.shapes)


def shuffled(network: zs.Network, seed: int) -> zs.Network:
    """The network with the entries of every constituent permuted."""

    def constituents() -> Iterator[zs.Constituent]:
        for place, each in enumerate(network.constituents()):
            flat = np.array(each.matrix).ravel()
            np.random.default_rng((seed, place)).shuffle(flat)
            yield zs.Constituent(each.name, flat.reshape(each.matrix.shape))

    return replace(network, constituents=constituents)


def marked(source: str, trained: bool) -> Iterator[Marked]:
    """Every network of a source."""
    for ref in zs.list_networks(source):
        network = zs.load(ref.source)
        spectrum = zs.analyze(network)
        first, second = (zs.analyze(shuffled(network, seed)) for seed in (0, 1))
        shapes = tuple(sorted(tuple(each.matrix.shape) for each in network.constituents()))
        moved, noise = spectrum.distance(first), first.distance(second)
        yield Marked(spectrum, trained, shapes, moved, noise)


def measured() -> list[Marked]:
    """The trained networks, and the control."""
    job = zs.Job.from_toml(ROOT / "jobs" / "trained.toml")
    fetch(job.samples, echo=CONSOLE.print)
    control = [s for s in zs.Job.from_toml(ROOT / "jobs" / "demo.toml").sources if "?seed=" in s]
    found = []
    for trained, sources in ((True, job.sources), (False, control)):
        for source in sources:
            found += list(marked(source, trained))
    return found


def trainings(networks: Sequence[Marked]) -> dict[str, Any]:
    """Pairs of one family with the same shapes: how far apart, and how far from shuffled."""
    alike = defaultdict[Any, list[Marked]](list)
    for each in networks:
        alike[each.spectrum.family, each.shapes].append(each)
    found: dict[str, Any] = {}
    for (family, _), members in alike.items():
        pairs = [a.spectrum.distance(b.spectrum) for a, b in combinations(members, 2)]
        if pairs:
            one = found.setdefault(family, {"pairs": [], "to_shuffled": []})
            one["pairs"] += pairs
            one["to_shuffled"] += [each.moved for each in members]
    return {
        family: {
            "trainings": len(one["to_shuffled"]),
            "apart": float(np.median(one["pairs"])),
            "to_shuffled": float(np.median(one["to_shuffled"])),
        }
        for family, one in found.items()
    }


def sizes(networks: Sequence[Marked]) -> dict[str, Any]:
    """Families of several sizes, smallest first: their entries, and how far from shuffled."""
    found = {}
    for family in SIZES:
        members = [each for each in networks if each.spectrum.family == family]
        members.sort(key=lambda each: each.entries)
        count = [each.entries for each in members]
        moved = [each.moved for each in members]
        rank = float(spearmanr(count, moved).statistic) if len(members) > 4 else None
        found[family] = {"parameters": count, "moved": moved, "rank_correlation": rank}
    return found


def summary(networks: Sequence[Marked]) -> dict[str, Any]:
    """How many are moved by more than any of the control is."""
    trained = [each for each in networks if each.trained]
    random = [each for each in networks if not each.trained]
    most = max(each.moved for each in random)
    hits = sum(each.moved > most for each in trained)
    return {
        "trained": len(trained),
        "families": len({each.spectrum.family for each in trained}),
        "random": len(random),
        "moved_trained": float(np.median([each.moved for each in trained])),
        "moved_random": float(np.median([each.moved for each in random])),
        "moved_random_most": most,
        "noise": float(np.median([each.noise for each in networks])),
        "least_over_noise": min(each.moved / each.noise for each in trained),
        "beyond_random": hits,
        "beyond_random_share": hits / len(trained),
        "beyond_random_interval": list(wilson(hits, len(trained))),
    }


def main() -> None:
    networks = measured()
    of_all, of_trained = summary(networks), [each for each in networks if each.trained]
    figures = {
        **of_all,
        "one_design": trainings(of_trained),
        "sizes": sizes(of_trained),
        "networks": {
            each.spectrum.name: {
                "family": each.spectrum.family,
                "trained": each.trained,
                "parameters": each.entries,
                "moved": each.moved,
                "noise": each.noise,
            }
            for each in networks
        },
    }
    rows = [
        (
            name,
            "trained" if one["trained"] else "random",
            f"{one['moved']:.3f}",
            f"{one['noise']:.3f}",
        )
        for name, one in figures["networks"].items()
    ]
    show("Moved by shuffling, e-folds", ("", "", "moved", "noise"), rows)
    rows = [
        (family, str(one["trainings"]), f"{one['apart']:.3f}", f"{one['to_shuffled']:.3f}")
        for family, one in figures["one_design"].items()
    ]
    show("Trainings of one design", ("", "trainings", "apart", "from shuffled"), rows)
    share, interval = of_all["beyond_random_share"], of_all["beyond_random_interval"]
    CONSOLE.print(f"beyond every random one: {percent(share, interval)}")
    draw(figures, ROOT / "docs" / "training.png")
    CONSOLE.print("drawn: docs/training.png")
    write("evidence.training", ("torch", "timm", "onnx", "h5py"), figures)


if __name__ == "__main__":
    main()
