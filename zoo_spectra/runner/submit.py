"""Submitting a job file to a Ray cluster over HTTP (Ray's job API), and following it to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from zoo_spectra.errors import ClusterError, JobError
from zoo_spectra.runner.job import Job
from zoo_spectra.runner.later import Later

ANSWER = 10.0  # seconds that a cluster may take to answer
TAKEN = 60.0  # seconds that it may take to take a job
QUIET = 60.0  # seconds without a word of a job after which its log is asked for anew
OUT_OF_REACH = 60.0  # seconds after which a cluster that does not answer is given up
RECONNECT = 2.0  # seconds between attempts to follow again
ATTEMPTS = 15
INTERRUPTED = 130  # exit code after Ctrl-C, as a shell has it

Say = Callable[[str], object]
Answer = TypeVar("Answer")


def submit(
    job_file: str | Path,
    address: str,
    catalog: str | None = None,
    workers: int | None = None,
    out: Say = lambda text: print(text, end="", flush=True),
    say: Say = lambda text: print(text, file=sys.stderr, flush=True),
) -> int:
    """Run a job file on the cluster whose dashboard is at ``address``; gives its exit code.

    Only the job file is uploaded. ``catalog`` and ``workers`` override the job's; the catalog must
    be an absolute path that the cluster shares, or a URI. ``out`` gets the job's output as it
    comes, ``say`` what there is to know about the job itself. Ctrl-C stops following, not the job.
    Raises JobError for a bad job file or catalog, before anything is sent, and ClusterError for
    a cluster that is out of reach, wants another token, or has not run the job.
    """
    check_catalog(job_file, Job.from_toml(job_file), catalog)
    content = Path(job_file).read_bytes()
    client = _connect(address)
    command = ["python", "-m", "zoo_spectra", "run", "job.toml", "--address", "auto"]
    command += ["--catalog", catalog] if catalog else []
    command += ["--workers", str(workers)] if workers else []
    with tempfile.TemporaryDirectory(prefix="zoo-spectra-") as folder:
        Path(folder, "job.toml").write_bytes(content)
        try:
            name = _within(
                TAKEN,
                lambda: client.submit_job(
                    entrypoint=shlex.join(command), runtime_env={"working_dir": folder}
                ),
            )
        except Exception as error:
            raise ClusterError(f"{address} does not take the job: {_first_line(error)}") from error
    try:

        async def follow() -> None:
            # Said from inside the loop: from here on it handles Ctrl-C in good order.
            say(f"job {name} is submitted to {address}")
            await _follow(client, name, address, out)

        asyncio.run(follow())
        return _exit_code(client, name, address)
    except KeyboardInterrupt:
        say(f"no longer following; job {name} goes on.\n{_how_to(name, address)}")
        return INTERRUPTED


def check_catalog(job_file: str | Path, job: Job, catalog: str | None) -> None:
    """Raise JobError for a catalog in the cluster's temporary folder, which would be lost."""
    place = catalog or job.catalog
    if not (place.startswith("/") or re.match(r"^[a-z][a-z0-9+]+://", place)):
        of = "--catalog" if catalog else str(job_file)
        raise JobError(
            f"{of}: the catalog {place!r} is a relative path, and a submitted job runs in a "
            "temporary folder of the cluster; give --catalog an absolute path that every node "
            "sees, or a URI such as s3://bucket/zoo"
        )


def _connect(address: str) -> Any:
    """A JobSubmissionClient of a cluster that answers. Raises ClusterError within seconds."""
    try:
        import aiohttp  # noqa: F401  only to see whether it is there: logs are followed with it
        import requests
        from ray.job_submission import JobSubmissionClient
    except ImportError as error:
        raise ClusterError(
            f"submitting needs Ray's job client ({error}); pip install 'zoo-spectra[cluster]'"
        ) from error
    for chatty in ("dashboard.modules.dashboard_sdk", "dashboard.modules.job.sdk"):
        logging.getLogger(f"ray.{chatty}").setLevel(logging.WARNING)
    logging.getLogger("ray._private.runtime_env.packaging").setLevel(logging.WARNING)
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ClusterError(
            f"{address!r} is not the address of a Ray dashboard; write http://HOST:8265 "
            "(HOST:6379 is for: zoo-spectra run --address)"
        )
    address = address.rstrip("/")
    token = _token(url.hostname)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = _within(
            ANSWER, lambda: requests.get(f"{address}/api/version", headers=headers, timeout=ANSWER)
        )
        if answer.status_code in (401, 403):
            raise ClusterError(_about_token(address, token))
        answer.raise_for_status()
        return _within(ANSWER, lambda: JobSubmissionClient(address, headers=headers))
    except ClusterError:
        raise
    except Exception as error:  # requests, Ray and aiohttp share no base
        raise ClusterError(
            f"no Ray dashboard answers at {address}: {_first_line(error)}; is the cluster up, "
            "and is that its dashboard (http://HOST:8265), from here?"
        ) from error


