"""Is a cheaper equivalent as accurate? torchvision's own table, joined to timm's random weights.

torchvision's wheel says of each of its weights how accurate they are on ImageNet-1K, how many
parameters and how many GFLOPs they take. Its architectures that timm has too, with the same number
of parameters within 3 %, have spectra at random initialisation in `catalogs/timm-random`. Chosen
before anything was measured: the weights IMAGENET1K_V1 of each architecture, ε = 0.1, average
linkage, seed 0; other ε, the best weights, depth and GFLOPs are beside.

*Pairs*: a network and a cheaper one of its class. Beside each, at the cost of the cheaper one, what
one would take without spectra: the other network that is nearest in cost to it (``by cost``), and
that of the network's own family (``by family``; a family is a module of timm). *Picks*: of each
network only the cheapest within ε, as ``zoo-spectra cheapest`` lists it first. Accuracies differ by
|Δ acc@1|, in points; medians, with 95 % intervals of a bootstrap over the networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

import zoo_spectra as zs
from benchmarks.common import ACCURACY, ROOT, Floats, Labels, show, write
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes
from zoo_spectra.classes.measures import points
from zoo_spectra.method import Measure
from zoo_spectra_timm.building import timm_library

MEASURES: tuple[Measure, ...] = ("pooled", "depth")
COSTS = ("parameters", "gflops")
ACCURACIES = {"first": (0.05, 0.1, 0.2, 0.3), "best": (ACCURACY,)}
ROUNDS, TOLERANCE = 2_000, 0.03
# timm's names of torchvision's architectures, where they are not the same.
NAMES = {
    "efficientnet_v2_s": "efficientnetv2_s",
    "efficientnet_v2_m": "efficientnetv2_m",
    "efficientnet_v2_l": "efficientnetv2_l",
    "mnasnet0_5": "mnasnet_050",
    "mnasnet0_75": "mnasnet_075",
    "mnasnet1_0": "mnasnet_100",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "swin_t": "swin_tiny_patch4_window7_224",
    "swin_s": "swin_small_patch4_window7_224",
    "swin_b": "swin_base_patch4_window7_224",
    "swin_v2_t": "swinv2_tiny_window8_256",
    "swin_v2_s": "swinv2_small_window8_256",
    "swin_v2_b": "swinv2_base_window8_256",
    "vit_b_16": "vit_base_patch16_224",
    "vit_b_32": "vit_base_patch32_224",
    "vit_l_16": "vit_large_patch16_224",
    "vit_l_32": "vit_large_patch32_224",
    "regnet_x_400mf": "regnetx_004_tv",
    "regnet_y_400mf": "regnety_004",
    "regnet_x_800mf": "regnetx_008",
    "regnet_y_800mf": "regnety_008_tv",
    "regnet_x_8gf": "regnetx_080",
    "regnet_y_8gf": "regnety_080_tv",
    **{
        f"regnet_{kind}_{size}gf": f"regnet{kind}_{number}"
        for kind in "xy"
        for size, number in (("1_6", "016"), ("3_2", "032"), ("16", "160"), ("32", "320"))
    },
}


@dataclass(frozen=True)
class Table:
    """n architectures. ``accuracy``: acc@1 in per cent, of the first and of the best weights."""

    names: Labels
    families: Labels
    accuracy: dict[str, Floats]
    cost: dict[str, Floats]
    points: dict[str, Floats]


def torchvision_table() -> pl.DataFrame:
    """A row for each of its weights with an accuracy on ImageNet-1K, those of floats."""
    timm_library()  # which mends torchvision beside CPU torch
    from torchvision.models import get_model_weights, list_models

    rows = [
        {
            "model": model,
            "weights": weights.name,
            "accuracy": weights.meta["_metrics"]["ImageNet-1K"]["acc@1"],
            "parameters": weights.meta["num_params"],
            "gflops": weights.meta["_ops"],
        }
        for model in list_models()
        if not model.startswith("quantized_")
        for weights in get_model_weights(model)
        if "ImageNet-1K" in weights.meta.get("_metrics", {})
    ]
    return pl.DataFrame(rows).filter(pl.col("accuracy").is_not_nan())


def joined(entries: pl.DataFrame) -> tuple[Table, list[str]]:
    """The architectures that both have, by name, and the names of torchvision's others."""
    catalog = zs.Catalog(ROOT / "catalogs" / "timm-random")
    rows = catalog.collect(catalog.networks("seed = 0 AND status = 'ok'"))
    known = {row["architecture"]: row for row in rows.iter_rows(named=True)}
    trained = entries.filter(~pl.col("weights").str.contains("SWAG"))
    found, others = [], []
    for model in entries["model"].unique().sort():
        own = trained.filter(model=model)
        row = known.get(NAMES.get(model, model))
        first = own.filter(weights="IMAGENET1K_V1")
        if row is None or first.is_empty() or not _alike(row["parameters"], first["parameters"][0]):
            others.append(model)
            continue
        best = own["accuracy"].max()
        found.append({**first.row(0, named=True), "best": best, "id": row["network_id"]})
    table = pl.DataFrame(found).join(rows, left_on="id", right_on="network_id", how="left")
    return Table(
        table["model"].to_numpy(),
        table["family"].to_numpy(),
        {"first": table["accuracy"].to_numpy(), "best": table["best"].to_numpy()},
        {cost: table[cost].cast(pl.Float64).to_numpy() for cost in COSTS},
        {measure: points(catalog, table, measure) for measure in MEASURES},
    ), others


