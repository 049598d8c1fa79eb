"""Fixtures of the whole suite."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # tests/networks.py, for Ray's workers too

from waiting import PATIENT_RAY

for name, value in PATIENT_RAY.items():
    os.environ.setdefault(name, value)
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def powerless() -> Iterator[None]:
    """The file permissions of an ordinary user, also where the tests run as root."""

    @contextmanager
    def dropped() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    with dropped():
        yield


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread() -> Iterator[None]:
    """As in the workers: on a busy machine BLAS threads that wait for one another cost tenfold."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Started in the background, a shell lets its children ignore Ctrl-C, and theirs too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
