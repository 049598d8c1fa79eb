"""The datasheet of a published catalog: how it was made, what is in it, and what is not."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

import zoo_spectra as zs
from zoo_spectra.classes import duplicates_of
from zoo_spectra.classes.equivalence import equivalence_classes
from zoo_spectra.classes.measures import points
from zoo_spectra.defaults import Linkage
from zoo_spectra.terminal.doubles import summary_of

LARGEST = 10
TEXT = """# Datasheet: {title}

{networks} networks, {architectures} architectures of {families} families: timm at random
initialisation. Written by `benchmarks/publish/catalog.py` from the catalog of the run; every digit
of a curve is the run's.

## How it was made

```
{how}
```

{seeds}

| | |
|---|---|
| machine | {machine} |
| first and last row written | {begin} – {end} UTC ({elapsed}) |
| analysis, sum over networks (`seconds`) | {seconds} |
| initialisation, sum over networks (`load_seconds`) | {load_seconds} |
| largest resident memory of a worker (`peak_memory`) | {memory:.1f} GB |
| constituents and their entries | {constituents:,} and {parameters:,} |
| method version | {method} |
| order above which spectra are estimated | {limit} |
| draws of circular ensembles | {realisations} (fluctuations in closed form) |
| packages | {versions} |

The machine is the one on which this sheet was written, which is the one that ran the job. The sums
are wall times of networks that were analysed side by side.

## What is in it

`networks` and `classes` as in [catalogs/README.md](../README.md), read by `zoo_spectra.Catalog`,
`zoo-spectra show`, `query` and `classify`:

- a row a network: its mean density, its circular spectral difference (CSD), also of each
  quarter of its depth, with the closed-form fluctuation of each circular ensemble, tail, level
  statistics, times, versions;
- {classes} classes at ε = {accuracy:g}, {linkage} linkage; `zoo-spectra classify --measure depth`
  finds {deep}.

Left out, to stay small: the table `spectra` (eigenvalues), and the columns `csd_resamples` and
`csd_realisations_*`, which are empty. So a new `zoo-spectra classify` gives the same classes and no
`stability`; the published one is that of the run.

## How it ended

{status}

{failures}

Matrices that are no constituents, by reason:

{skipped}

Largest orders:

{largest}

{estimated}

## Twice in it

{duplicates}

Architectures that differ only in image size, norms, pooling, activations or pretraining have the
same matrices, and one seed draws the same entries: `python -m benchmarks.publish.duplicates` makes
them again and looks. Near ones are architectures of nearly the same matrices, and seeds, of large
networks.

## Limits

- Random weights: nothing here says what a trained network is like, or what a network computes.
- One or two seeds an architecture. Architectures that differ only in image size or pretraining
  have the same matrices and are witnesses of the same thing.
- `family` is the module of timm that defines the architecture, not a judgement of ours.
- Fluctuations are of ideal circular ensembles, not of the initialisation.

## Licence

Random weights, drawn here: no third-party data. The architectures are those of timm (Apache-2.0),
of which no code and no trained weight is in this folder.
"""


def datasheet(source: zs.Catalog, published: zs.Catalog, how: str) -> str:
    """The sheet as Markdown. ``source`` has the spectra, and so the reasons of skipped matrices."""
    networks = published.collect(published.networks())
    classes = published.collect(published.classes())
    names = [json.loads(text)["architecture"] for text in networks["metadata"]]
    ok = networks.filter(status="ok")
    accuracy, linkage = classes.select("accuracy", "linkage").row(0)
    return TEXT.format(
        title=Path(str(published.location)).name,
        networks=f"{networks.height:,}",
        architectures=f"{len(set(names)):,}",
        families=networks["family"].n_unique(),
        how=how,
        seeds=_seeds(networks),
        machine=machine(),
        **times(networks),
        memory=max(ok["peak_memory"]) / 1e9,
        constituents=ok["constituents"].sum(),
        parameters=ok["parameters"].sum(),
        method=_distinct(networks["method_version"]),
        limit=_distinct(networks["exact_limit"]),
        realisations=_distinct(networks["realisations"]),
        versions=versions(networks["versions"]),
        classes=classes["class"].n_unique(),
        deep=f"{_deep(published, ok, accuracy, linkage):,}",
        accuracy=accuracy,
        linkage=linkage,
        status=status(networks),
        failures=_failures(networks),
        skipped=_skipped(source),
        largest=_largest(ok),
        duplicates=duplicates(published),
        estimated=_estimated(ok),
    )


def duplicates(catalog: zs.Catalog) -> str:
    """What is twice in a catalog, in words."""
    return summary_of(duplicates_of(catalog)) + " (`zoo-spectra duplicates`)."


def _deep(catalog: zs.Catalog, ok: pl.DataFrame, accuracy: float, linkage: Linkage) -> int:
    """Classes by four depths of the network."""
    return len(set(equivalence_classes(points(catalog, ok, "depth"), accuracy, linkage).label))


def machine() -> str:
    """``AMD EPYC, 2 cores, 24 GB of memory``."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{models[0] if models else '?'}, {os.cpu_count()} cores, {memory:.0f} GB of memory"


