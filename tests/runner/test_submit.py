"""Submitting to a real cluster: a head with its dashboard, token authentication, real jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_spectra as zs
from networks import arrays
from ray_cluster import RayCluster
from waiting import wait_for
from zoo_spectra.errors import ClusterError
from zoo_spectra.runner.submit import _follow

PROGRAM = Path(sys.executable).with_name("zoo-spectra")
TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    path = {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"}
    with RayCluster(head_cpus=2, dashboard=True, token=TOKEN, environment=path) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good networks and a bad one, and job files for them."""
    place = tmp_path_factory.mktemp("submit")
    for seed in range(2):
        np.savez(place / f"good{seed}.npz", **arrays(seed))
    np.savez(place / "bad.npz", w=np.full((3, 3), np.nan))
    for name, pattern in (("good", "good*"), ("all", "*"), ("none", "nothing*")):
        source = f'sources = ["checkpoint:{place}/{pattern}.npz"]\n'
        (place / f"{name}.toml").write_text(f'{source}catalog = "{place}/{name}"\n')
    (place / "relative.toml").write_text('sources = ["checkpoint:x.npz"]\ncatalog = "zoo"\n')
    (place / "wrong.toml").write_text('source = ["checkpoint:x.npz"]\n')
    return place


def environment(**variables: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    return clean | {"NO_COLOR": "1", "COLUMNS": "200"} | variables


def call(*arguments: str, cwd: Path, token: str | None = TOKEN) -> subprocess.CompletedProcess[str]:
    variables = {"RAY_AUTH_TOKEN": token} if token else {"HOME": str(cwd)}
    return subprocess.run(
        [PROGRAM, "submit", *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def start(job: str, address: str, cwd: Path) -> tuple[subprocess.Popen[str], str]:
    """A submission under way, and the job's id."""
    process = subprocess.Popen(
        [PROGRAM, "submit", job, "--address", address],
        cwd=cwd,
        env=environment(RAY_AUTH_TOKEN=TOKEN),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    assert "is submitted to" in line
    return process, line.split()[1]


def test_a_submitted_job_is_followed_and_its_catalog_is_there(
    cluster: RayCluster, folder: Path
) -> None:
    ran = call("good.toml", "--address", cluster.dashboard_url, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "2 networks to analyse" in ran.stdout
    assert "2 networks asked for: 2 ok" in ran.stdout
    assert zs.Catalog(folder / "good").networks().collect()["status"].to_list() == ["ok"] * 2


def test_the_job_s_own_exit_code_is_passed_on(cluster: RayCluster, folder: Path) -> None:
    catalog = str(folder / "elsewhere")
    options = ["--catalog", catalog, "--workers", "1", "--address", f"{cluster.dashboard_url}/"]
    ran = call("all.toml", *options, cwd=folder)
    assert ran.returncode == 1, ran.stderr
    assert "9 non-finite entries" in ran.stdout
    assert zs.Catalog(catalog).networks().collect().height == 3
    assert not (folder / "all").exists()
    ran = call("none.toml", "--address", cluster.dashboard_url, cwd=folder)
    assert ran.returncode == 2
    assert "matches no file" in ran.stdout


def test_ctrl_c_stops_following_and_not_the_job(cluster: RayCluster, folder: Path) -> None:
    process, name = start("all.toml", cluster.dashboard_url, folder)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert f"job {name} goes on" in said
    assert f"ray job stop --address {cluster.dashboard_url} {name}" in said
    assert "Traceback" not in said
    wait_for((folder / "all/catalog.json").is_file)
    wait_for(lambda: zs.Catalog(folder / "all").networks().collect().height == 3)


def test_a_job_that_somebody_stops_is_an_error(cluster: RayCluster, folder: Path) -> None:
    from ray.job_submission import JobSubmissionClient

    headers = {"Authorization": f"Bearer {TOKEN}"}
    client = JobSubmissionClient(cluster.dashboard_url, headers=headers)
    process, name = start("good.toml", cluster.dashboard_url, folder)
    client.stop_job(name)
    _, said = process.communicate()
    assert process.returncode == 2
    assert f"job {name} was stopped" in said


def test_without_the_cluster_s_token_nothing_is_submitted(
    cluster: RayCluster, folder: Path
) -> None:
    for token, message in ((None, "wants a token"), ("wrong", "does not accept the token")):
        ran = call("good.toml", "--address", cluster.dashboard_url, cwd=folder, token=token)
        assert ran.returncode == 2
        assert message in ran.stderr
        assert "set RAY_AUTH_TOKEN" in ran.stderr
        assert "Traceback" not in ran.stderr


def test_the_port_of_another_service_is_an_error(cluster: RayCluster, folder: Path) -> None:
    ran = call("good.toml", "--address", f"http://{cluster.address}", cwd=folder)
    assert ran.returncode == 2
    assert "no Ray dashboard answers" in ran.stderr


@pytest.mark.parametrize(
    ("job", "address", "message"),
    [
        ("good.toml", "http://127.0.0.1:1", "no Ray dashboard answers"),
        ("good.toml", "127.0.0.1:8265", "write http://HOST:8265"),
        ("good.toml", "ray://127.0.0.1:10001", "write http://HOST:8265"),
        ("good.toml", "http://", "write http://HOST:8265"),
        ("good.toml", "http://127.0.0.1:port", "not a valid host or port"),
        ("relative.toml", "http://127.0.0.1:1", "'zoo' is a relative path"),
        ("wrong.toml", "http://127.0.0.1:1", "did you mean 'sources'"),
        ("gone.toml", "http://127.0.0.1:1", "cannot be read"),
    ],
)
def test_bad_input_is_exit_2(folder: Path, job: str, address: str, message: str) -> None:
    ran = call(job, "--address", address, cwd=folder)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr


def test_what_is_missing_for_submitting_is_said(folder: Path) -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "from zoo_spectra.runner.submit import submit\n"
        "submit('good.toml', 'http://127.0.0.1:1')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "ClusterError: submitting needs" in ran.stderr
    assert "pip install 'zoo-spectra[cluster]'" in ran.stderr


class Breaking:
    """A job client whose connection breaks ``times`` times; like Ray's, it tells a log anew."""

    LOG = ("one\n", "two\n", "three\n")

    def __init__(self, times: int) -> None:
        self._times = times

    async def tail_job_logs(self, name: str) -> AsyncIterator[str]:
        for number, line in enumerate(self.LOG):
            if number == 2 and self._times:
                self._times -= 1
                raise RuntimeError("WebSocket connection closed unexpectedly")
            yield line

    def get_job_status(self, name: str) -> Any:
        from ray.job_submission import JobStatus

        return JobStatus.SUCCEEDED


def test_a_lost_connection_is_taken_up_without_repeating(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["zoo_spectra.runner.submit"], "RECONNECT", 0.0)
    heard: list[str] = []
    asyncio.run(_follow(Breaking(2), "job", "http://head", heard.append))
    assert heard == list(Breaking.LOG)
    with pytest.raises(ClusterError, match="out of reach.*\n.*ray job logs"):
        asyncio.run(_follow(Breaking(1000), "job", "http://head", heard.append))
