"""Folders of the tests that a user without power may look into."""

from __future__ import annotations

import stat
from pathlib import Path


def open_to_all(place: Path) -> None:
    """Let everybody into ``place`` and the folders above it that are closed to others.

    They are pytest's own, however many there are.
    """
    for folder in (place, *place.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | 0o055)
