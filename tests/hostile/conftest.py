"""The child of a module's attacks: one, for it takes seconds to start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from children import Child


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with closing(Child()) as made:
        yield made
