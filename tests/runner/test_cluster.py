"""A cluster of several Ray nodes: real processes, real ports, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import SlowAdapter, arrays
from ray_cluster import TESTS, RayCluster
from runner.rows_of import assert_same_rows
from s3_server import CREDENTIALS, serving, uri
from waiting import wait_for
from zoo_spectra.errors import CatalogError

PROGRAM = Path(sys.executable).with_name("zoo-spectra")
PLACED = """
import sys, zoo_spectra as zs
from pathlib import Path
from ray_cluster import PlacedAdapter
names = [f"placed:net{number}" for number in range(8)]
adapter = PlacedAdapter(Path(sys.argv[3]), nodes=2)
zs.run(names, catalog=sys.argv[2], address=sys.argv[1], adapters=[adapter])
"""
SLOW = "slow:net*?count=16&seconds=0.02"


@pytest.fixture(scope="module")
def started() -> Iterator[RayCluster]:
    """A head that takes no work, and two nodes of one core; token authentication is on."""
    with RayCluster(nodes=2, token="a-token-of-the-tests", environment=CREDENTIALS) as running:
        yield running


@pytest.fixture
def cluster(started: RayCluster) -> RayCluster:
    """The same, its nodes all up: a test that kills one starts another."""
    started.wait()
    return started


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
        command = [sys.executable, "-c", PLACED, cluster.address, name, meeting]
        ran = call(cluster, *command, cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
        networks = zs.Catalog(tmp_path / name).networks().collect()
        assert networks["status"].to_list() == ["ok"] * 8
        return where(tmp_path / name)

    before = run("first")
    assert len(before) == 2
    lost = cluster.nodes[-1]
    cluster.kill_node()
    assert lost.processes() == set()
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


def lose_a_node_in_the_middle(cluster: RayCluster, catalog: str, tmp_path: Path) -> None:
    """Run SLOW from another process while a node is lost and another one comes."""
    gate = tmp_path / "gate"
    with subprocess.Popen(
        [sys.executable, TESTS / "driver.py", catalog, cluster.address, "2", SLOW],
        env={**cluster.environment, "TEST_GATE": str(gate)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        wait_for(lambda: rows(catalog) >= 2 or run.poll() is not None)
        cluster.kill_node()
        gate.touch()
        cluster.add_node(wait=False)
        out, err = run.communicate()
    assert run.returncode == 0, err
    assert out.split() == ["16", "0"]
    zs.run(SLOW, catalog=str(tmp_path / "here"), in_process=True, adapters=[SlowAdapter()])
    assert_same_rows(catalog, tmp_path / "here")
    statuses = zs.Catalog(catalog).networks().collect()["status"]
    assert statuses.to_list() == ["ok"] * 16


def rows(catalog: str) -> int:
    with suppress(CatalogError):  # it is not made yet
        return zs.Catalog(catalog).networks().collect().height
    return 0


def test_a_node_that_is_lost(cluster: RayCluster, tmp_path: Path) -> None:
    lose_a_node_in_the_middle(cluster, str(tmp_path / "zoo"), tmp_path)


def test_nodes_share_an_object_store_and_no_folder(
    cluster: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with serving({}) as port:
        bucket = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
        urllib.request.urlopen(bucket).close()
        lose_a_node_in_the_middle(cluster, uri(port, "bucket/zoo"), tmp_path)
