"""Catalogs on an object store: a real S3 server (moto) in another process, over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from networks import zoo
from parts import assert_same, assert_shows, commit, result, tables
from s3_server import CREDENTIALS, bucket, serving, uri
from zoo_spectra.catalog import compaction, storage
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

PROGRAM = Path(sys.executable).with_name("zoo-spectra")
SHOWN = [("an", "a1"), ("bo", "b1")]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with bucket() as found:
        yield found


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def catalog(port: int, request: pytest.FixtureRequest) -> Catalog:
    made = Catalog.create(uri(port, f"bucket/{request.node.name.partition('[')[0]}"))
    commit(made, "an", "a1")
    commit(made, "bo", "b0", second=-1)
    commit(made, "bo", "b1")
    return made


def test_commits_views_classes_and_look_ups(catalog: Catalog) -> None:
    assert_shows(catalog, SHOWN)
    assert len(catalog.network("an")["csd"]) == 129
    assert set(classify(catalog)["name"]) == {"an", "bo"}
    assert catalog.has_ok()
    catalog.commit("share", [], result("cy", "c1")[1][:2])
    assert catalog.pieces("c1")["position"].to_list() == [0, 1]
    again = Catalog.create(catalog.location)
    assert_shows(again, SHOWN)


def test_compaction(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.commit("share", [], result("cy", "c1")[1][:2])
    classify(catalog)
    before = tables(catalog)
    done = compact(catalog)
    assert (done.parts_before, done.parts_after) == (8, 4)
    assert_same(tables(catalog), before)
    catalog.commit("share", [result("cy", "c1")[0]], result("cy", "c1")[1][2:])
    assert_shows(catalog, [*SHOWN, ("cy", "c1")])
    monkeypatch.setattr(compaction, "GRACE", compaction.timedelta(seconds=-1))
    compact(catalog)
    assert_shows(catalog, [*SHOWN, ("cy", "c1")])
    compact(catalog)
    names = [entry.name for entry in catalog.storage.entries("networks")]
    assert len(names) == 1
    assert names[0].startswith("compact-")


def test_of_two_compactions_at_once_one_stands_and_nothing_is_lost(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no lock on an object store; the second one ends while the first one writes."""
    write, inner = Storage.write, []

    def slow(storage: Storage, name: str, content: bytes) -> None:
        if name.startswith("aside/spectra/compact-") and not inner:
            inner.append(name)
            commit(catalog, "cy", "c1")
            compact(Catalog(catalog.location))
        write(storage, name, content)

    monkeypatch.setattr(Storage, "write", slow)
    with pytest.raises(CatalogError, match="another compaction .* nothing is lost"):
        compact(catalog)
    assert_shows(catalog, [*SHOWN, ("cy", "c1")])
    parts = [e.name for e in catalog.storage.entries("spectra")]
    parts += [e.name for e in catalog.storage.entries("aside/spectra")]
    assert len({name.split("-")[1] for name in parts if name.startswith("compact-")}) == 1


def test_a_run_in_this_process(port: int) -> None:
    place = uri(port, "bucket/run")
    summary = zs.run("memory:*", catalog=place, in_process=True, adapters=[zoo(3)])
    assert summary.count("ok") == 3
    assert zs.run("memory:*", catalog=place, in_process=True, adapters=[zoo(3)]).done_before == 3
    assert Catalog(place).networks().collect().height == 3


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        env=os.environ | {"COLUMNS": "300", "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line(catalog: Catalog, port: int) -> None:
    shown = call("show", str(catalog.location), "an")
    assert shown.returncode == 0, shown.stderr
    assert "decay_rate" in shown.stdout
    plain = str(catalog.location).partition("?")[0]
    endpoint = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_REGION": "us-east-1"}
    compacted = call("compact", plain, **endpoint)
    assert "compacted 6 parts to 3, " in compacted.stdout, compacted.stderr
    assert_shows(catalog, SHOWN)


def test_a_bucket_is_made_only_when_the_uri_says_so(port: int) -> None:
    for use in (Catalog, Catalog.create):
        with pytest.raises(CatalogError, match="s3://none/zoo"):
            use(uri(port, "none/zoo"))
    made = Catalog.create(uri(port, "new/zoo", "&allow_bucket_creation=true"))
    assert made.networks().collect().is_empty()


def test_places_without_a_catalog(port: int) -> None:
    with pytest.raises(CatalogError, match=r"no catalog at s3://bucket/nothing; .*'s3://.*\?end"):
        Catalog(uri(port, "bucket/nothing"))
    Storage(uri(port, "bucket/other")).write("thesis.tex", b"x")
    with pytest.raises(CatalogError, match="s3://bucket/other holds other files"):
        Catalog.create(uri(port, "bucket/other"))
    with pytest.raises(CatalogError, match="endpoint_overide"):
        Catalog("s3://bucket/zoo?endpoint_overide=x")


def test_wrong_credentials_are_a_message() -> None:
    with serving({"INITIAL_NO_AUTH_ACTION_COUNT": "0"}) as strict:
        ran = call("show", uri(strict, "bucket/zoo"))
    assert ran.returncode == 2
    assert "s3://bucket/zoo/catalog.json: cannot be read" in ran.stderr
    assert "ACCESS_DENIED" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_credentials_in_a_uri_are_not_printed(port: int) -> None:
    with pytest.raises(CatalogError) as caught:
        Catalog(f"s3://key:secret@bucket/none?endpoint_override=http://127.0.0.1:{port}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("listens", [False, True])
def test_an_endpoint_that_does_not_answer_is_a_message_in_reasonable_time(
    monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    assert storage._ATTEMPTS * storage._SILENT_SECONDS <= 30
    monkeypatch.setattr(storage, "_SILENT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        if not listens:
            deaf.close()
        with pytest.raises(CatalogError, match="cannot be read.*NETWORK_CONNECTION"):
            Catalog(uri(port, "bucket/zoo"))


class Meter:
    """A proxy that counts the bytes which the server sends."""

    def __init__(self, port: int) -> None:
        self.bytes = 0
        self._to = port
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._socket.accept()
            server = socket.create_connection(("127.0.0.1", self._to))
            for source, sink, counts in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pass, args=(source, sink, counts), daemon=True
                ).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.bytes += len(data) * counts
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def test_a_narrow_query_downloads_little(port: int) -> None:
    """Predicates and columns reach the store: curves are not downloaded to be thrown away."""
    place = uri(port, "bucket/narrow")
    catalog = Catalog.create(place)
    rng = np.random.default_rng(0)
    both = [
        result(
            f"net{k:04d}",
            f"{k:08d}",
            family=f"f{k % 20:02d}",
            csd_resamples=list(rng.normal(size=(32, 129)).astype(np.float32)),
        )
        for k in range(600)
    ]
    catalog.commit("bundle", [row for row, _ in both], both[0][1])
    compact(catalog)
    (part,) = [e for e in catalog.storage.entries("networks") if e.name.startswith("compact-")]
    meter = Meter(port)
    measured = Catalog(place.replace(str(port), str(meter.port)))

    def downloaded(frame: pl.LazyFrame, rows: int) -> int:
        meter.bytes = 0
        assert frame.collect().height == rows
        return meter.bytes

    family = pl.col("family") == "f07"
    everything = downloaded(measured.networks(), 600)
    narrow = downloaded(measured.networks().filter(family).select("name", "decay_rate"), 30)
    one = downloaded(measured.networks().filter(family), 30)
    assert everything > part.size
    assert narrow < 0.1 * everything
    assert one < 0.5 * everything
