"""How long a catalog takes to answer, by its size, before and after a compaction.

The rows are real results of small networks, multiplied: copies under other names, ids and families,
with noise on the widest column, so that they are as long on disk as real ones. The answers mean
nothing.

python -m benchmarks.speed.query
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

import zoo_spectra as zs
from benchmarks.common import show, write
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.sources.adapter import NetworkRef

SIZES = (1_000, 10_000, 100_000)
# One network a part, as workers commit large ones, up to here; bundles of this many beyond, and
# times after the compaction only.
SMALL, BUNDLE = 1_000, 500
FAMILIES = 200
REPEATS = 7


def real_rows(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a catalog of small Gaussian networks, analysed here."""
    rng = np.random.default_rng(0)
    arrays = {
        f"net{k}": {f"layer{j}": rng.normal(size=(24 + 4 * j, 40)) for j in range(4)}
        for k in range(10)
    }
    place = str(folder / "real")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zs.MemoryAdapter(arrays)])
    catalog = zs.Catalog(place)
    columns = arrow_schema("networks").names
    networks = catalog.networks().select(columns).collect()
    return {"networks": networks, "spectra": catalog.spectra().collect()}


def name_of(number: int) -> tuple[str, str]:
    """A family, which does not follow the numbers, and a name, which begins with it."""
    family = f"family{number * 7919 % FAMILIES:03d}"
    return family, f"{family}_{number:06d}"


def named(start: int, stop: int) -> pl.DataFrame:
    """Names, ids and families of the networks ``start`` … ``stop``."""
    families, names = zip(*map(name_of, range(start, stop)), strict=True)
    refs = [NetworkRef(f"memory:{name}", "memory", name, "artificial") for name in names]
    return pl.DataFrame(
        {
            "network_id": [ref.network_id for ref in refs],
            "commit_id": [ref.network_id[::-1][:16] for ref in refs],
            "source": [ref.source for ref in refs],
            "name": names,
            "family": families,
            "later": range(start, stop),
        }
    )


def multiply(real: Mapping[str, pl.DataFrame], size: int, catalog: Catalog) -> int:
    """Fill a catalog with ``size`` networks; returns the number of parts of each table."""
    step = 1 if size <= SMALL else BUNDLE
    networks, spectra = real["networks"], real["spectra"]
    rng = np.random.default_rng(size)
    for start in range(0, size, step):
        ids = named(start, min(start + step, size))
        at = ids["later"].to_numpy() % networks.height
        old = networks["commit_id"].gather(at)
        rows = (
            networks[at]
            .with_columns(ids.drop("later"))
            .with_columns(finished_at=pl.col("finished_at") + ids["later"] * timedelta(seconds=1))
        )
        change = ids.select("network_id", "commit_id", of=old)
        rows = rows.with_columns(noisy(networks["csd_resamples"].to_list(), at, rng))
        pieces = change.join(
            spectra.drop("network_id").rename({"commit_id": "of"}), on="of", maintain_order="left"
        ).select(spectra.columns)
        for table, frame in (("spectra", pieces), ("networks", rows)):
            part = frame.to_arrow().cast(arrow_schema(table))
            catalog.write_table(table, ids["commit_id"][0], part)
    return -(-size // step)


def noisy(real: list[object], at: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """The curves of networks ``at``, with noise: lists of shape (32, 129)."""
    curves = np.array(real, dtype=np.float32)[at]
    curves += np.float32(0.01) * rng.standard_normal(curves.shape, dtype=np.float32)
    kind = pl.List(pl.List(pl.Float32))
    return pl.Series("csd_resamples", curves).cast(kind)


def seconds(work: Callable[[], object]) -> float:
    """The median of some repetitions, after one that warms the disk's cache."""
    work()
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def timings(catalog: Catalog, size: int) -> dict[str, float]:
    """Seconds of each kind of question, each on a view made anew."""
    family = pl.col("family") == "family007"
    _, some = name_of(size * 2 // 3)
    return {
        "network": seconds(lambda: catalog.network(some)),
        "network_filter": seconds(
            lambda: catalog.networks().filter(pl.col("name") == some).collect()
        ),
        "family": seconds(
            lambda: catalog.networks().filter(family).select("name", "decay_rate").collect()
        ),
        "count": seconds(lambda: catalog.networks().group_by("family").len().collect()),
        "spectra_of_network": seconds(
            lambda: (
                catalog.spectra()
                .filter(pl.col("network_id") == named(7, 8)["network_id"][0])
                .collect()
            )
        ),
    }


def measure(real: Mapping[str, pl.DataFrame], size: int, folder: Path) -> dict[str, object]:
    catalog = Catalog.create(folder / str(size))
    parts = multiply(real, size, catalog)
    before = timings(catalog, size) if size <= SMALL else None
    done = compact(catalog)
    found = catalog.networks().select(pl.len()).collect().item()
    if found != size or done.parts_before != 2 * parts:
        raise SystemExit(f"{found} networks of {size} after the compaction")
    named_parts = catalog.storage.root.rglob("compact-*.parquet")
    return {
        "parts": {"before": done.parts_before, "after": done.parts_after},
        "megabytes": sum(path.stat().st_size for path in named_parts) / 1e6,
        "compaction_seconds": done.seconds,
        **({"before": before} if before else {}),
        "after": timings(catalog, size),
    }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="zoo-spectra-query-") as name:
        real = real_rows(Path(name))
        results = {str(size): measure(real, size, Path(name)) for size in SIZES}
    rows = []
    for size, figures in results.items():
        for when in sorted({"before", "after"} & set(figures), reverse=True):
            parts, times = figures["parts"], figures[when]
            assert isinstance(parts, dict)
            assert isinstance(times, dict)
            cells = [f"{1000 * value:.0f}" for value in times.values()]
            rows.append([f"{int(size):,}, {when}", f"{parts[when]:,}", *cells])
    header = (
        "",
        "parts",
        "network()",
        "filter by name",
        "a family",
        "count by family",
        "one's spectra",
    )
    show(
        "Time of a question in ms, before and after a compaction (copies of real rows)",
        header,
        rows,
    )
    write("speed.query", ["polars", "pyarrow"], {"networks": results})


if __name__ == "__main__":
    main()
