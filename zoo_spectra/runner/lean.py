"""A local Ray without what a run does not use: it starts in a third of the time.

Ray starts a dashboard's server, and waits for it, also where no dashboard is asked for; a monitor
for machines that an autoscaler would add; and one that copies logs to the driver. It has no options
for that, so the steps are left out by name; where a version of Ray has other names, all is started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ray._private.node
import ray._private.utils

_STEPS = ("start_api_server", "start_monitor", "start_log_monitor")


@contextmanager
def lean() -> Iterator[None]:
    """Inside, ``ray.init`` starts what a run needs."""
    node, utils = ray._private.node.Node, ray._private.utils
    # Each node's agent is then that of a plain `pip install ray`, without the dashboard's parts.
    replaced: list[tuple[Any, str, Callable[..., Any]]] = [(node, s, _nothing) for s in _STEPS]
    replaced.append((utils, "get_dashboard_dependency_error", _no_dashboard))
    plain = [(owner, name, getattr(owner, name, None)) for owner, name, _ in replaced]
    known = all(step is not None for _, _, step in plain)
    try:
        for owner, name, other in replaced if known else ():
            setattr(owner, name, other)
        yield
    finally:
        for owner, name, own in plain if known else ():
            setattr(owner, name, own)


def _nothing(*arguments: Any, **options: Any) -> None:
    return None


def _no_dashboard() -> ImportError:
    return ImportError("not asked for")
