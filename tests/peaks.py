"""How much memory a walk over the constituents of a file takes, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_CODE = """
import resource, sys
from pathlib import Path
from zoo_spectra_checkpoint import *

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
file = open_tensors(Path(sys.argv[1]))
for each in file.constituents(file.reading()):
    each.matrix.sum()
print(peak() - before)
"""


def kilobytes_to_walk(path: Path) -> int:
    """By how many kB the peak grows while each matrix of the file is made and summed."""
    call = [sys.executable, "-c", _CODE, str(path)]
    ran = subprocess.run(call, capture_output=True, text=True, check=True)
    return int(ran.stdout)
