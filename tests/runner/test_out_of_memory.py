"""A worker that takes more memory than there is: really, by Ray's own watch over the machine's."""

from __future__ import annotations

from pathlib import Path

import zoo_spectra as zs
from local_ray import local_ray
from networks import FaultyAdapter, zoo


def test_a_network_that_takes_more_is_quarantined_and_the_rest_go_on(tmp_path: Path) -> None:
    total, free = _memory()
    # With room for others on this machine, who come and go meanwhile.
    threshold = (total - free + min(4e9, free / 3)) / total
    limits = {"memory_usage_threshold": threshold, "memory_monitor_refresh_ms": 100}
    place = tmp_path / "zoo"
    with local_ray(_system_config=limits):
        summary = zs.run(
            ["faulty:greedy", "memory:*"], catalog=str(place), workers=2,
            adapters=[FaultyAdapter(), zoo(12)],
        )  # fmt: skip
    assert (summary.count("ok"), summary.count("quarantined")) == (12, 1)
    row = zs.Catalog(place).network("greedy")
    assert "ran out of memory" in row["reason"]


def _memory() -> tuple[float, float]:
    """Bytes of the machine, and of them available."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return tuple(1024.0 * int(lines[key].split()[0]) for key in ("MemTotal", "MemAvailable"))  # type: ignore[return-value]
