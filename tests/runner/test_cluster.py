"""A cluster of several Ray nodes: real processes, real ports, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import arrays
from ray_cluster import RayCluster

PROGRAM = Path(sys.executable).with_name("zoo-spectra")
DRIVER = """
import sys, zoo_spectra as zs
from pathlib import Path
from ray_cluster import PlacedAdapter
names = [f"placed:net{number}" for number in range(8)]
adapter = PlacedAdapter(Path(sys.argv[3]), nodes=2)
zs.run(names, catalog=sys.argv[2], address=sys.argv[1], adapters=[adapter])
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """A head that takes no work, and two nodes of one core; token authentication is on."""
    with RayCluster(nodes=2, token="a-token-of-the-tests") as running:
        yield running


def call(cluster: RayCluster, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=cluster.environment | {"COLUMNS": "140", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def where(catalog: Path) -> set[str]:
    """The Ray nodes that have read the catalog's networks."""
    told = zs.Catalog(catalog).networks().collect()["metadata"]
    return {json.loads(text)["ray_node"] for text in told}


def test_a_run_uses_every_node_also_one_that_comes_instead_of_another(
    cluster: RayCluster, tmp_path: Path
) -> None:
    def run(name: str) -> set[str]:
        meeting = tmp_path / f"meeting of {name}"
        meeting.mkdir()
        command = [sys.executable, "-c", DRIVER, cluster.address, name, meeting]
        ran = call(cluster, *command, cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
        networks = zs.Catalog(tmp_path / name).networks().collect()
        assert networks["status"].to_list() == ["ok"] * 8
        return where(tmp_path / name)

    before = run("first")
    assert len(before) == 2
    cluster.kill_node(2)
    assert cluster.nodes[2].processes() == set()
    cluster.add_node()
    after = run("second")
    assert len(after) == 2
    assert len(before & after) == 1


def test_the_command_line_runs_on_a_cluster(cluster: RayCluster, tmp_path: Path) -> None:
    for seed in range(3):
        np.savez(tmp_path / f"net{seed}.npz", **arrays(seed))
    np.savez(tmp_path / "bad.npz", w=np.full((3, 3), np.nan))
    command = [PROGRAM, "run", f"checkpoint:{tmp_path}/*.npz", "--catalog", "zoo"]
    ran = call(cluster, *command, "--address", cluster.address, cwd=tmp_path)
    assert ran.returncode == 1, ran.stderr
    assert "4 networks asked for: 3 ok, 1 failed" in ran.stdout
    assert "9 non-finite entries" in ran.stdout
    assert zs.Catalog(tmp_path / "zoo").networks().collect().height == 4