def _token(host: str) -> str | None:
    """The token for the cluster, from where Ray looks for it.

    The file in the home folder is that of clusters on this machine: another host gets it only
    when RAY_AUTH_MODE=token asks for that.
    """
    mode = os.environ.get("RAY_AUTH_MODE", "").lower()
    if mode == "disabled":
        return None
    if token := os.environ.get("RAY_AUTH_TOKEN", "").strip():
        return token
    path = os.environ.get("RAY_AUTH_TOKEN_PATH")
    if not path and (mode == "token" or _is_this_machine(host)):
        default = Path.home() / ".ray" / "auth_token"
        path = str(default) if default.is_file() else None
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterError(f"the cluster's token cannot be read: {error}") from error


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _about_token(address: str, token: str | None) -> str:
    wrong = "does not accept the token that was sent" if token else "wants a token"
    return (
        f"the cluster at {address} {wrong}; set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH to a file "
        "with it, or RAY_AUTH_MODE=token to send ~/.ray/auth_token "
        "(on the head: ray get-auth-token)"
    )


async def _follow(client: Any, name: str, address: str, out: Say) -> None:
    """Print the job's log as it grows, to the end of the job; a lost connection is taken up again.

    Ray tells a log from its beginning each time; what was printed already is left out.
    """
    printed = failures = 0
    lost_at = 0.0
    while True:
        told, whole = 0, True
        try:
            log = aiter(client.tail_job_logs(name))
            try:
                while (chunk := await _next(log)) is not None:
                    fresh = chunk[max(0, printed - told) :]
                    told += len(chunk)
                    if fresh:
                        out(fresh)
                        printed, failures = told, 0
            except TimeoutError:  # it has nothing to say, or the connection is lost in silence
                whole = False
            if _within(ANSWER, lambda: client.get_job_status(name)).is_terminal() and whole:
                return
        except Exception as error:  # requests, Ray and aiohttp share no base
            failures += 1
            lost_at = lost_at if failures > 1 else time.monotonic()
            if failures >= ATTEMPTS or time.monotonic() - lost_at > OUT_OF_REACH:
                raise ClusterError(
                    f"{address} is out of reach: {_first_line(error)}; job {name} may go on there."
                    f"\n{_how_to(name, address)}"
                ) from error
        await asyncio.sleep(RECONNECT)


async def _next(log: AsyncIterator[str]) -> str | None:
    """The next piece of a log, None at its end. Raises TimeoutError, and what Ray raises."""
    try:
        return await asyncio.wait_for(anext(log), QUIET)
    except StopAsyncIteration:
        return None


def _exit_code(client: Any, name: str, address: str) -> int:
    """The exit code of the job's own command. Raises ClusterError when it never got that far."""
    deadline = time.monotonic() + ANSWER
    try:
        info = _within(ANSWER, lambda: client.get_job_info(name))
        while not info.status.is_terminal() and time.monotonic() < deadline:
            time.sleep(0.2)
            info = _within(ANSWER, lambda: client.get_job_info(name))
    except Exception as error:
        raise ClusterError(
            f"{address} does not say how job {name} ended: {_first_line(error)}"
        ) from error
    code = info.driver_exit_code
    if info.status == "STOPPED":
        raise ClusterError(f"job {name} was stopped; submit it again to do what is missing")
    if code is None:
        raise ClusterError(
            f"job {name} did not run to its end: {info.message} Submit it again to do what is "
            "missing"
        )
    return int(code) if code >= 0 else 128 - int(code)


def _how_to(name: str, address: str) -> str:
    return (
        f"  look again: ray job logs --address {address} --follow {name}\n"
        f"  stop it:    ray job stop --address {address} {name}"
    )


def _within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """What a call gives, or raises. Raises TimeoutError: a limit of requests is one a read."""
    answer = Later(call)
    if not answer.is_there(seconds):
        raise TimeoutError(f"no answer within {seconds:.0f} s")
    return answer.result()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
