"""A Ray of this process's own, whose workers find the helpers of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray

TESTS = Path(__file__).parent
WORKER_PATH = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))


@contextmanager
def local_ray(**options: object) -> Iterator[None]:
    """Two CPUs; ``run`` uses a Ray that the process is connected to."""
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": WORKER_PATH}},
        **options,
    )
    try:
        yield
    finally:
        ray.shutdown()
