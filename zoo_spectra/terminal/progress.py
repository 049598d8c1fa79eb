"""How a run is shown: a bar with ETA on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from zoo_spectra.runner import Progress as Watcher
from zoo_spectra.runner import Receipt
from zoo_spectra.text import count, message, visible

LINE_EVERY = 10.0  # seconds between plain lines
ALIKE = 5  # networks that are named of those that failed for one reason; the others are counted


def watcher(console: Console, json_log: bool = False) -> Watcher:
    """The progress that suits the console, or JSON lines."""
    if json_log:
        return JsonLines(console)
    return Bar(console) if console.is_terminal or console.is_jupyter else Lines(console)


class _Clock:
    """ETA from the share of the cost that is done: networks differ too much to be counted."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def seconds(self, share: float) -> float | None:
        """Seconds left; None before anything is done."""
        if share <= 0:
            return None
        return round((time.monotonic() - self._started) * (1 - share) / share, 1)

    def eta(self, share: float) -> str:
        left = self.seconds(share)
        if left is None:
            return "?"
        minutes, seconds = divmod(round(left), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class _Tally:
    """How many networks ended how, and which are being tried again."""

    def __init__(self, todo: int = 0) -> None:
        self._todo = todo
        self._ended: Counter[str] = Counter()
        self._again: set[str] = set()

    def end(self, receipt: Receipt) -> None:
        self._ended[receipt.status] += 1
        self._again.discard(receipt.name)

    def again(self, name: str) -> None:
        self._again.add(name)

    @property
    def complete(self) -> bool:
        return self._ended.total() >= self._todo

    def __str__(self) -> str:
        bad = [f"{self._ended[key]} {key}" for key in ("failed", "quarantined") if self._ended[key]]
        bad += [f"{len(self._again)} in retry"] if self._again else []
        return f"{self._ended.total()}/{self._todo}" + (f" ({', '.join(bad)})" if bad else "")


class _Problems:
    """What is said of networks that did not end ok: a line each, of one reason the first few."""

    def __init__(self) -> None:
        self._met: Counter[tuple[str, str | None]] = Counter()

    def line(self, receipt: Receipt) -> str | None:
        key = receipt.status, receipt.reason
        self._met[key] += 1
        if self._met[key] > ALIKE:
            return None
        return f"{receipt.status}: {visible(receipt.name)}: {receipt.reason}"

    def rest(self) -> list[str]:
        """A line for each reason of more than were named."""
        return [
            f"{status}: {count(number - ALIKE, 'more network')}: {reason}"
            for (status, reason), number in self._met.items()
            if number > ALIKE
        ]


class Bar:
    """A bar on a terminal; networks that fail are named above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.fields[count]}"),
            BarColumn(bar_width=20),  # so that the ETA fits on 80 columns
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("ETA {task.fields[eta]}"),
            TextColumn("{task.fields[last]}", markup=False),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._clock = _Clock()
        self._tally, self._problems = _Tally(), _Problems()

    def say(self, line: str) -> None:
        self._console.print(message(line), highlight=False, markup=False)

    def begin(self, todo: int, done: int) -> None:
        self.say(_opening(todo, done))
        self._tally, self._clock, self._problems = _Tally(todo), _Clock(), _Problems()
        if todo:
            self._task = self._progress.add_task(
                "", total=1.0, count=str(self._tally), eta="?", last="starting"
            )
            self._progress.start()

    def phase(self, what: str) -> None:
        if self._task is None:
            self.say(what)
        else:
            self._progress.update(self._task, last=what, refresh=True)

    def advance(self, receipt: Receipt, share: float) -> None:
        self._tally.end(receipt)
        if receipt.status != "ok" and (line := self._problems.line(receipt)):
            self.say(line)
        if self._task is not None:
            self._progress.update(
                self._task,
                completed=share,
                count=str(self._tally),
                eta=self._clock.eta(share),
                last=visible(receipt.name),
            )

    def retry(self, name: str, cause: str) -> None:
        self._tally.again(name)
        self.say(f"retry: {visible(name)}: {cause}")

    def end(self) -> None:
        self._progress.stop()
        for line in self._problems.rest():
            self.say(line)


class Lines:
    """A line every ten seconds, and one for each network that fails (of one reason the first)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = _Clock()
        self._tally, self._problems = _Tally(), _Problems()
        self._said = 0.0

    def say(self, line: str) -> None:
        self._console.print(message(line), highlight=False, markup=False, soft_wrap=True)

    def begin(self, todo: int, done: int) -> None:
        self.say(_opening(todo, done))
        self._tally, self._clock, self._problems = _Tally(todo), _Clock(), _Problems()

    def phase(self, what: str) -> None:
        self.say(what)

    def advance(self, receipt: Receipt, share: float) -> None:
        self._tally.end(receipt)
        if receipt.status != "ok" and (line := self._problems.line(receipt)):
            self.say(line)
        now = time.monotonic()
        if now - self._said >= LINE_EVERY or self._tally.complete:
            self._said = now
            left = self._clock.eta(share)
            self.say(
                f"{self._tally} networks, {share:.0%} of the work, ETA {left}, last "
                + visible(receipt.name)
            )

    def retry(self, name: str, cause: str) -> None:
        self._tally.again(name)
        self.say(f"retry: {visible(name)}: {cause}")

    def end(self) -> None:
        for line in self._problems.rest():
            self.say(line)


class JsonLines:
    """One JSON object a line: ``event`` (message, begin, network, retry or end) and its fields."""

    def __init__(self, console: Console) -> None:
        self._out = console.file
        self._counts: Counter[str] = Counter()

    def say(self, line: str) -> None:
        self._write("message", text=line)

    def begin(self, todo: int, done: int) -> None:
        self._clock = _Clock()
        self._write("begin", todo=todo, done_before=done)

    def phase(self, what: str) -> None:
        self.say(what)

    def advance(self, receipt: Receipt, share: float) -> None:
        self._counts[receipt.status] += 1
        self._write(
            "network", **asdict(receipt), share=round(share, 6), eta=self._clock.seconds(share)
        )

    def retry(self, name: str, cause: str) -> None:
        self._counts["retried"] += 1
        self._write("retry", name=name, cause=cause)

    def end(self) -> None:
        self._write("end", **self._counts)

    def _write(self, event: str, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(json.dumps({"time": now, "event": event, **fields}), file=self._out, flush=True)


def _opening(todo: int, done: int) -> str:
    already = f"; {done:,} {'is' if done == 1 else 'are'} in the catalog already" if done else ""
    return f"{count(todo, 'network')} to analyse{already}"
