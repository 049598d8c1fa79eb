"""A hub on this machine, over HTTP: the addresses, headers and refusals of the real one.

Files of more than ``LFS`` bytes lie on another server, to which the hub redirects, as its content
delivery network does. What was asked and sent is written down; troubles are served on demand.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from zoo_spectra_checkpoint.hub import asking

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LATER = "89abcdef0123456789abcdef0123456789abcdef"
TOKEN = "hf_of_the_tests"
LFS = 4096


@dataclass(frozen=True)
class Holes:
    """A file of ``size`` bytes that begins with ``head`` and is zero beyond."""

    head: bytes
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> bytes:
        return self.head[part].ljust(len(range(*part.indices(self.size))), b"\0")


Content = bytes | Holes


@dataclass
class Trouble:
    """What happens to one request: a status, or a whole file, a cut or slow line, other bytes."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False  # Range is ignored
    cut: int = -1  # bytes after which the line is cut
    silent: bool = False  # no answer
    slow: bool = False  # a byte now and then
    packed: bool = False
    shift: int = 0  # sends the bytes of another place, and says so
    longer: int = 0  # more bytes than there were


@dataclass
class Repo:
    """``private`` and ``gated`` ones are shown to ``TOKEN`` only, gated ones not to all tokens."""

    files: dict[str, Content]
    commit: str = COMMIT
    refs: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    disabled: bool = False
    moved: str = ""


@dataclass
class Asked:
    """A request that was answered: ``sent`` bytes of body."""

    method: str
    path: str
    range: str
    token: bool
    sent: int = 0


