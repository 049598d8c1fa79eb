"""Many networks made from the CSD curves of random timm architectures.

The real ones are those of ``evidence/families.py``. An artificial architecture is a blend of two of
them, (1 - t) a + t b with t uniform in [0, 1/2], which puts it about as far from a as two
architectures of one family lie apart. Each has eight seeds: to the curve, and to its 32 resamples,
comes the difference of two real seeds of some real architecture, times a normal number. So there
are dense classes, stray networks, and chains between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import architectures
from benchmarks.common import ROOT, Floats, analyse
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.method.spectrum import Integers
from zoo_spectra.sources.adapter import NetworkRef

SEEDS, BUNDLE = 8, 500


@dataclass(frozen=True)
class Real:
    """Real rows in order of name, their curves (n, 129) and resamples (n, 32, 129), and the
    differences of two seeds (m, 129)."""

    rows: pl.DataFrame
    csds: Floats
    resamples: Floats
    seeds: Floats


def real_networks() -> Real:
    names = [name for members in architectures.modules().values() for name in members]
    sources = [f"timm:{name}?seed={seed}" for name in names for seed in (0, 1)]
    found = analyse("bench-families", sources)
    catalog = Catalog(ROOT / "catalogs" / "bench-families")
    rows = catalog.networks().filter(pl.col("name").is_in(list(found.names))).collect()
    rows = rows.filter(pl.col("csd_resamples").list.len() > 0).sort("name")
    pairs = found.csds.reshape(len(names), 2, -1)
    return Real(
        rows,
        np.array(rows["csd"].to_list()),
        np.array(rows["csd_resamples"].to_list()),
        pairs[:, 1] - pairs[:, 0],
    )


@dataclass(frozen=True)
class Made:
    """What ``size`` networks are made of: (1 - t) a + t b + strength · seed, each of shape (n,)."""

    a: Integers
    b: Integers
    t: Floats
    seed: Integers
    strength: Floats

    def blend(self, real: Real, source: Floats, some: slice) -> Floats:
        """Curves of shape (k, 129), or resamples of shape (k, 32, 129)."""
        shape = (-1, *(1,) * (source.ndim - 1))
        t = self.t[some].reshape(shape)
        noise = self.strength[some, None] * real.seeds[self.seed[some]]
        noise = noise.reshape(len(noise), *(1,) * (source.ndim - 2), -1)
        blended: Floats = (1 - t) * source[self.a[some]] + t * source[self.b[some]] + noise
        return blended


def make(real: Real, size: int) -> Made:
    rng = np.random.default_rng(size)
    kinds = rng.permutation(np.arange(size) // SEEDS)
    count = -(-size // SEEDS)
    a, b = rng.integers(0, len(real.csds), (2, count))
    t = rng.uniform(0, 0.5, count)
    seed = rng.integers(0, len(real.seeds), size)
    return Made(a[kinds], b[kinds], t[kinds], seed, rng.standard_normal(size))


def fill(real: Real, size: int, place: Path) -> None:
    """A catalog of ``size`` networks as a run leaves it: many parts, and names all over them."""
    catalog, made = Catalog.create(place), make(real, size)
    number = np.random.default_rng(size).permutation(size)
    for start in range(0, size, BUNDLE):
        some = slice(start, min(start + BUNDLE, size))
        names = [f"net{k:06d}" for k in number[some]]
        refs = [NetworkRef(f"memory:{name}", "memory", name, "artificial") for name in names]
        rows = real.rows[made.a[some]].with_columns(
            pl.Series("network_id", [ref.network_id for ref in refs]),
            pl.Series("commit_id", [ref.network_id[::-1][:16] for ref in refs]),
            pl.Series("source", [ref.source for ref in refs]),
            pl.Series("name", names),
            pl.Series("csd", made.blend(real, real.csds, some)).cast(pl.List(pl.Float64)),
            pl.Series(
                "csd_resamples", made.blend(real, real.resamples, some).astype(np.float32)
            ).cast(pl.List(pl.List(pl.Float32))),
        )
        catalog.write_table("networks", names[0], rows.to_arrow().cast(arrow_schema("networks")))
