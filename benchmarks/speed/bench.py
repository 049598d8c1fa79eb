"""Run the benchmarks of speed, and show each claim beside its goal and the last committed figure.

make bench, or: python -m benchmarks.speed.bench [NAME...]
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

from benchmarks.common import RESULTS, ROOT, show


@dataclass(frozen=True)
class Claim:
    """A figure of ``results/<benchmark>.json`` at ``path``, and what it is to be: ``<= 1.15``."""

    benchmark: str
    what: str
    path: str
    goal: str = ""

    def of(self, results: Any) -> float | None:
        """The figure; None where the results have none."""
        try:
            return reduce(getitem, self.path.split("/"), results)  # type: ignore[no-any-return]
        except (KeyError, TypeError):
            return None

    def met(self, figure: float) -> bool:
        """Whether the figure is what it is to be."""
        sign, limit = self.goal.split()
        return figure <= float(limit) if sign == "<=" else figure >= float(limit)


_STAGES = "orders/2048/beside/ratio"
_VIT = "networks/vit_base_patch16_224/ratio/again"
_CLOUD = "clouds/100000"
CLAIMS = (
    Claim("floor", "time over bare numpy's, one thread (worst)", "worst/1", "<= 1.15"),
    Claim("floor", "time over bare numpy's, two threads (worst)", "worst/2", "<= 1.15"),
    Claim("mapping", "zs.analyze of arrays over numpy, one core (worst)", "worst", "<= 1.08"),
    Claim("stages", "two stages over one, order 2048, both cores busy", _STAGES, "<= 1"),
    Claim("peers", "times faster than weightwatcher", "faster/weightwatcher", ">= 5"),
    Claim("peers", "times faster than bristol", "faster/bristol", ">= 50"),
    Claim("circular", "conjugate ensembles' share of the time", "largest_share", "<= 0.05"),
    Claim("circular", "a draw at N = 1024, times faster", "draws/1024/faster", ">= 1000"),
    Claim("initialisation", "ViT-B: one weight at a time, over create_model", _VIT),
    Claim("scaling", "speed-up of two workers", "mixed/speed_up", ">= 1.9"),
    Claim("scaling", "the same, over that of two numpy processes", "mixed/of_numpy"),
    Claim("scaling", "runner's overhead a network, s", "tiny/1600/overhead", "<= 0.020"),
    Claim("classify", "classify 10,000 networks, s", "sizes/10000/classify_seconds", "<= 30"),
    Claim("classify", "the same, peak GB", "sizes/10000/peak_gigabytes", "<= 4"),
    Claim("classify", "classify 100,000 networks, s", "sizes/100000/classify_seconds", "<= 600"),
    Claim("classify", "the same, peak GB", "sizes/100000/peak_gigabytes", "<= 8"),
    Claim("classify", "adjusted Rand against exact, average", "at_scale/average", ">= 0.95"),
    Claim("classify", "adjusted Rand against exact, complete", "at_scale/complete", ">= 0.95"),
    Claim("large", "classes of 100,000 diffuse curves, CPU s", f"{_CLOUD}/cpu_seconds", "<= 600"),
    Claim("large", "the same, peak GB", f"{_CLOUD}/peak_gigabytes", "<= 8"),
    Claim("large", "of 400 classes, with another within 0.9 ε", f"{_CLOUD}/within/0.9", "<= 0"),
    Claim("start", "zoo-spectra --help, times python -c pass", "commands/help/ratio", "<= 12"),
    Claim("start", "completion, times python -c pass", "commands/completion/ratio", "<= 12"),
    Claim("query", "look-up by name, 100,000 networks, s", "networks/100000/after/network"),
    Claim("query", "a family of 100,000 networks, s", "networks/100000/after/family"),
)


def committed(name: str) -> Any:
    """The results of the last commit; None where it has none."""
    path = f"HEAD:benchmarks/results/{name}.json"
    done = subprocess.run(["git", "show", path], cwd=ROOT, capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def present(name: str) -> Any:
    """The results on disk; None where there are none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def row(claim: Claim) -> list[str]:
    before, now = claim.of(committed(claim.benchmark)), claim.of(present(claim.benchmark))
    cells = ["" if figure is None else f"{figure:.3g}" for figure in (before, now)]
    verdict = "" if now is None or not claim.goal else "met" if claim.met(now) else "MISSED"
    change = f"{now / before - 1:+.0%}" if now is not None and before else ""
    return [claim.what, claim.goal, *cells, change, verdict]


def main() -> None:
    known = list(dict.fromkeys(claim.benchmark for claim in CLAIMS))
    chosen = sys.argv[1:] or known
    if unknown := set(chosen) - set(known):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    for name in chosen:
        print(f"\n=== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.speed.{name}"], cwd=ROOT, check=True)
    rows = [row(claim) for claim in CLAIMS if claim.benchmark in chosen]
    show("Claims", ["", "goal", "committed", "now", "change", ""], rows)


if __name__ == "__main__":
    main()
