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
    try:
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            runtime_env={"env_vars": {"PYTHONPATH": WORKER_PATH}},
            **options,
        )
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{_logs()}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _logs() -> str:
    """The last words of what this process tried to start: Ray says only that it did not come."""
    sessions = sorted(Path("/tmp/ray").glob(f"session_*_{os.getpid()}"))
    logs = sorted(sessions[-1].glob("logs/*.*")) if sessions else []
    return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in logs)
