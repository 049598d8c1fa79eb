"""Workers on several nodes that write to an object store; nodes come and go meanwhile."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

import zoo_spectra as zs
from networks import SlowAdapter
from ray_cluster import RayCluster
from runner.rows_of import assert_same_rows
from s3_server import CREDENTIALS, serving, uri
from waiting import wait_for
from zoo_spectra.errors import CatalogError

DRIVER = Path(__file__).parents[1] / "driver.py"
SLOW = "slow:net*?count=24&seconds=0.1"


def test_nodes_share_an_object_store_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    zs.run(SLOW, catalog=str(tmp_path / "zoo"), in_process=True, adapters=[SlowAdapter()])
    gate = tmp_path / "gate"
    with serving({}) as port, RayCluster(nodes=2, environment=CREDENTIALS) as cluster:
        bucket = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
        urllib.request.urlopen(bucket).close()
        place = uri(port, "bucket/zoo")
        with subprocess.Popen(
            [sys.executable, DRIVER, place, cluster.address, "2", SLOW],
            env={**cluster.environment, "TEST_GATE": str(gate)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            wait_for(lambda: rows(place) >= 3)
            cluster.kill_node(1)
            gate.touch()
            cluster.add_node(wait=False)
            out, err = run.communicate()
        assert run.returncode == 0, err
        assert out.split() == ["24", "0"]
        assert_same_rows(place, tmp_path / "zoo")


def rows(place: str) -> int:
    with suppress(CatalogError):  # it is not made yet
        return zs.Catalog(place).networks().collect().height
    return 0
