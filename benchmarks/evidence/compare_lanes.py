"""How far each lane alone gets, from one comparison; and shares, intervals, uniformity.

A score is more the more alike two networks are. Its threshold is the best on the pairs that were
tuned on: just above every unrelated one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kstest

import zoo_spectra as zs
from benchmarks.common import wilson
from zoo_spectra.classes.comparing.facts import facts_of
from zoo_spectra.classes.comparing.walking import desk
from zoo_spectra.method import as_network

LANES = {
    "spectra": "spectra: median distance of pairs, weighted by entries",
    "entries": "entries of one name and shape: median cosine, weighted by entries",
    "entries_most": "entries of one name and shape: the largest cosine",
    "digests": "digests under any name: share of entries",
    "names": "names and shapes: share of entries",
    "compare": "compare: both lanes, orders, rules",
}
NOTHING = -9.0  # a score of what cannot be compared


@dataclass(frozen=True)
class Scored:
    """A pair as each lane sees it, and what ``compare`` said."""

    name: str
    half: str
    related: bool
    right: tuple[str, ...]
    verdict: str
    said_related: bool
    p_value: float | None
    seconds: float
    scores: Mapping[str, float]
    evidence: tuple[str, ...]


def scores(one: Any, other: Any, found: zs.Comparison) -> dict[str, float]:
    """Of ``compare``'s pairs for spectra; of the networks themselves for entries and digests."""
    sides = [zs.load(each) if isinstance(each, str) else as_network(each) for each in (one, other)]
    mine, theirs = (_by_name(network) for network in sides)
    cosines, weights = [], []
    for name, matrix in mine.items():
        if name in theirs and theirs[name].shape == matrix.shape:
            cosines.append(_cosine(matrix, theirs[name]))
            weights.append(matrix.size)
    total = sum(matrix.size for matrix in mine.values())
    table = found.constituents.filter(found.constituents["spectral"].is_not_null())
    apart = table["spectral"].to_numpy()
    entries = (table["rows"] * table["columns"]).to_numpy()
    return {
        "spectra": -_median(apart, entries) if len(apart) else NOTHING,
        "entries": _median(np.array(cosines), np.array(weights)) if cosines else NOTHING,
        "entries_most": max(cosines, default=NOTHING),
        "digests": _shared(sides),
        "names": sum(weights) / total,
        "compare": float(found.related),
    }


def _by_name(network: zs.Network) -> dict[str, np.ndarray]:
    return {each.name: np.array(each.matrix, np.float64) for each in network.constituents()}


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    norms = np.linalg.norm(one) * np.linalg.norm(other)
    return float(abs(np.vdot(one, other)) / norms) if norms else 0.0


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    gathered = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(gathered, gathered[-1] / 2)])


def _shared(networks: Sequence[zs.Network]) -> float:
    with desk() as reading:
        one, other = (facts_of(network, reading) for network in networks)
    theirs = {fact.digest for fact in other if not fact.plain}
    same = sum(fact.entries for fact in one if fact.digest in theirs)
    return same / sum(fact.entries for fact in one)


def lane(pairs: Sequence[Scored], key: str) -> dict[str, Any]:
    """Recall at no false positive: of each half, by the threshold of ``tuning``."""
    tuned = [each for each in pairs if each.half == "tuning" and not each.related]
    limit = max((each.scores[key] for each in tuned), default=NOTHING)
    if key == "compare":
        limit = 0.5
    found: dict[str, Any] = {"threshold": limit}
    for half in ("tuning", "held"):
        some = [each for each in pairs if each.half == half]
        hits = sum(each.scores[key] > limit for each in some if each.related)
        total = sum(each.related for each in some)
        wrong = sum(each.scores[key] > limit for each in some if not each.related)
        found[half] = share(hits, total) | {
            "false_positives": wrong, "unrelated": len(some) - total,
        }  # fmt: skip
    return found


def share(hits: int, total: int) -> dict[str, Any]:
    """With Wilson's interval."""
    interval = list(wilson(hits, total)) if total else [0.0, 1.0]
    return {"hits": hits, "of": total, "share": hits / max(total, 1), "interval": interval}


def uniformity(p_values: Sequence[float]) -> dict[str, Any]:
    """Kolmogorov and Smirnov's test of p-values against uniform, and how many are small."""
    if not p_values:
        return {"pairs": 0}
    test = kstest(list(p_values), "uniform")
    small = {f"{limit:g}": sum(p <= limit for p in p_values) for limit in (0.01, 0.05, 0.1)}
    return {
        "pairs": len(p_values),
        "statistic": float(test.statistic),
        "p_value": float(test.pvalue),
        "at_most": small,
    }


def summary(pairs: Sequence[Scored]) -> dict[str, Any]:
    """Recall, false positives, right verdicts, confusions and each wrong one of some pairs."""
    related = [each for each in pairs if each.related]
    other = [each for each in pairs if not each.related]
    table: dict[str, dict[str, int]] = {}
    for each in pairs:
        row = table.setdefault("|".join(each.right), {})
        row[each.verdict] = row.get(each.verdict, 0) + 1
    seconds = [each.seconds for each in pairs] or [0.0]
    wrong = [each for each in pairs if each.verdict not in each.right]
    return {
        "recall": share(sum(each.said_related for each in related), len(related)),
        "false_positives": share(sum(each.said_related for each in other), len(other)),
        "right_verdict": share(len(pairs) - len(wrong), len(pairs)),
        "right_verdict_of_related": share(
            sum(each.verdict in each.right for each in related), len(related)
        ),
        "several_are_right": sum(len(each.right) > 1 for each in pairs),
        "confusions": table,
        "wrong": {each.name: {"right": "|".join(each.right), "said": each.verdict,
                              "p_value": each.p_value} for each in wrong},
        "seconds": {"median": float(np.median(seconds)), "largest": max(seconds)},
        "p_values": uniformity([each.p_value for each in other if each.p_value is not None]),
        "significant": share(
            sum(each.p_value is not None and each.p_value <= 0.01 for each in related),
            sum(each.p_value is not None for each in related),
        ),
    }  # fmt: skip


def scored(pair: Any, folder: Path) -> Scored:
    """Make both sides of a pair, compare them, and score the lanes."""
    from time import perf_counter

    folder.mkdir()
    one, other = pair.one(folder), pair.other(folder)
    start = perf_counter()
    found = zs.compare(one, other)
    seconds = perf_counter() - start
    return Scored(
        pair.name, pair.half, pair.related, pair.right, found.verdict, found.related,
        found.p_value, seconds, scores(one, other, found), found.evidence,
    )  # fmt: skip