def _alike(one: int, other: int) -> bool:
    return abs(one / other - 1) <= TOLERANCE


Triples = list[tuple[int, int, int | None, int | None]]


def chosen(table: Table, cost: Floats, pairs: Iterator[tuple[int, int]]) -> Triples:
    """Of each pair: the network, the cheaper one, and who is beside it, by cost and by family."""

    def beside(one: int, other: int, allowed: Labels) -> int | None:
        apart = np.abs(np.log(cost / cost[other]))
        apart[~allowed] = np.inf
        apart[[one, other]] = np.inf
        at = int(np.argmin(apart))
        return at if np.isfinite(apart[at]) else None

    every = np.ones(len(cost), dtype=bool)
    return [
        (
            one,
            other,
            beside(one, other, every & (cost < cost[one])),
            beside(one, other, (table.families == table.families[one]) & (cost < cost[one])),
        )
        for one, other in pairs
    ]


def in_classes(label: Labels, cost: Floats) -> Iterator[tuple[int, int]]:
    for one in range(len(label)):
        for other in np.flatnonzero((label == label[one]) & (cost < cost[one])).tolist():
            yield one, other


def cheapest_within(matrix: Floats, accuracy: float, cost: Floats) -> Iterator[tuple[int, int]]:
    for one in range(len(cost)):
        near = np.flatnonzero((matrix[one] <= accuracy) & (cost < cost[one]))
        if len(near):
            yield one, int(near[np.argmin(cost[near])])


def compared(triples: Triples, accuracy: Floats, cost: Floats) -> dict[str, Any]:
    """Medians over the pairs, and beside them over those pairs that have the baseline too."""
    if not triples:
        return {"pairs": 0, "networks": 0}
    one, other = (np.array([each[at] for each in triples]) for at in (0, 1))
    delta = np.abs(accuracy[one] - accuracy[other])
    found: dict[str, Any] = {
        "pairs": len(triples),
        "networks": len(np.unique(one)),
        "saved": float(np.median(1 - cost[other] / cost[one])),
        "equivalent": _median(delta, one),
    }
    for name, at in (("by_cost", 2), ("by_family", 3)):
        has = np.array([each[at] is not None for each in triples])
        if has.any():
            beside = np.array([each[at] for each in triples if each[at] is not None])
            theirs = np.abs(accuracy[one[has]] - accuracy[beside])
            found[name] = {
                "pairs": int(has.sum()),
                "equivalent": _median(delta[has], one[has]),
                "baseline": _median(theirs, one[has]),
                "less": _median(theirs - delta[has], one[has]),
                "cost_ratio": float(np.median(cost[beside] / cost[other[has]])),
            }
    return found


def _median(values: Floats, owner: Labels) -> dict[str, Any]:
    """A median of pairs, and its 95 % interval: networks are drawn, with all their pairs."""
    groups = [values[owner == each] for each in np.unique(owner)]
    rng = np.random.default_rng(0)
    drawn = [
        np.median(np.concatenate([groups[at] for at in rng.integers(0, len(groups), len(groups))]))
        for _ in range(ROUNDS)
    ]
    interval = [float(bound) for bound in np.quantile(drawn, (0.025, 0.975))]
    return {"median": float(np.median(values)), "interval": interval}


Chooser = Callable[[float, Floats], Iterator[tuple[int, int]]]


def measured(table: Table, measure: str, weights: str) -> dict[str, Any]:
    """Pairs and picks by each cost and ε."""
    accuracies = table.accuracy[weights]
    curves = table.points[measure]
    matrix = distance_matrix(curves)
    choosers: dict[str, Chooser] = {
        "pairs": lambda ε, cost: in_classes(equivalence_classes(curves, ε).label, cost),
        "picks": lambda ε, cost: cheapest_within(matrix, ε, cost),
    }
    return {
        kind: {
            cost: {
                f"{ε:g}": compared(chosen(table, values, choose(ε, values)), accuracies, values)
                for ε in ACCURACIES[weights]
            }
            for cost, values in table.cost.items()
        }
        for kind, choose in choosers.items()
    }


def tables(figures: dict[str, Any]) -> None:
    def cells(part: dict[str, Any], key: str) -> list[str]:
        if key not in part:
            return ["–", "–"]
        one, other = (part[key][which]["median"] for which in ("equivalent", "baseline"))
        return [f"{one:.2f}", f"{other:.2f}"]

    for weights, part in figures["weights"].items():
        for measure, kinds in part.items():
            rows = [
                (
                    f"{kind}, {cost}, ε = {accuracy}",
                    str(each["pairs"]),
                    str(each["networks"]),
                    *cells(each, "by_cost"),
                    *cells(each, "by_family"),
                )
                for kind, costs in kinds.items()
                for cost, by_accuracy in costs.items()
                for accuracy, each in by_accuracy.items()
            ]
            header = ("", "pairs", "networks", "spectra", "by cost", "spectra", "by family")
            show(f"Median |Δ acc@1|, {weights} weights, {measure}", header, rows)


def main() -> None:
    entries = torchvision_table()
    table, others = joined(entries)
    figures = {
        "counts": {
            "entries": entries.height,
            "architectures": entries["model"].n_unique(),
            "joined": len(table.names),
            "not_joined": others,
            "accuracy": ACCURACY,
        },
        "weights": {
            weights: {measure: measured(table, measure, weights) for measure in MEASURES}
            for weights in table.accuracy
        },
    }
    print(figures["counts"])
    tables(figures)
    write("evidence.cheapest", ("torch", "torchvision", "timm"), figures)


if __name__ == "__main__":
    main()
