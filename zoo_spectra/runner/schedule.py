"""Which network next, and who is to blame: events in, decisions out. No Ray, no clock, no files.

Longest first, so that no long network is left for the end. A network whose worker dies is tried
once more with nothing beside it, so that it cannot be the victim of another; if its worker dies
again it is given up.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping

MAX_ATTEMPTS = 2


class Schedule:
    """The state of one run. Keys are network ids; costs are any positive unit."""

    def __init__(self, costs: Mapping[str, float]) -> None:
        self._costs = dict(costs)
        self._waiting = [(-cost, key) for key, cost in self._costs.items()]
        heapq.heapify(self._waiting)
        self._suspects: deque[str] = deque()
        self._attempts: dict[str, int] = {}
        self._flying: set[str] = set()
        self._alone = False
        self.cost_done = 0.0
        self.cost_total = sum(self._costs.values())

    @property
    def finished(self) -> bool:
        """Nothing waits and nothing is in flight."""
        return not (self._waiting or self._suspects or self._flying)

    def start(self) -> str | None:
        """The network that an idle worker should take now; None when it should stay idle."""
        if self._alone:
            return None
        if self._waiting:
            key = heapq.heappop(self._waiting)[1]
        elif self._suspects and not self._flying:
            key, self._alone = self._suspects.popleft(), True
        else:
            return None
        self._attempts[key] = self._attempts.get(key, 0) + 1
        self._flying.add(key)
        return key

    def attempts(self, key: str) -> int:
        """How often a network was started."""
        return self._attempts.get(key, 0)

    def done(self, key: str) -> None:
        """A network ended with a row, ok or failed."""
        self._land(key)
        self.cost_done += self._costs[key]

    def crashed(self, key: str) -> bool:
        """A network's worker died. True: it will be tried again; False: it is given up."""
        self._land(key)
        if self._attempts[key] < MAX_ATTEMPTS:
            self._suspects.append(key)
            return True
        self.cost_done += self._costs[key]
        return False

    def _land(self, key: str) -> None:
        self._flying.remove(key)
        self._alone = False
