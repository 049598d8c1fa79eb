"""What the benchmarks share: analysed networks, nearest neighbours, intervals, results."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.table import Table

import zoo_spectra as zs
from zoo_spectra.classes.grouping.neighbour import wilson as wilson
from zoo_spectra.terminal.progress import watcher

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
CONSOLE = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
ACCURACY = 0.1
# Architectures that take more than a second of one core.
LONG = (
    "resnet152",
    "regnety_080",
    "hrnet_w64",
    "deit3_medium_patch16_224",
    "vit_base_patch16_224",
    "swin_small_patch4_window7_224",
    "mixer_b16_224",
    "convnext_base",
)


@dataclass(frozen=True)
class Analysed:
    """n networks of a catalog in the order asked for. ``csds``: shape (n, 129)."""

    names: Labels
    families: Labels
    csds: Floats


def analyse(catalog: str, sources: Sequence[str], samples: Sequence[str] = ()) -> Analysed:
    """Run ``sources`` into ``catalogs/<catalog>`` (what is there is not redone) and read them.

    Ends the program when a network failed: a benchmark of part of the networks is none.
    """
    place = ROOT / "catalogs" / catalog
    job = zs.Job(sources=tuple(sources), samples=tuple(samples), catalog=str(place))
    zs.run(job, progress=watcher(CONSOLE))
    refs = [ref for source in sources for ref in zs.list_networks(source)]
    rows = zs.Catalog(place).networks().filter(pl.col("status") == "ok").collect()
    found = {row["network_id"]: row for row in rows.iter_rows(named=True)}
    missing = [ref.name for ref in refs if ref.network_id not in found]
    if missing:
        sys.exit(f"{len(missing)} networks have no result: {', '.join(missing[:5])}")
    return Analysed(
        np.array([ref.name for ref in refs]),
        np.array([ref.family for ref in refs]),
        np.array([found[ref.network_id]["csd"] for ref in refs]),
    )


def nearest(distances: Floats, labels: Labels, groups: Labels | None = None) -> Labels:
    """Of each row: whether its nearest neighbour outside its own group has its label, (n,).

    ``groups`` defaults to every row alone.
    """
    own = np.arange(len(labels)) if groups is None else groups
    other = np.where(own[:, None] == own[None, :], np.inf, distances)
    hits: Labels = labels[np.argmin(other, axis=1)] == labels
    return hits


def chance(labels: Labels, groups: Labels | None = None) -> float:
    """The share that ``nearest`` would find if every other network were equally likely."""
    own = np.arange(len(labels)) if groups is None else groups
    outside = own[:, None] != own[None, :]
    same = (labels[:, None] == labels[None, :]) & outside
    return float(np.mean(same.sum(axis=1) / outside.sum(axis=1)))


def show(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; the first column to the left, the others to the right."""
    table = Table(title=title, title_justify="left")
    for position, column in enumerate(header):
        table.add_column(column, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)


def percent(share: float, interval: Sequence[float] | None = None) -> str:
    """``72 % (55–84)``."""
    between = f" ({100 * interval[0]:.0f}–{100 * interval[1]:.0f})" if interval else ""
    return f"{100 * share:.0f} %{between}"


def write(benchmark: str, packages: Sequence[str], figures: Mapping[str, Any]) -> None:
    """Write the figures of ``ROOM.NAME``, the command and the versions behind them.

    To ``results/NAME.json``.
    """
    names = sorted({"zoo-spectra", "numpy", "scipy", *packages})
    content = {
        "command": f"python -m benchmarks.{benchmark}",
        "method_version": zs.METHOD_VERSION,
        "versions": {package: version(package) for package in names},
        **_rounded(figures),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{benchmark.rpartition('.')[2]}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    CONSOLE.print(f"written: {path.relative_to(ROOT)}")


def _rounded(value: Any) -> Any:
    """Six decimals: the last digits of LAPACK differ between machines."""
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(float(value), 6) if isinstance(value, (float, np.floating)) else value
