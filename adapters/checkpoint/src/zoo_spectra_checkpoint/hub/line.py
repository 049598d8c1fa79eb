"""One question to the hub, by huggingface_hub's own session, token and address.

Whatever is asked for is bounded: a server that sends more, or the whole file for a part of it, is
stopped at its first bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from zoo_spectra.errors import NetworkError
from zoo_spectra_checkpoint.hub.refusals import Fault, Said, Unreachable, refused
from zoo_spectra_checkpoint.hub.watching import PATIENCE, Progress, Stalled, watched

MAX_BODY = 32 << 20  # bytes of what is no part of a file: an index of half a million tensors
_UNREACHABLE = {"ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol", "InvalidURL"}
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_RESOLVED = re.compile(r"/([^/]+(?:/[^/]+)?)/resolve/.*")
_RATE = re.compile(r'"\w+"\s*;\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d+)')


@dataclass(frozen=True)
class Span:
    """The bytes ``start`` to ``stop`` of a file, which go into ``into`` as they come."""

    start: int
    stop: int
    into: memoryview = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """``commit``, ``etag`` and ``repository`` as the hub says them; ``size`` of the whole file.

    ``body``: what was asked for without a span; else ``count`` bytes are where they were wanted;
    ``cut``: what ended the line before all of them came.
    """

    commit: str
    etag: str
    repository: str
    size: int
    count: int = 0
    body: bytes = b""
    cut: str = ""


@dataclass(frozen=True)
class Line:
    """How the hub is reached. Empty: as huggingface_hub finds its address and its token here."""

    endpoint: str = ""
    token: str = field(default="", repr=False)

    def settled(self) -> Line:
        """The same with this machine's address and token written in, for another machine."""
        from huggingface_hub import constants, get_token

        implicit = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
        return Line(self.address, self.token or implicit or "")

    @property
    def address(self) -> str:
        """Where the hub is: HF_ENDPOINT, or the public one."""
        from huggingface_hub import constants

        found = self.endpoint or os.environ.get("HF_ENDPOINT") or constants.ENDPOINT
        return found.rstrip("/")

    def url(self, repository: str, revision: str, file: str) -> str:
        """The address of a file."""
        return f"{self.address}/{repository}/resolve/{quote(revision, safe='')}/{quote(file)}"

    def ask(self, url: str, where: str, page: str, span: Span | None = None) -> Answer:
        """Ask once. ``where`` begins the messages; ``page`` is where a person would look.

        Raises Fault for what may pass, NetworkError (Missing, TokenRefused, Unreachable) else.
        """
        from huggingface_hub import is_offline_mode

        if is_offline_mode():
            raise Unreachable(f"{where}: HF_HUB_OFFLINE is set; unset it to ask the hub")
        try:
            return watched(lambda progress: self._ask(url, where, page, span, progress))
        except Stalled:
            raise Fault("it stopped sending, or sends hardly anything") from None

    def _ask(
        self, url: str, where: str, page: str, span: Span | None, progress: Progress
    ) -> Answer:
        from huggingface_hub import get_session

        try:
            headers = self._headers(span)
            with get_session().stream(
                "GET", url, headers=headers, timeout=PATIENCE, follow_redirects=True
            ) as response:
                if response.status_code not in (200, 206):
                    token = "authorization" in headers
                    raise refused(_said(response), where, page, token)
                answer = _read(response, where, span, progress)
                return replace(answer, repository=self._repository(response))
        except (NetworkError, Fault):
            raise
        except Exception as error:  # of httpx, h11, ssl, the token's own look-up
            raise _fault(error) from error

    def _repository(self, response: Any) -> str:
        """The name by which the hub knows the repository: it sends old names on to new ones."""
        name, start = "", urlsplit(self.address).path.rstrip("/")
        for step in (*response.history, response):
            path = unquote(urlsplit(str(step.url)).path)
            found = _RESOLVED.fullmatch(path.removeprefix(start))
            if found and step.headers.get("x-repo-commit"):
                name = found[1]
        return name

    def _headers(self, span: Span | None) -> dict[str, str]:
        from huggingface_hub.utils._headers import build_hf_headers

        headers = build_hf_headers(token=self.token or None, library_name="zoo_spectra")
        headers["Accept-Encoding"] = "identity"
        if span is not None:
            headers["Range"] = f"bytes={span.start}-{span.stop - 1}"
        return headers


def _fault(error: Exception) -> Fault:
    name = type(error).__name__
    said = " ".join(str(error).split())[:200] or name
    with suppress(AttributeError, RuntimeError):  # where no request has been made
        said += f", at {error.request.url.host}"  # type: ignore[attr-defined]
    return Fault(said, unreachable=name in _UNREACHABLE)


def _said(response: Any) -> Said:
    headers: Mapping[str, str] = response.headers
    rate = _RATE.search(headers.get("ratelimit", ""))
    wait = rate[1] if rate else headers.get("retry-after", "").strip()
    message = " ".join(headers.get("x-error-message", "").split())
    return Said(
        response.status_code,
        headers.get("x-error-code", ""),
        message,
        float(wait) if re.fullmatch(r"\d{1,9}", wait) else None,
    )


def _read(response: Any, where: str, span: Span | None, progress: Progress) -> Answer:
    commit = linked = size = ""
    own = response.headers.get("etag", "")
    for step in (*response.history, response):  # the file itself may lie elsewhere
        linked = step.headers.get("x-linked-etag") or linked
        size = step.headers.get("x-linked-size") or size
        if step.headers.get("x-repo-commit"):
            commit = step.headers["x-repo-commit"]
            own = step.headers.get("etag", "")
    etag = (linked or own).strip().removeprefix("W/").strip('"')
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise NetworkError(f"{where}: the server packs what it sends, and was asked not to")
    if span is None:
        body = _body(response, where, progress)
        return Answer(commit, etag, "", len(body), len(body), body)
    found = _RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if response.status_code != 206 or found is None:
        raise NetworkError(
            f"{where}: the server does not send parts of files, and {size or 'all'} bytes were not "
            "asked for; fetch the file with `hf download`, and it is read from the cache"
        )
    first, last, total = map(int, found.groups())
    if first != span.start or last >= span.stop or (size and int(size) != total):
        raise NetworkError(
            f"{where}: the server sent bytes {first}-{last} of {total} for "
            f"{span.start}-{span.stop - 1}; try another HF_ENDPOINT"
        )
    count, cut = _fill(response, where, span.into[: last + 1 - first], progress)
    return Answer(commit, etag, "", total, count, cut=cut)


def _body(response: Any, where: str, progress: Progress) -> bytes:
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        progress.bytes += len(piece)
        if len(body) > MAX_BODY:
            raise NetworkError(f"{where}: more than {MAX_BODY >> 20} MB, and was not read further")
        if progress.given_up:
            raise Stalled
    return bytes(body)


def _fill(response: Any, where: str, into: memoryview, progress: Progress) -> tuple[int, str]:
    """Write what comes; how much came, which is less when the line is cut, and what cut it."""
    at = 0
    try:
        for piece in response.iter_raw():
            if at + len(piece) > len(into):
                raise NetworkError(f"{where}: the server sends more than it promised")
            if progress.given_up:
                raise Stalled
            into[at : at + len(piece)] = piece
            at += len(piece)
            progress.bytes += len(piece)
    except (NetworkError, Stalled):
        raise
    except Exception as error:  # of httpx, h11, ssl: what has come is kept
        if not at:
            raise
        return at, _fault(error).what
    return at, ""
