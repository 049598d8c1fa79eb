"""A job's device: the GPU's code without a GPU, and what is said where there is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import ray
import torch
from threadpoolctl import threadpool_info

import zoo_spectra as zs
from local_ray import local_ray
from networks import zoo
from zoo_spectra.errors import DeviceError
from zoo_spectra.method.engine import Engine, all_threads
from zoo_spectra.runner import pool as pools
from zoo_spectra.runner.work import Bench
from zoo_spectra.terminal.app import main

# Rounding of eigenvalues moves what is computed from them by about as much.
CLOSE = ("scale", "null_mass", "decay_rate", "gap_ratio", "tail_mass", "density", "csd")


@pytest.fixture(scope="module")
def ray_of_two() -> Iterator[None]:
    """Two cores, and a GPU that Ray counts and torch does not see."""
    with local_ray(num_gpus=1):
        yield


def results(place: Path) -> pl.DataFrame:
    return zs.Catalog(place).networks().sort("network_id").collect()


def wait_on(pool: pools.RayPool) -> None:
    while True:
        pool.wait()


@pytest.mark.parametrize("in_process", [True, False], ids=["here", "ray"])
def test_torch_gives_what_lapack_gives(tmp_path: Path, ray_of_two: None, in_process: bool) -> None:
    for device in ("cpu", "torch-cpu"):
        job = zs.Job(sources=("memory:*",), catalog=str(tmp_path / device), device=device)
        assert zs.run(job, in_process=in_process, adapters=[zoo()], workers=2).count("ok") == 6
    expected, found = results(tmp_path / "cpu"), results(tmp_path / "torch-cpu")
    assert found["weights_digest"].to_list() == expected["weights_digest"].to_list()
    for column in CLOSE:
        left, right = (np.array(f[column].to_list(), dtype=float) for f in (found, expected))
        np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-6)
    left, right = (
        zs.Catalog(tmp_path / device).spectra().sort("network_id", "position").collect()
        for device in ("torch-cpu", "cpu")
    )
    for one, other in zip(left["eigenvalues"], right["eigenvalues"], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * max(other, default=0))


def test_another_device_does_no_network_again(tmp_path: Path) -> None:
    job = zs.Job(sources=("memory:*",), catalog=str(tmp_path / "zoo"))
    zs.run(job, in_process=True, adapters=[zoo()])
    again = zs.run(
        job.model_copy(update={"device": "torch-cpu"}), in_process=True, adapters=[zoo()]
    )
    assert again.done_before == 6


def test_a_worker_has_a_gpu_for_itself(tmp_path: Path, ray_of_two: None) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    pool = pools.RayPool(Bench({}, catalog, zs.Settings(), Engine("cuda")), {}, 2, lambda: 10)
    pool._resize()
    assert len(pool._actors) == 1  # two were asked for; there is one GPU
    (actor,) = pool._actors.values()
    with pytest.raises(DeviceError, match="no GPU on this machine"):  # it started, and looked
        wait_on(pool)
    ray.kill(actor)


def test_a_cluster_without_a_gpu_is_an_error(
    tmp_path: Path, ray_of_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 2.0})
    job = zs.Job(sources=("memory:*",), catalog=str(tmp_path / "zoo"), device="cuda")
    with pytest.raises(DeviceError, match="cluster has no GPU"):
        zs.run(job, adapters=[zoo()])


def test_no_gpu_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    weights = tmp_path / "net.npz"
    np.savez(weights, w=np.ones((3, 4)))
    job = tmp_path / "job.toml"
    job.write_text(f'sources = ["checkpoint:{weights}"]\ndevice = "cuda"\n', encoding="utf-8")
    place = tmp_path / "zoo"
    monkeypatch.setattr(
        sys, "argv", ["zoo-spectra", "run", str(job), "--in-process", "--catalog", str(place)]
    )
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert "torch sees no GPU on this machine" in told
    assert "Traceback" not in told


def test_in_this_process_every_core_is_used() -> None:
    assert all_threads().threads == len(os.sched_getaffinity(0))
    before = [info["num_threads"] for info in threadpool_info()]
    zs.analyze({"w": np.eye(3), "v": np.ones((4, 5))})
    assert [info["num_threads"] for info in threadpool_info()] == before
