"""Files of one repository at one commit, asked for again where the line is bad, a few times."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import NetworkError
from zoo_spectra_checkpoint.hub.line import Answer, Line, Span
from zoo_spectra_checkpoint.hub.refusals import Fault, Unreachable
from zoo_spectra_checkpoint.hub.wanted import Wanted
from zoo_spectra_checkpoint.hub_cache import is_name

WAITS = (0.5, 2.0)  # seconds before each further try
MAX_WAIT = 30.0  # and the longest that the hub may ask for
AGAIN = 8 << 20  # bytes after which a bad line gets its tries anew
_COMMIT = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(frozen=True)
class Place:
    """A repository at a revision, which is a commit's hash once the hub has said it (``at``).

    ``wanted``: what was asked for, which messages name; ``name``: what the hub calls it.
    """

    line: Line
    wanted: Wanted
    name: str
    revision: str

    @property
    def page(self) -> str:
        """The repository's address."""
        return f"{self.line.address}/{self.name}"

    def where(self, file: str = "") -> str:
        """The source, and the file, for messages."""
        source = f"hf:{self.name}@{self.wanted.revision}"
        return f"{source}, {file}" if file else source

    def at(self, answer: Answer) -> Place:
        """The same repository, by the name and the commit that an answer has, or the hub's list.

        Raises NetworkError where there is none.
        """
        name, commit = answer.repository or self.name, answer.commit
        if not commit:
            commit = str(self.about().get("sha", ""))
        if not _COMMIT.fullmatch(commit) or not is_name(name):
            raise NetworkError(
                f"{self.where()}: {self.line.address} names no commit, and so is no hub; "
                "set HF_ENDPOINT to one"
            )
        return replace(self, name=name, revision=commit)

    def about(self) -> dict[str, Any]:
        """What the hub says of the repository: ``sha``, ``siblings`` (the files, with sizes).

        Nothing where it does not answer in JSON. Raises NetworkError as ``insist``.
        """
        url = f"{self.line.address}/api/models/{quote(self.name)}/revision/"
        answer = self.insist(f"{url}{quote(self.revision, safe='')}?blobs=true", self.where())
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def whole(self, file: str) -> Answer:
        """A small file that is no weights. Raises as ``Line.ask`` does, but no Fault."""
        url = self.line.url(self.name, self.revision, file)
        return self.insist(url, self.where(file))

    def insist(self, url: str, where: str, span: Span | None = None) -> Answer:
        """Ask until there is an answer, or it is clear that there will be none.

        Raises NetworkError; Unreachable at once.
        """
        for wait in (*WAITS, None):
            try:
                return self.line.ask(url, where, self.page, span)
            except Fault as fault:
                if fault.unreachable:
                    raise Unreachable(
                        f"{where}: the hub {self.line.address} is out of reach ({fault.what}); "
                        "mend the connection or HF_ENDPOINT, or fetch the repository with "
                        f"`hf download {self.name}` where there is one and point HF_HOME to it"
                    ) from fault
                _pause(fault, wait, where, self.line.address)
        raise AssertionError("the last try ends the loop")


@dataclass(frozen=True)
class HubFile:
    """One file on the hub, of ``size`` bytes, as it was when ``etag`` was read."""

    place: Place
    file: str
    size: int
    etag: str

    @property
    def where(self) -> str:
        return self.place.where(self.file)

    def read(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """The bytes from ``start`` to ``stop``: all of them, or a NetworkError."""
        if not 0 <= start <= stop <= self.size:
            raise NetworkError(f"{self.where}: bytes {start}-{stop} of {self.size}; fetch it again")
        data = np.empty(stop - start, np.uint8)
        url = self.place.line.url(self.place.name, self.place.revision, self.file)
        at, waits, good = 0, iter((*WAITS, None)), 0
        while at < len(data):
            if at - good > AGAIN:
                waits, good = iter((*WAITS, None)), at
            try:
                span = Span(start + at, stop, memoryview(data.data)[at:])
                answer = self.place.line.ask(url, self.where, self.place.page, span)
                self._check(answer)
                at += answer.count
                if at < len(data):
                    raise Fault(f"the line was cut: {answer.cut or 'it ended early'}")
            except Fault as fault:
                _pause(fault, next(waits), self.where, self.place.line.address)
        return data

    def _check(self, answer: Answer) -> None:
        if answer.size != self.size or (answer.etag and answer.etag != self.etag):
            raise NetworkError(
                f"{self.where}: the file was changed while in use ({self.size:,} bytes, now "
                f"{answer.size:,}); run it again"
            )


def begin(place: Place, file: str, count: int) -> tuple[HubFile, bytes]:
    """A file at its commit, and its first bytes: ``count``, or all of a shorter one.

    Raises NetworkError as ``Line.ask`` does.
    """
    data = bytearray(count)
    span = Span(0, count, memoryview(data))
    url = place.line.url(place.name, place.revision, file)
    answer = place.insist(url, place.where(file), span)
    found = HubFile(place.at(answer), file, answer.size, answer.etag)
    wanted = min(count, answer.size)
    rest = found.read(answer.count, wanted).tobytes() if answer.count < wanted else b""
    return found, bytes(data[: answer.count]) + rest


def _pause(fault: Fault, wait: float | None, where: str, address: str) -> None:
    """Wait before the next try. Raises NetworkError where there is none."""
    if wait is None:
        raise NetworkError(
            f"{where}: {address} fails again and again ({fault.what}; {len(WAITS) + 1} times); "
            "run it again later"
        ) from fault
    if fault.wait is not None and fault.wait > MAX_WAIT:
        raise NetworkError(
            f"{where}: {fault.what}, and {address} asks to come back in {fault.wait:,.0f} s; "
            "run it again then, with fewer workers or a token"
        ) from fault
    time.sleep(wait if fault.wait is None else fault.wait)
