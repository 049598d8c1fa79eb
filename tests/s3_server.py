"""A real S3 server (moto) in another process, over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[int]:
    """A moto server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(
        command,
        env=os.environ | dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            end = time.monotonic() + 60
            while True:
                assert server.poll() is None, "the S3 server ended"
                with suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                assert time.monotonic() < end
                time.sleep(0.1)
            yield port
        finally:
            server.kill()


def uri(port: int, place: str, more: str = "") -> str:
    return f"s3://{place}?endpoint_override=http://127.0.0.1:{port}&region=us-east-1{more}"
