"""What a row says is what was computed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.catalog.schema import NETWORKS

SCALARS = {
    "scale": lambda s: s.scale,
    "null_mass": lambda s: s.null_mass,
    "tail_mass": lambda s: s.tail.mass,
    "tail_count": lambda s: s.tail.count,
    "decay_rate": lambda s: s.tail.decay_rate,
    "decay_rate_se": lambda s: s.tail.decay_rate_se,
    "tail_law": lambda s: s.tail.law,
    "tail_law_ratio": lambda s: s.tail.law_ratio,
    "tail_law_p_value": lambda s: s.tail.law_p_value,
    "vanishing_location": lambda s: s.tail.vanishing_location,
    "gap_ratio": lambda s: s.gap_ratio.mean,
    "gap_ratio_se": lambda s: s.gap_ratio.standard_error,
    "universality": lambda s: s.gap_ratio.nearest,
    "universality_deviation": lambda s: s.gap_ratio.deviation,
    "constituents": lambda s: len(s.used),
    "skipped": lambda s: len(s.constituents) - len(s.used),
    "order_max": lambda s: max(c.order for c in s.used),
    "parameters": lambda s: sum(c.shape[0] * c.shape[1] for c in s.used),
    "spectrum_kind": lambda s: s.spectrum_kind,
}


def analysed(place: Path, given: dict[str, np.ndarray], limit: int = 8192) -> dict[str, object]:
    """The row of a network that was run for real."""
    job = zs.Job(sources=("memory:net",), catalog=str(place), exact_limit=limit)
    zs.run(job, in_process=True, adapters=[zs.MemoryAdapter({"net": given})])
    return zs.Catalog(place).network("net")


@pytest.mark.parametrize("limit", [8192, 100], ids=["exact", "estimated"])
def test_every_figure_of_a_row_is_that_of_the_spectrum(tmp_path: Path, limit: int) -> None:
    rng = np.random.default_rng(0)
    low = rng.normal(size=(120, 60)) @ rng.normal(size=(60, 140))
    given = arrays(0, layers=5) | {"low_rank": low, "thin.weight": np.ones((1, 5))}
    adapter = zs.MemoryAdapter({"net": given})
    network = zs.load("memory:net", {"memory": adapter})
    spectrum = zs.analyze(network, zs.Settings(exact_limit=limit))
    row = analysed(tmp_path / "zoo", given, limit)
    assert {key: row[key] for key in SCALARS} == {
        key: pytest.approx(value) if isinstance(value, float) else value
        for key, value in ((key, get(spectrum)) for key, get in SCALARS.items())
    }
    assert row["null_mass"] > 0
    for key in ("density", "csd"):
        assert row[key] == pytest.approx(getattr(spectrum, key), abs=1e-12)
    np.testing.assert_allclose(np.array(row["csd_depth"]), spectrum.csd_depth, atol=1e-12)
    assert (row["density_se"] is None) == (limit == 8192)
    missing = [c.name for c in NETWORKS if row[c.name] is None]
    assert row["csd_error"] == spectrum.csd_error
    exact = ["density_se", "csd_error"] if limit == 8192 else []
    # Of so few eigenvalues one decides where the tail vanishes.
    null = ["reason", "left_out", "notes", *exact, "vanishing_location", "worker", "ray_log"]
    assert missing == [*null, "traceback"]


def test_an_estimated_tail_counts_eigenvalues_not_nodes(tmp_path: Path) -> None:
    given = {"w": np.random.default_rng(1).normal(size=(300, 400))}
    exact, estimate = (analysed(tmp_path / str(n), given, n) for n in (8192, 100))
    assert estimate["spectrum_kind"] == "slq"
    assert estimate["tail_count"] == pytest.approx(exact["tail_count"], rel=0.1)


def test_the_digest_is_that_of_the_entries_and_not_of_names_and_order(tmp_path: Path) -> None:
    base = arrays(0)
    changed = {name: array.copy() for name, array in base.items()}
    changed["layer1"][3, 4] += 1e-9
    turned = {name: np.asfortranarray(array) for name, array in base.items()}
    renamed = {name.upper(): array for name, array in base.items()}
    ordered = dict(reversed(base.items()))
    digests = [
        analysed(tmp_path / str(number), given)["weights_digest"]
        for number, given in enumerate((base, changed, turned, renamed, ordered))
    ]
    assert digests[2] == digests[3] == digests[4] == digests[0]
    assert len(set(digests)) == 2


def test_a_row_says_what_made_it(tmp_path: Path) -> None:
    row = analysed(tmp_path / "zoo", arrays(0))
    versions = json.loads(str(row["versions"]))
    assert versions["numpy"] == np.__version__
    assert {"scipy", "zoo-spectra"} <= set(versions)
    assert row["method_version"] == zs.METHOD_VERSION
    assert 1e6 < float(str(row["peak_memory"])) < 1e11
    assert row["source"] == "memory:net"
