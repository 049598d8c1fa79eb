"""Brains beside networks: the job, its null models, and the catalog that is published.

python -m benchmarks.publish.brains_and_nets [TARGET]    a quarter of an hour on two cores

What was run already is not done again (catalogs/brains-and-nets-run). TARGET, by default
catalogs/brains-and-nets, must hold no catalog yet.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import zoo_spectra as zs
from benchmarks.common import CONSOLE, ROOT
from benchmarks.publish.catalog import MOST_BYTES, publish, published_draws
from benchmarks.publish.datasheet import duplicates, machine, status, table, times, versions
from zoo_spectra.terminal.progress import watcher

JOB = ROOT / "jobs" / "brains-and-nets.toml"
RUN = ROOT / "catalogs" / "brains-and-nets-run"
# Which networks, by which null models, and how many draws of each: an artificial one costs more.
# The people of hcp have every connection, so there is no other place for one.
NULLS = (
    ("kind = 'biological' AND family <> 'hcp'", ("degree",), 99),
    ("kind = 'biological'", ("weights", "shuffled", "gaussian"), 99),
    ("kind = 'artificial'", ("shuffled", "gaussian"), 19),
)
TEXT = """# Datasheet: {title}

{networks} networks: {brains} brains, each as one matrix, and {nets} artificial networks, trained
and at random, with their draws of null models. What it shows:
[docs/brains-and-nets.md](../../docs/brains-and-nets.md). `zoo-spectra nearest` looks here, too,
where no catalog is named.

## How it was made

```
python -m benchmarks.publish.brains_and_nets
```

which is

```
zoo-spectra run jobs/brains-and-nets.toml
{commands}
```

| | |
|---|---|
| machine | {machine} |
| first and last row written | {begin} – {end} UTC ({elapsed}) |
| analysis, sum over networks (`seconds`) | {seconds} |
| draws of null models | {draws} |
| method version | {method} |
| packages | {versions} |

## What is in it

`networks` and `classes` as in [catalogs/README.md](../README.md), and the view `nulls`: a row a
draw, with its curve. {classes} classes at ε = {accuracy:g}, {linkage} linkage.

Left out, to stay small: the table `spectra` (eigenvalues), the columns `csd_resamples` and
`csd_realisations_*`, which are empty, and of draws all columns that `nulls` does not show.

{families}

{status}

## Twice in it

{duplicates}

## Limits

- Brains were measured by others, by different methods: synapses counted in electron micrographs,
  fibres guessed from diffusion MRI, tracers in four classes. A distance of two is one of
  matrices, methods included.
- A brain is one matrix of neurons or of regions, a network has a matrix a layer. Neither is a
  model of the other.
- Of 32 mice 8, two of each genotype; people of two studies; one macaque, half of it a copy of the
  other half.
- {least} draws tell a p-value down to {floor:.3f}, and no smaller one.

## Licence

Curves and numbers computed here; no matrix of others is in this folder. Licences and citations of
what they were computed from: `zoo-spectra samples --list`."""


def run() -> zs.Catalog:
    """The job and its draws; what is there is not done again."""
    zs.run(zs.Job.from_toml(JOB), catalog=str(RUN), progress=watcher(CONSOLE))
    catalog = zs.Catalog(RUN)
    zs.classify(catalog, accuracy=0.1)
    for where, models, draws in NULLS:
        for model in models:
            CONSOLE.print(f"{where}: {model}")
            drawing = zs.make_nulls(
                catalog, model=model, draws=draws, where=where, progress=watcher(CONSOLE)
            )
            if drawing.problems:
                sys.exit(f"{len(drawing.problems)} draws did not end ok")
    return catalog


def datasheet(catalog: zs.Catalog) -> str:
    """The sheet of the published catalog, as Markdown."""
    networks = catalog.collect(catalog.networks())
    classes = catalog.collect(catalog.classes())
    draws = catalog.collect(catalog.nulls().select("model"))
    accuracy, linkage = classes.select("accuracy", "linkage").row(0)
    least = min(draws for _, _, draws in NULLS)
    by_kind = dict(networks["kind"].value_counts().iter_rows())
    families = networks.group_by("kind", "family").len().sort("kind", "family").rows()
    return TEXT.format(
        title=Path(str(catalog.location)).name,
        networks=networks.height,
        brains=by_kind["biological"],
        nets=by_kind["artificial"],
        commands="\n".join(commands()),
        machine=machine(),
        **{key: value for key, value in times(networks).items() if key != "load_seconds"},
        draws=f"{draws.height:,}",
        method=networks["method_version"][0],
        versions=versions(networks["versions"]),
        classes=classes["class"].n_unique(),
        accuracy=accuracy,
        linkage=linkage,
        families=table(("kind", "family", "networks"), families),
        status=status(networks),
        duplicates=duplicates(catalog),
        least=least,
        floor=1 / (1 + least),
    )


def commands() -> list[str]:
    """What makes the draws, as a user would write it."""
    return [
        f"zoo-spectra nulls {RUN.relative_to(ROOT)} --model {model} --draws {draws} "
        f'--where "{where}"'
        for where, models, draws in NULLS
        for model in models
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "catalogs/brains-and-nets")
    target = parser.parse_args().target
    source = run()
    published = publish(source, target)
    published_draws(source, target)
    (target / "DATASHEET.md").write_text(datasheet(published), encoding="utf-8")
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    if size > MOST_BYTES:
        sys.exit(f"{target} has {size:,} bytes; at most {MOST_BYTES:,} are published")
    CONSOLE.print(f"{target}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
