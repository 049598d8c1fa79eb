"""Where work is done, so that a row says where to look when it went wrong."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A machine and a process on it; with Ray also the worker's id, and its log on that machine."""

    host: str
    pid: int
    worker: str | None = None
    ray_log: str | None = None

    @classmethod
    def here(cls, worker: str | None = None, ray_log: str | None = None) -> Place:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), worker, ray_log)
