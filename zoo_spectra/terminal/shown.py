"""``zs.run``: a run in Python or a notebook that shows what the command line shows."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from rich.console import Console

from zoo_spectra import runner
from zoo_spectra.runner import Job, Progress, Stop, Summary
from zoo_spectra.sources import Adapter
from zoo_spectra.terminal.progress import watcher


def run(
    job: Job | str | Iterable[str],
    *,
    catalog: str | PathLike[str] | None = None,
    workers: int | None = None,
    address: str | None = None,
    in_process: bool = False,
    retry_quarantined: bool = False,
    adapters: Iterable[Adapter] = (),
    progress: Progress | bool = True,
    stop: Stop | None = None,
) -> Summary:
    """Run a job, or sources, until every network has a row; what the catalog has is not redone.

    ``progress``: True shows a bar on a terminal and in a notebook and lines elsewhere, on standard
    error; False is still; or an object of your own. The other arguments, and the errors raised, are
    those of ``zoo_spectra.runner.run``.
    """
    if isinstance(progress, bool):
        progress = watcher(Console(stderr=True)) if progress else runner.Silent()
    return runner.run(
        job,
        catalog=catalog,
        workers=workers,
        address=address,
        in_process=in_process,
        retry_quarantined=retry_quarantined,
        adapters=adapters,
        progress=progress,
        stop=stop,
    )
