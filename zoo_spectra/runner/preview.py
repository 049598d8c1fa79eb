"""What a job would cost, said before anything is launched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zoo_spectra.catalog import HEADER, Catalog, Storage
from zoo_spectra.runner.job import Job
from zoo_spectra.runner.plan import Plan, expand, plan
from zoo_spectra.runner.tasks import tasks_of
from zoo_spectra.sources import Adapters, NetworkRef


@dataclass(frozen=True)
class Cost:
    """An estimate from shapes alone. ``memory``: bytes of the largest task.

    ``unknown`` networks have shapes that only reading tells; they count as of medium size.
    """

    networks: int
    core_hours: float
    memory: int
    order_max: int | None
    parameters: int
    unknown: int


def cost(refs: Iterable[NetworkRef]) -> Cost:
    """What the analysis of ``refs`` costs, as the scheduler sees it."""
    found = list(refs)
    tasks = [task for ref in found for task in tasks_of(ref)]
    orders = [min(shape) for ref in found for shape in ref.shapes or ()]
    return Cost(
        networks=len(found),
        core_hours=sum(task.seconds for task in tasks) / 3600,
        memory=int(max((task.memory for task in tasks), default=0)),
        order_max=max(orders, default=None),
        parameters=sum(ref.parameters or 0 for ref in found),
        unknown=sum(ref.shapes is None for ref in found),
    )


def preview(
    job: Job,
    catalog: str | None = None,
    retry_quarantined: bool = False,
    adapters: Adapters | None = None,
) -> Plan:
    """What a run would do, without doing any of it: nothing is written, no sample is fetched.

    Raises SourceError, AdapterError, and CatalogError for a catalog that cannot be read.
    """
    refs: Sequence[NetworkRef] = expand(job.sources, adapters)
    place = catalog or job.catalog
    if Storage(place).read(HEADER) is None:  # the run would make it
        return Plan(tuple(refs), 0)
    return plan(refs, Catalog(place), job.settings, retry_quarantined)