def _seeds(networks: pl.DataFrame) -> str:
    seed = [json.loads(text).get("seed") for text in networks["metadata"]]
    rows = networks.with_columns(pl.Series("seed", seed)).filter(status="ok")
    found = rows.group_by("seed").agg(pl.len(), pl.col("parameters").max()).sort("seed").rows()
    cells = [(str(at), f"{count:,}", f"{most / 1e6:,.1f} M") for at, count, most in found]
    return table(("seed", "networks `ok`", "most entries in the constituents of one"), cells)


def times(networks: pl.DataFrame) -> dict[str, str]:
    """When rows were written, and what they took, as text by name."""
    written: list[datetime] = networks["finished_at"].sort().to_list()
    begin, end = written[0], written[-1]
    return {
        "begin": f"{begin:%Y-%m-%d %H:%M}",
        "end": f"{end:%Y-%m-%d %H:%M}",
        "elapsed": f"{(end - begin).total_seconds() / 60:,.0f} min",
        "seconds": f"{networks['seconds'].sum():,.0f} s",
        "load_seconds": f"{networks['load_seconds'].sum():,.0f} s",
    }


def _distinct(values: pl.Series) -> str:
    return ", ".join(f"{value:,}" for value in sorted(set(values)))


def versions(texts: pl.Series) -> str:
    """Each package once; with several versions, all of them."""
    found = {pair for text in set(texts) for pair in json.loads(text).items()}
    return ", ".join(f"{name} {version}" for name, version in sorted(found))


def status(networks: pl.DataFrame) -> str:
    """How networks ended."""
    counts = Counter(networks["status"])
    return ", ".join(f"{counts[s]:,} {s}" for s in ("ok", "failed", "quarantined")) + "."


def _failures(networks: pl.DataFrame) -> str:
    bad = networks.filter(pl.col("status") != "ok").select("name", "status", "reason").rows()
    return table(("network", "status", "reason"), bad) if bad else "No network failed."


def _skipped(source: zs.Catalog) -> str:
    reasons = source.collect(source.spectra().select("skipped"))["skipped"].drop_nulls()
    counts = Counter(text.partition(" (")[0] for text in reasons)
    rows = [(reason, f"{count:,}") for reason, count in counts.most_common()]
    return table(("reason", "matrices"), rows) if rows else "None."


def _largest(ok: pl.DataFrame) -> str:
    top = ok.sort("order_max", "name", descending=[True, False]).head(LARGEST)
    columns = ("name", "order_max", "constituents", "spectrum_kind", "seconds")
    rows = [
        (name, f"{order:,}", str(count), kind, f"{seconds:.1f} s")
        for name, order, count, kind, seconds in top.select(columns).rows()
    ]
    return table(("network", "order", "constituents", "spectrum", "time"), rows)


def _estimated(ok: pl.DataFrame) -> str:
    names = ok.filter(spectrum_kind="slq")["name"].to_list()
    if not names:
        return "Every spectrum is exact: none was estimated (`slq`)."
    return f"Estimated (`slq`) in part: {', '.join(names)}."


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a reason may be long and hold anything."""
    cells = [[" ".join(str(c).split()).replace("|", "\\|") for c in row] for row in rows]
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