@dataclass
class Hub:
    """``troubles`` of the hub, and ``far`` those of the other server, are used up one by one."""

    repos: dict[str, Repo] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    far_troubles: list[Trouble] = field(default_factory=list)
    always: Trouble | None = None
    curt: bool = False  # no X-Repo-Commit, no X-Error-Code
    address: str = ""
    far: str = ""
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    seen_tokens: set[str] = field(default_factory=set)

    def sent(self) -> int:
        """The bytes of all bodies so far."""
        return sum(each.sent for each in self.asked)

    def largest(self) -> int:
        return max((each.sent for each in self.asked), default=0)


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    is_far = False
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        if self.path.endswith("/agent-harnesses"):  # of the client's own interest
            return self.plain(404)
        self.path = unquote(urlsplit(self.path).path)
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.note = Asked(self.command, self.path, self.headers.get("Range", ""), bool(shown))
        self.hub.asked.append(self.note)
        if shown:
            self.hub.seen_tokens.add(shown)
        queue = self.hub.far_troubles if self.is_far else self.hub.troubles
        self.trouble = queue.pop(0) if queue else (self.hub.always or Trouble())
        if self.trouble.silent:
            time.sleep(60)
        if self.trouble.status:
            return self.plain(self.trouble.status, **self.trouble.headers)
        if self.is_far:
            return self.far()
        if shown and shown not in self.hub.tokens:
            said = "Invalid credentials in Authorization header"
            return self.plain(401, X_Error_Message=said)
        found = re.fullmatch(r"/api/models/(.+?)/revision/(.+)", self.path)
        if found:
            return self.about(found[1], found[2], shown)
        found = re.fullmatch(r"/((?:[^/]+/)?[^/]+)/resolve/(.+)", self.path)
        if found:
            return self.resolve(found[1], found[2], shown)
        return self.plain(404)

    def repo(self, name: str, shown: str) -> Repo | None:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and not shown):
            self.plain(404 if shown else 401, X_Error_Code="RepoNotFound")
        elif repo.gated:
            said = "Access to model is restricted" + ("" if shown else "; you must authenticate")
            self.plain(403 if shown else 401, X_Error_Code="GatedRepo", X_Error_Message=said)
        elif repo.disabled:
            self.plain(403, X_Error_Message="Access to this resource is disabled.")
        else:
            return repo
        return None

    def about(self, name: str, revision: str, shown: str) -> None:
        repo = self.repo(name, shown)
        if repo is not None:
            files = [{"rfilename": each, "size": len(data)} for each, data in repo.files.items()]
            body = json.dumps({"id": name, "sha": repo.commit, "siblings": files}).encode()
            self.send(body, {"Content-Type": "application/json"})

    def resolve(self, name: str, rest: str, shown: str) -> None:
        repo = self.repo(name, shown)
        if repo is None:
            return
        if repo.moved:
            return self.plain(307, Location=f"/{repo.moved}/resolve/{rest}")
        revision, _, file = rest.partition("/")
        known = {"main": repo.commit, repo.commit: repo.commit, **repo.refs}
        if revision not in known:
            return self.plain(404, X_Error_Code="RevisionNotFound")
        about = {"X-Repo-Commit": known[revision]}
        if self.hub.curt:
            del about["X-Repo-Commit"]
        if file not in repo.files:
            return self.plain(404, X_Error_Code="EntryNotFound", **about)
        data = repo.files[file]
        if len(data) > LFS:
            hashed = data if isinstance(data, bytes) else data.head
            digest = hashlib.sha256(hashed).hexdigest()
            about |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(data))}
            return self.plain(302, Location=f"{self.hub.far}/{name}/{file}", **about)
        about["ETag"] = f'"{hashlib.sha1(data[:]).hexdigest()}"'
        return self.send(data, about)

    def far(self) -> None:
        name, _, file = self.path.lstrip("/").partition("/")
        if file not in self.hub.repos.get(name, Repo({})).files:
            owner, _, file = file.partition("/")
            name = f"{name}/{owner}"
        self.send(self.hub.repos[name].files[file], {"ETag": '"of the far server"'})

    def send(self, data: Content, headers: dict[str, str]) -> None:
        trouble, asked = self.trouble, re.fullmatch(r"bytes=(\d+)-(\d*)", self.note.range)
        size = len(data) + trouble.longer
        start, stop = 0, size
        if asked and not trouble.whole:
            start = int(asked[1]) + trouble.shift
            stop = min(size, int(asked[2] or size - 1) + 1)
            if start >= size:
                return self.plain(416, Content_Range=f"bytes */{size}")
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        if trouble.packed:
            headers["Content-Encoding"] = "gzip"
        self.send_response(206 if asked and not trouble.whole else 200)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        if self.command != "HEAD":
            self.body(data, start, stop)

    def body(self, data: Content, start: int, stop: int) -> None:
        trouble, step = self.trouble, 1 if self.trouble.slow else 1 << 16
        end = min(stop, start + trouble.cut) if trouble.cut >= 0 else stop
        with suppress(OSError):  # whoever asked may have gone
            for at in range(start, end, step):
                piece = data[at : min(end, at + step)].ljust(min(end, at + step) - at, b"\0")
                self.wfile.write(piece)
                self.note.sent += len(piece)
                if trouble.slow:
                    time.sleep(0.5)
        self.close_connection = self.close_connection or end < stop

    def plain(self, status: int, **headers: str) -> None:
        self.send_response(404 if self.hub.curt and status in (401, 404) else status)
        if self.hub.curt:
            headers.pop("X_Error_Code", None)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """Whoever asked has gone."""


@contextmanager
def serving(hub: Hub | None = None) -> Iterator[Hub]:
    """A hub, and the server that it sends people on to, on two free ports."""
    hub = hub or Hub()
    near = type("Near", (Handler,), {"hub": hub})
    far = type("Far", (Handler,), {"hub": hub, "is_far": True})
    with Server(("127.0.0.1", 0), near) as one, Server(("127.0.0.1", 0), far) as other:
        hub.address = f"http://127.0.0.1:{one.server_port}"
        hub.far = f"http://127.0.0.1:{other.server_port}"
        for server in (one, other):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hub
        finally:
            for server in (one, other):
                server.shutdown()


@contextmanager
def local_hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that this process takes for the hub; an empty cache in ``folder``, no token."""
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(asking, "WAITS", (0.0, 0.0))
    with serving() as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        yield served
