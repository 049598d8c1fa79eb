"""What a piece of work used: seconds and peak memory."""

from __future__ import annotations

import re
import resource
from pathlib import Path

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def reset_peak_memory() -> None:
    """Start a new peak, where the system can (Linux); elsewhere the peak is the process's."""
    try:
        _RESET.write_text("5")
    except OSError:
        return


def peak_memory() -> int:
    """Peak resident memory in bytes since ``reset_peak_memory``, or of the process."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
    except OSError:
        found = None
    if found:
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
