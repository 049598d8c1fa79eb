"""An object store whose line is cut: out of reach is not damaged, and nothing is advised away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from parts import assert_shows, commit, result
from s3_server import CREDENTIALS, bucket, uri
from zoo_spectra.catalog import compaction, merge, parts, scan, storage
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

SHOWN = [("an", "a1"), ("bo", "b1")]


class Line:
    """A proxy to the server that can be cut."""

    def __init__(self, port: int) -> None:
        self._to, self._open, self.down = port, set[socket.socket](), False
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.down = True
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.down = False

    def _accept(self) -> None:
        while True:
            client, _ = self._socket.accept()
            if self.down:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._to))
            threading.Thread(target=self._join, args=(client, server), daemon=True).start()

    def _join(self, client: socket.socket, server: socket.socket) -> None:
        """Until either side ends. Closed by one thread only, and last: numbers are used again."""
        self._open |= {client, server}
        back = threading.Thread(target=self._pass, args=(server, client), daemon=True)
        back.start()
        self._pass(client, server)
        back.join()
        self._open -= {client, server}
        client.close()
        server.close()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with bucket() as found:
        yield found


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(storage, "_ATTEMPTS", 1)
    monkeypatch.setattr(storage, "_SILENT_SECONDS", 2.0)


@pytest.fixture
def line(port: int) -> Line:
    return Line(port)


@pytest.fixture
def catalog(port: int, line: Line, request: pytest.FixtureRequest) -> Catalog:
    place = f"bucket/{abs(hash(request.node.name))}"
    made = Catalog.create(uri(port, place))
    for name, key in SHOWN:
        commit(made, name, key)
    catalog = Catalog(uri(line.port, place))
    assert_shows(catalog, SHOWN)
    return catalog


def cutting(monkeypatch: pytest.MonkeyPatch, module: object, name: str, line: Line) -> None:
    """Cut the line right before a function is called."""
    function: Callable[..., object] = getattr(module, name)

    def called(*arguments: object, **options: object) -> object:
        line.cut()
        return function(*arguments, **options)

    monkeypatch.setattr(module, name, called)


STEPS = [
    (compaction, "take"), (compaction, "_look_at"), (compaction, "_select"), (merge, "opened"),
    (compaction, "merge"), (compaction, "_look_at_unused"), (compaction, "_publish"),
    (compaction, "_put_right"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_line_lost_during_a_compaction(
    catalog: Catalog, line: Line, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    with monkeypatch.context() as patch:
        cutting(patch, module, name, line)
        with pytest.raises(CatalogError) as caught:
            compact(catalog)
    message = str(caught.value)
    assert "damaged" not in message.replace("not damaged", "").replace("no part is damaged", "")
    assert "remove" not in message
    assert "NETWORK_CONNECTION" in message
    line.mend()
    catalog.check()
    assert_shows(catalog, SHOWN)
    compact(catalog)
    assert_shows(catalog, SHOWN)


def test_a_line_lost_during_a_question(
    catalog: Catalog, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = [
        (scan, "look_at", lambda: catalog.networks().collect()),
        (scan, "look_at", lambda: catalog.query("SELECT name FROM networks")),
        (scan, "_scan", lambda: catalog.collect(catalog.spectra())),
        (scan, "_scan", lambda: classify(catalog)),
        (parts, "examine", lambda: catalog.check()),
        (parts, "_source", lambda: catalog.check()),
    ]
    for module, name, use in uses:
        with monkeypatch.context() as patch:
            cutting(patch, module, name, line)
            with pytest.raises(CatalogError, match=r"try again") as caught:
                use()
        assert "remove" not in str(caught.value)
        line.mend()
        assert_shows(catalog, SHOWN)


def test_a_part_that_is_damaged_there_is_called_so(catalog: Catalog) -> None:
    (entry, *_) = catalog.storage.entries("spectra")
    content = catalog.storage.read(f"spectra/{entry.name}")
    assert content is not None
    middle = len(content) // 2
    broken = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    catalog.storage.write(f"spectra/{entry.name}", broken)
    for use in (catalog.check, lambda: compact(catalog)):
        with pytest.raises(CatalogError, match=f"{entry.name} is damaged .*remove it and run"):
            use()
    catalog.storage.write(f"spectra/{entry.name}", content)
    catalog.check()


def test_frames_made_before_a_compaction_are_read_after_it(catalog: Catalog) -> None:
    frames = [catalog.networks(), catalog.spectra()]
    for turn in range(2):
        compact(catalog)
        frames += [catalog.networks(), catalog.spectra()]
        commit(catalog, "an", f"an{turn}", second=turn + 1)
    assert [frame.collect().height for frame in frames] == [2, 6] * 3
    names = [entry.name for entry in catalog.storage.entries("networks")]
    assert len([name for name in names if name.startswith("compact-")]) == 1
    assert len(names) == 2


def test_a_removed_catalog_is_noticed_by_the_next_commit(catalog: Catalog) -> None:
    catalog.storage.delete("catalog.json")
    with pytest.raises(CatalogError, match="removed meanwhile"):
        commit(catalog, "cy", "c1")
    catalog.storage.write("catalog.json", b'{"format": 2, "method_version": 1, "id": "other"}')
    with pytest.raises(CatalogError, match="replaced meanwhile"):
        commit(catalog, "cy", "c1")


def test_removals_and_metadata(catalog: Catalog) -> None:
    row, spectra = result("cy", "c1", metadata='{"genotype": "N2"}')
    catalog.commit("c1", [row], spectra)
    compact(catalog)
    assert catalog.remove("genotype = 'N2'")["name"].to_list() == ["cy"]
    for _ in range(2):
        assert_shows(catalog, SHOWN)
        compact(catalog)
