"""Brains beside networks: which artificial network is nearest to each brain and projection.

And what of it survives the null models: is the same brain, drawn anew with its degrees, or with
its entries shuffled, as near to whichever network is then nearest? Of
catalogs/brains-and-nets-run, which ``benchmarks.publish.brains_and_nets`` makes, with the published
timm at random initialisation.
Distances are pooled, each at its own scale. Projections: of the mice in that catalog, the 7 regions
of 2 hemispheres and what lies between them; of the fly, the cell types of its left side.

python -m benchmarks.evidence.beside
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

import zoo_spectra as zs
from benchmarks.common import CONSOLE, ROOT, Floats, percent, show, wilson, write
from benchmarks.publish.brains_and_nets import RUN
from zoo_spectra.method import BIN_WIDTH, ConstituentSpectrum, density_of
from zoo_spectra.sources import fetch_samples

TIMM = ROOT / "catalogs" / "timm-random"
PARTED = {
    "mice": "connectome:@samples/mice/edgelists/sub-548[12][13]_*?directed=false"
    "&nodes=@samples/mice/blocks.csv&partition=block,hemisphere",
    "fly": "connectome:@samples/fly/left_adjacency.csv"
    "?nodes=@samples/fly/left_cell_labels.csv&partition=1",
}
SMALLEST = 10  # order of a projection, below which a spectrum is a few levels
CIRCLE = np.minimum(np.exp(zs.S_EDGES) / 2, 1.0)  # F_C


@dataclass(frozen=True)
class Nets:
    """Artificial networks: names, and their CSD, shape (n, 129)."""

    names: list[str]
    csd: Floats

    def nearest(self, csd: Floats) -> tuple[str, float]:
        """The name of the nearest, and its distance in e-folds."""
        apart = distances(self.csd, csd)
        at = int(apart.argmin())
        return self.names[at], float(apart[at])


def distances(csds: Floats, csd: Floats) -> Floats:
    return np.asarray(np.abs(csds - csd).sum(axis=-1) * BIN_WIDTH)


def nets() -> Nets:
    """Of both catalogs."""
    found = [
        catalog.collect(
            catalog.networks()
            .filter((pl.col("kind") == "artificial") & (pl.col("status") == "ok"))
            .select("name", "csd")
            .sort("name")
        )
        for catalog in (zs.Catalog(RUN), zs.Catalog(TIMM))
    ]
    both = pl.concat(found).unique("name", keep="first", maintain_order=True)
    return Nets(both["name"].to_list(), np.array(both["csd"].to_list()))


def brains(artificial: Nets) -> list[dict[str, Any]]:
    """Each brain: the nearest network, and how many draws of a null model are as near to theirs.

    To the nearest of each, since the brain's own was chosen because it is near.
    """
    catalog = zs.Catalog(RUN)
    own = catalog.collect(
        catalog.networks().filter(pl.col("kind") == "biological").sort("family", "name")
    )
    draws = catalog.collect(catalog.nulls().filter(pl.col("status") == "ok"))
    rows = []
    for brain in own.iter_rows(named=True):
        csd = np.array(brain["csd"])
        name, near = artificial.nearest(csd)
        row = {"name": brain["name"], "family": brain["family"], "nearest": name, "distance": near}
        for (model,), group in draws.filter(network_id=brain["network_id"]).group_by("model"):
            drawn = np.array(group["csd"].to_list())
            to_any = [artificial.nearest(each)[1] for each in drawn]
            as_near = sum(each <= near for each in to_any)
            row[str(model)] = {
                "draws": len(drawn),
                "p_value": (1 + as_near) / (1 + len(drawn)),
                "nearest_of_draws": float(np.median(to_any)),
            }
        rows.append(row)
    return rows


def projections(artificial: Nets) -> list[dict[str, Any]]:
    """Each region, and each projection between two, at its own scale; the mean over the mice."""
    curves: dict[tuple[str, str], list[Floats]] = {}
    orders: dict[tuple[str, str], int] = {}
    for species, source in PARTED.items():
        for ref in zs.list_networks(source):
            spectrum = zs.analyze(zs.load(ref.source))
            for each in spectrum.used:
                if each.order >= SMALLEST:
                    key = species, each.name
                    curves.setdefault(key, []).append(alone(each))
                    orders[key] = each.order
    rows = []
    for (species, name), found in curves.items():
        nearest, apart = artificial.nearest(np.mean(found, axis=0))
        row = {"species": species, "name": name, "order": orders[species, name]}
        rows.append({**row, "of": len(found), "nearest": nearest, "distance": apart})
    return rows


def alone(constituent: ConstituentSpectrum) -> Floats:
    """The CSD of a constituent as if it were the network, shape (129,)."""
    return np.asarray(np.cumsum(density_of([constituent]))[:-1] - CIRCLE)


def survival(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each null model: of how many brains the nearness is beyond chance, p ≤ 0.05."""
    models = sorted({key for row in rows for key in row if isinstance(row[key], dict)})
    found = {}
    for model in models:
        p_values = [row[model]["p_value"] for row in rows if model in row]
        beyond = sum(p <= 0.05 for p in p_values)
        found[model] = {
            "brains": len(p_values),
            "beyond": beyond,
            "interval": wilson(beyond, len(p_values)),
        }
    return found


def main() -> None:
    fetch_samples(("mice", "fly"), echo=CONSOLE.print)
    artificial = nets()
    whole, parts = brains(artificial), projections(artificial)
    survived = survival(whole)
    models = list(survived)
    show(
        f"The nearest of {len(artificial.names):,} artificial networks",
        ("brain", "nearest", "e-folds", *(f"p, {model}" for model in models)),
        [
            (
                row["name"],
                row["nearest"],
                f"{row['distance']:.3f}",
                *(f"{row[m]['p_value']:.3f}" if m in row else "–" for m in models),
            )
            for row in whole
        ],
    )
    show(
        "As near by chance? Brains nearer than 95 % of their draws",
        ("null model", "brains", "beyond chance"),
        [
            (m, str(s["brains"]), percent(s["beyond"] / s["brains"], s["interval"]))
            for m, s in survived.items()
        ],
    )
    for species in PARTED:
        some = [row for row in parts if row["species"] == species]
        common = Counter(row["nearest"].partition("/")[0] for row in some).most_common(8)
        show(
            f"Projections of the {species}: {len(some)}",
            ("nearest network", "projections"),
            [(name, str(number)) for name, number in common],
        )
    content = {"networks": len(artificial.names), "brains": whole, "survived": survived}
    write("evidence.beside", ("timm",), {**content, "projections": parts})


if __name__ == "__main__":
    main()
