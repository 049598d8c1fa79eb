"""Are the p-values of ``groups`` right, what can it find, and how long does it take?

Calibration: 1,000 shuffled genotypes of the 32 mice. A test is right when 5 % of them end below
0.05; of tables (pairs, constituents), when at most 5 % have any below 0.05 after the correction.
Beside the test of spread is the usual one, which shuffles distances to centroids.

Power: the mice in two random groups, as many of each genotype in each, compared within genotypes;
in one group ten of the 105 constituents are moved by δ e-folds, or networks are further from
their mean by a factor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import binom

import zoo_spectra as zs
from benchmarks.common import CONSOLE, ROOT, Floats, analyse, percent, show, wilson, write
from zoo_spectra.classes import points
from zoo_spectra.classes.classify import classifiable
from zoo_spectra.classes.equivalence import distance_matrix
from zoo_spectra.classes.grouping.dispersion import dispersion
from zoo_spectra.classes.grouping.model import Model, gower, model_of, residuals
from zoo_spectra.classes.grouping.neighbour import nearest_of
from zoo_spectra.classes.grouping.pairwise import pairs_of
from zoo_spectra.classes.grouping.permanova import permanova, permanovas
from zoo_spectra.classes.grouping.shuffles import Shuffles, shuffles_of
from zoo_spectra.classes.grouping.where import where_of
from zoo_spectra.classes.matched import lists_of_names
from zoo_spectra.method import BIN_WIDTH, MEASURES, S_EDGES

SOURCE = (
    "connectome:@samples/mice/edgelists/*.edgelist?directed=false&nodes=@samples/mice/blocks.csv"
    "&partition=block,hemisphere&about=@samples/mice/participants.csv&family=genotype"
)  # as in jobs/demo.toml
LABELLINGS, SHUFFLES, REPEATS = 1000, 199, 200
# After the correction for 105 constituents, or 6 pairs, fewer could not reach 0.05.
OF_PAIRS, OF_CONSTITUENTS = 999, 4999
SIGNIFICANT = 0.05
PLANTED = 10  # constituents that are moved
MOVED = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)  # e-folds
WIDENED = (1.0, 1.25, 1.5, 2.0, 3.0)
NETWORKS, GROUPS, TIMED = 1258, (2, 7, 20, 60), 999

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mice:
    """Of 32 mice: codes of genotype and sex, the points of each measure, names of constituents."""

    genotype: Labels
    sex: Labels
    points: dict[str, Floats]
    names: list[str]


def mice() -> Mice:
    """Analysed as in the demo."""
    analyse("bench-groups", [SOURCE], ["mice"])
    catalog = zs.Catalog(ROOT / "catalogs" / "bench-groups")
    found = {}
    for measure in MEASURES:
        rows = classifiable(catalog, catalog.networks(), None, measure)
        found[measure] = points(catalog, rows, measure)
    facts = rows.select("network_id").join(
        catalog.collect(catalog.networks().select("network_id", "genotype", "sex")),
        on="network_id", how="left", maintain_order="left",
    )  # fmt: skip
    names = lists_of_names(catalog, rows)["constituent"].unique().sort().to_list()
    genotype, sex = (np.unique(facts[name], return_inverse=True)[1] for name in ("genotype", "sex"))
    return Mice(genotype, sex, found, names)


def usual(left: Floats, model: Model, shuffles: Shuffles) -> float:
    """The p-value of spread where distances to centroids are shuffled (Anderson 2006)."""
    apart = dispersion(left, model, Shuffles(shuffles.order[:1], True, 1.0)).distance
    centred = apart - apart.mean()
    return permanovas([np.outer(centred, centred)], model, shuffles)[0].p_value


def tests_of(
    mice: Mice, measure: str, label: Labels, stratum: Labels | None, covariates: Floats | None,
    seed: int, tables: bool,
) -> dict[str, float]:  # fmt: skip
    """Every p-value that is printed; of a table its least corrected one."""
    model = model_of(label, stratum, covariates)
    shuffles = shuffles_of(model, SHUFFLES, seed)
    distances = distance_matrix(mice.points[measure])
    left = residuals(gower(distances), model.reduced)
    found = {
        "place": permanova(distances, model, shuffles).p_value,
        "spread": dispersion(left, model, shuffles).p_value,
        "spread_usual": usual(left, model, shuffles),
        "nearest": nearest_of(left, model, shuffles).p_value,
    }
    if tables:
        names = [str(each) for each in range(model.groups)]
        pairs = pairs_of(distances, names, label, stratum, covariates, OF_PAIRS, seed)
        more = shuffles_of(model, OF_CONSTITUENTS, seed)
        where = where_all(mice.points["matched"], mice.names, model, more)
        found["pairs"] = float(pairs["p_holm"].min())  # type: ignore[arg-type]
        found["where"] = float(where["q_value"].min())
    return found


def where_all(at: Floats, names: list[str], model: Model, shuffles: Shuffles) -> Any:
    """The table of constituents, of networks that are units."""
    return where_of(names, [len(at)] * len(names), at, lambda some: some, model, shuffles)


def calibration(mice: Mice, labellings: int) -> dict[str, Any]:
    """The share of shuffled genotypes below 0.05, of each statistic, design and measure."""
    designs: dict[str, tuple[Labels | None, Floats | None]] = {
        "plain": (None, None),
        "within_sex": (mice.sex, None),
        "adjusted_for_sex": (None, mice.sex[:, None].astype(np.float64)),
    }
    found: dict[str, Any] = {}
    for design, (stratum, covariates) in designs.items():
        for measure in MEASURES:
            draws, rows = np.random.default_rng(0), []
            for seed in range(labellings):
                label = shuffled(mice.genotype, stratum, draws)
                # Tables need no measure (constituents) or are of one (pairs): once a design.
                tables = measure == "matched"
                rows.append(tests_of(mice, measure, label, stratum, covariates, seed, tables))
            below = {name: int(sum(row[name] <= SIGNIFICANT for row in rows)) for name in rows[0]}
            found[f"{design}/{measure}"] = {
                name: {"share": hits / labellings, "interval": list(wilson(hits, labellings))}
                for name, hits in below.items()
            }
            CONSOLE.print(f"{design}, {measure}: {below} of {labellings}")
    return found


def shuffled(label: Labels, stratum: Labels | None, draws: np.random.Generator) -> Labels:
    """Labels in another order, within strata."""
    found = label.copy()
    strata = np.zeros(len(label)) if stratum is None else stratum
    for each in np.unique(strata):
        own = np.flatnonzero(strata == each)
        found[own] = label[draws.permutation(own)]
    return found


def halves(mice: Mice, repeats: int) -> Iterator[tuple[int, Labels, np.random.Generator]]:
    """Two random groups, half of each genotype in each."""
    for seed in range(repeats):
        draws = np.random.default_rng(seed)
        half = np.tile([0, 1], len(mice.genotype) // 2)
        order = np.argsort(mice.genotype, kind="stable")
        label = np.empty(len(half), dtype=np.int64)
        label[order] = half
        yield seed, shuffled(label, mice.genotype, draws), draws


def moved(curves: Floats, by: float) -> Floats:
    """Curves of s, (…, 129), moved by ``by`` e-folds to the right."""
    places = S_EDGES - by
    flat = curves.reshape(-1, len(S_EDGES))
    found = np.array([np.interp(places, S_EDGES, each) for each in flat])
    return found.reshape(curves.shape)


def power_of_place(mice: Mice, repeats: int) -> list[dict[str, float]]:
    """By δ: how often place and neighbours tell, and what of ten moved constituents is found."""
    count, at = len(mice.names), mice.points["matched"]
    found = []
    for delta in MOVED:
        hits = {"place": 0, "nearest": 0}
        told, right, wrong = 0, 0, []
        for seed, label, draws in halves(mice, repeats):
            chosen = np.sort(draws.choice(count, PLANTED, replace=False))
            curves = at.reshape(len(at), count, -1).copy()
            rows = np.ix_(label == 1, chosen)
            curves[rows] = moved(curves[rows] * count, delta) / count
            changed = curves.reshape(len(at), -1)
            model = model_of(label, mice.genotype)
            shuffles = shuffles_of(model, SHUFFLES, seed)
            distances = distance_matrix(changed)
            left = residuals(gower(distances), model.reduced)
            hits["place"] += permanova(distances, model, shuffles).p_value <= SIGNIFICANT
            hits["nearest"] += nearest_of(left, model, shuffles).p_value <= SIGNIFICANT
            more = shuffles_of(model, OF_CONSTITUENTS, seed)
            table = where_all(changed, mice.names, model, more)
            names = set(table.filter(table["q_value"] <= SIGNIFICANT)["constituent"])
            planted = {mice.names[each] for each in chosen}
            told += len(names)
            right += len(names & planted)
            wrong.append(len(names - planted) / max(len(names), 1))
        found.append({
            "moved": delta,
            **{name: number / repeats for name, number in hits.items()},
            "found": right / repeats / PLANTED,
            "false_discovery_rate": float(np.mean(wrong)),
            "told": told / repeats,
        })  # fmt: skip
        CONSOLE.print(found[-1])
    return found


def power_of_spread(mice: Mice, repeats: int) -> list[dict[str, float]]:
    """By factor: how often spread and place are below 0.05; place should not be."""
    at = mice.points["depth"]
    found = []
    for factor in WIDENED:
        spread = place = 0
        for seed, label, _ in halves(mice, repeats):
            changed = at.copy()
            for genotype in np.unique(mice.genotype):
                own = np.flatnonzero((mice.genotype == genotype) & (label == 1))
                middle = at[mice.genotype == genotype].mean(axis=0)
                changed[own] = middle + factor * (at[own] - middle)
            model = model_of(label, mice.genotype)
            shuffles = shuffles_of(model, SHUFFLES, seed)
            distances = distance_matrix(changed)
            left = residuals(gower(distances), model.reduced)
            spread += dispersion(left, model, shuffles).p_value <= SIGNIFICANT
            place += permanova(distances, model, shuffles).p_value <= SIGNIFICANT
        found.append({"factor": factor, "spread": spread / repeats, "place": place / repeats})
        CONSOLE.print(found[-1])
    return found


def seconds() -> dict[str, dict[str, float]]:
    """Of 1,258 networks and 999 shuffles by the number of groups; the best of three."""
    draws = np.random.default_rng(0)
    at = draws.standard_normal((NETWORKS, 129))
    distances = cdist(at, at, "cityblock") * BIN_WIDTH
    found = {}
    for groups in GROUPS:
        model = model_of(np.arange(NETWORKS) % groups)
        left = residuals(gower(distances), model.reduced)
        best = dict.fromkeys(("shuffles", "place", "spread", "nearest"), np.inf)
        for _ in range(3):
            start = perf_counter()
            shuffles = shuffles_of(model, TIMED)
            marks = [start, perf_counter()]
            for test in (
                lambda s, m=model: permanova(distances, m, s),
                lambda s, m=model, g=left: dispersion(g, m, s),
                lambda s, m=model, g=left: nearest_of(g, m, s),
            ):
                test(shuffles)
                marks.append(perf_counter())
            best = {
                name: min(value, after - before)
                for (name, value), before, after in zip(
                    best.items(), marks[:-1], marks[1:], strict=True
                )
            }
        found[str(groups)] = {name: float(value) for name, value in best.items()}
    return found


def main() -> None:
    few = "--few" in sys.argv  # a try of the program: nothing is written
    labellings, repeats = (10, 3) if few else (LABELLINGS, REPEATS)
    times = seconds()
    known = mice()
    figures = {
        "labellings": labellings,
        "shuffles": SHUFFLES,
        "repeats": repeats,
        "expected": [float(each) / labellings for each in binom.interval(0.95, labellings, 0.05)],
        "seconds": times,
        "calibration": calibration(known, labellings),
        "place": power_of_place(known, repeats),
        "spread": power_of_spread(known, repeats),
    }
    calibrated: dict[str, Any] = figures["calibration"]  # type: ignore[assignment]
    show(
        f"Below {SIGNIFICANT} of {labellings} shuffled genotypes",
        ("", *max(calibrated.values(), key=len)),
        [
            (name, *(percent(each["share"], each["interval"]) for each in row.values()))
            for name, row in calibrated.items()
        ],
    )
    show(
        f"Seconds, {NETWORKS:,} networks, {TIMED} shuffles",
        ("groups", *times[str(GROUPS[0])]),
        [(name, *(f"{value:.2f}" for value in row.values())) for name, row in times.items()],
    )
    if not few:
        write("evidence.groups", (), figures)


if __name__ == "__main__":
    main()
