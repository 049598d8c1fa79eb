"""A real S3 server (moto) in another process, over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from waiting import free_port, wait_for

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[int]:
    """A moto server on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(
        command,
        env=os.environ | dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_for(lambda: server.poll() is not None or listens(port))
            assert server.poll() is None, "the S3 server ended"
            yield port
        finally:
            server.kill()


@contextmanager
def bucket() -> Iterator[int]:
    """The port of such a server that has a bucket called ``bucket``."""
    with serving({}) as port:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
        urllib.request.urlopen(request).close()
        yield port


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def uri(port: int, place: str, more: str = "") -> str:
    return f"s3://{place}?endpoint_override=http://127.0.0.1:{port}&region=us-east-1{more}"
