"""The rule of names against the modules: every architecture that three libraries can build.

``zoo_spectra.sources.why_not`` sees a tensor's name, shape and type; ``names_truth`` sees the
module that owns it. Both judge each tensor of two dimensions and more. What they disagree on, and
what the module cannot tell either, is listed by pattern; so is what could not be built.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.common import CONSOLE, show, write
from benchmarks.evidence.names_models import LIBRARIES, Built, Tensor, models
from benchmarks.evidence.names_truth import is_map
from zoo_spectra.sources import why_not

EVERY = 100  # models between two lines of progress
Kind = tuple[str, str, str]  # pattern of the name, class of the module, what was judged


@dataclass
class Tally:
    """The tensors of one library, counted."""

    models: int = 0
    tensors: int = 0
    judged: int = 0
    weights: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    disagreements: Counter[Kind] = field(default_factory=Counter)
    unclear: Counter[Kind] = field(default_factory=Counter)
    models_of: defaultdict[Kind, set[str]] = field(default_factory=lambda: defaultdict(set))
    not_built: dict[str, str] = field(default_factory=dict)

    def add(self, built: Built) -> None:
        """Count one model."""
        if built.failure:
            self.not_built[built.model] = built.failure
            return
        self.models += 1
        for tensor in built.tensors:
            self._judge(tensor, built.model)

    def _judge(self, tensor: Tensor, model: str) -> None:
        reason = why_not(tensor.name, tensor.shape, tensor.dtype)
        self.tensors += 1
        self.weights += reason is None
        self.reasons[reason or "weight"] += 1
        if len(tensor.shape) < 2 or 0 in tensor.shape:
            return
        self.judged += 1
        truth = is_map(tensor)
        if truth is (reason is None):
            return
        kind = (pattern(tensor.name), pattern(tensor.owner), reason or "weight")
        (self.unclear if truth is None else self.disagreements)[kind] += 1
        self.models_of[kind].add(model.partition("/")[0])

    def figures(self) -> dict[str, Any]:
        """For the table of results."""
        return {
            "models": self.models,
            "not_built": len(self.not_built),
            "tensors": self.tensors,
            "of_two_dimensions": self.judged,
            "weights": self.weights,
            "disagreements": self.disagreements.total(),
            "unclear": self.unclear.total(),
            "reasons": dict(self.reasons.most_common()),
        }

    def listing(self, kinds: Counter[Kind]) -> list[dict[str, Any]]:
        """The most frequent first."""
        return [
            {
                "name": kind[0],
                "module": kind[1],
                "judged": kind[2],
                "tensors": count,
                "of": sorted(self.models_of[kind])[:3],
            }
            for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        ]


def pattern(name: str) -> str:
    """The last three parts of a name, numbers as ``#``."""
    return re.sub(r"\d+", "#", ".".join(name.split(".")[-3:]))


def tally(all_models: Iterable[Built]) -> dict[str, Tally]:
    """Counts by library."""
    tallies: dict[str, Tally] = {library: Tally() for library in LIBRARIES}
    for number, built in enumerate(all_models, 1):
        tallies[built.library].add(built)
        if number % EVERY == 0:
            CONSOLE.print(f"{number} models, the last {built.library} {built.model}")
    return tallies


def main() -> None:
    tallies = tally(models())
    figures = {library: counted.figures() for library, counted in tallies.items()}
    columns = ("models", "not_built", "tensors", "weights", "disagreements", "unclear")
    rows = [
        [library, *(f"{of[column]:,}" for column in columns)] for library, of in figures.items()
    ]
    show("Names against modules", ["", *columns], rows)
    write(
        "evidence.names",
        LIBRARIES,
        {
            "libraries": figures,
            "disagreements": {k: t.listing(t.disagreements) for k, t in tallies.items()},
            "unclear": {k: t.listing(t.unclear) for k, t in tallies.items()},
            "not_built": {k: t.not_built for k, t in tallies.items()},
        },
    )


if __name__ == "__main__":
    main()
