"""A home of its own for each run, so that no cache of an earlier one is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo_spectra.sources import samples


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    samples.fetch(["efficientnet_lite"], echo=lambda line: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_SPECTRA_SAMPLES", str(samples.samples_root()))
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(folder))
        yield folder
