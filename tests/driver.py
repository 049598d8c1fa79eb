"""A driver in a process of its own: runs sources of the adapters in ``networks`` into a catalog.

python driver.py CATALOG ADDRESS|- WORKERS SOURCE...

TEST_GATE: the file that the slow networks wait for.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout

from rich.console import Console

import zoo_spectra as zs
from networks import FaultyAdapter, SlowAdapter, zoo
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.runner import tasks
from zoo_spectra.terminal.progress import watcher


def main(catalog: str, address: str, workers: str, *sources: str) -> int:
    if address == "split":  # every network of more than one constituent
        tasks.SPLIT_FLOPS = tasks.SHARE_FLOPS = 1.0
    try:
        with redirect_stdout(sys.stderr):  # Ray's own words
            summary = zs.run(
                sources,
                catalog=catalog,
                workers=int(workers),
                address=None if address in {"-", "split", "here"} else address,
                in_process=address == "here",
                adapters=[SlowAdapter(os.environ.get("TEST_GATE")), FaultyAdapter(), zoo(300)],
                progress=watcher(Console(stderr=True)),
            )
    except ZooSpectraError as error:
        print(f"{type(error).__name__}: {error}")
        return 2
    print(summary.count("ok"), summary.done_before)
    return 1 if summary.problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
