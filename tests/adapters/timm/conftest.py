"""A home of its own for each file, so that no cache of an earlier run is read.

Not for the whole session: a Ray that knew its token before looks for it at home, and never starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo_spectra.sources import samples


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    samples.fetch(["efficientnet_lite"], echo=lambda line: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_SPECTRA_SAMPLES", str(samples.samples_root()))
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(folder))
        yield folder
