"""Ctrl-C: once finishes what is in flight, twice stops now; both leave a catalog that resumes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from runner.rows_of import assert_same_rows
from waiting import wait_for

PROGRAM = Path(sys.executable).with_name("zoo-spectra")
COUNT = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks of half a second each, and the catalog of an undisturbed run."""
    place = tmp_path_factory.mktemp("interrupt")
    (place / "nets").mkdir()
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        weights = {f"w{k}": rng.normal(size=(600, 600)).astype(np.float32) for k in range(10)}
        np.savez(place / f"nets/net{number}.npz", **weights)
    assert start(place, "undisturbed", "--in-process").wait() == 0
    return place


def start(folder: Path, catalog: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, "run", "checkpoint:nets/*.npz", "--catalog", catalog, *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def committed(place: Path) -> int:
    return len(list(place.glob("networks/*.parquet")))


@pytest.mark.parametrize("options", [("--in-process",), ("--workers", "1")], ids=["here", "ray"])
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(folder: Path, options: tuple[str, ...], times: int) -> None:
    name = f"zoo{times}{options[0]}"
    run = start(folder, name, *options)
    wait_for(lambda: committed(folder / name) >= 2 or run.poll() is not None)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    assert run.stderr is not None
    for line in run.stderr:  # else the two could be one
        if "stopping: what is in flight is finished" in line:
            break
    if times == 2:
        run.send_signal(signal.SIGINT)
    out, err = run.communicate()
    assert run.returncode == 130, err
    assert "Traceback" not in out + err
    rows = zs.Catalog(folder / name).networks().collect()
    assert 2 <= rows.height < COUNT
    assert set(rows["status"]) == {"ok"}
    if times == 1:
        assert f"{COUNT - rows.height} left for the next run" in out
    else:
        assert "stopped; the same command goes on where it was" in err
    again = start(folder, name, "--in-process")
    out, err = again.communicate()
    assert again.returncode == 0, err
    assert f"{rows.height} done before" in out
    assert_same_rows(folder / name, folder / "undisturbed")
