"""What can go wrong between here and the hub, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_spectra.errors import NetworkError, SourceError, UnlistedError

TOKEN = "`hf auth login`, or HF_TOKEN"


class Missing(NetworkError):
    """The hub has no such repository, revision or file: ``what`` is which of them."""

    def __init__(self, message: str, what: str) -> None:
        super().__init__(message)
        self.what = what

    def __reduce__(self) -> tuple[object, ...]:
        return Missing, (str(self), self.what)


class Absent(UnlistedError, SourceError):
    """What a source names is not there, or is not one file."""


class TokenRefused(NetworkError):
    """The hub does not take the token."""


class Unreachable(NetworkError):
    """There is no hub to ask."""


@dataclass
class Fault(Exception):
    """What may pass: asked again, it may succeed. ``wait``: the seconds that the hub asks for."""

    what: str
    wait: float | None = None
    unreachable: bool = False


@dataclass(frozen=True)
class Said:
    """What a refusal says: its status, X-Error-Code and X-Error-Message, Retry-After in seconds."""

    status: int
    code: str = ""
    message: str = ""
    wait: float | None = None


def refused(said: Said, where: str, page: str, token: bool) -> NetworkError | Fault:
    """The error for an answer that is no success.

    ``where``: the source and the file; ``page``: the repository's address; ``token``: whether one
    was shown.
    """
    if said.status in (408, 425, 429) or said.status >= 500:
        what = "its rate limit is reached" if said.status == 429 else "it does not serve"
        return Fault(f"{what} (HTTP {said.status})", said.wait)
    if said.status == 416:
        return NetworkError(f"{where}: the file is empty, or shorter than it was; see {page}")
    if said.code == "GatedRepo":
        cure = "with the account of the token" if token else f"and give a token of yours ({TOKEN})"
        return NetworkError(f"{where}: the repository is gated; ask for access at {page} {cure}")
    if "nvalid credentials" in said.message or (said.status == 401 and token and not said.code):
        return TokenRefused(f"{where}: the hub refuses the token; renew it: {TOKEN}")
    if said.code == "RevisionNotFound":
        return Missing(
            f"{where}: the repository has no such revision; {page}/tree/main shows its branches",
            "revision",
        )
    if said.code == "EntryNotFound" or (said.status == 404 and not said.code):
        return Missing(f"{where}: no such file in the repository; see {page}/tree/main", "file")
    if said.code == "RepoNotFound" or said.status in (401, 404):
        private = "the token has no access to it" if token else f"it needs a token ({TOKEN})"
        return Missing(
            f"{where}: no such repository, or a private one; check the name, or whether {private}",
            "repository",
        )
    more = f", {said.message[:200]}" if said.message.isprintable() and said.message else ""
    return NetworkError(f"{where}: the hub refuses (HTTP {said.status}{more}); look at {page}")
