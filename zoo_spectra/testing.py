"""The contract suite: what every adapter, built-in or third-party, must keep.

Use it in a plug-in's own tests::

    from zoo_spectra.testing import check_adapter, check_refuses

    def test_contract():
        check_adapter(MyAdapter(), "some-pattern*")
        check_refuses(MyAdapter(), "no-such-network", SourceError)

Every failure is an AssertionError that says which rule was broken.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from tempfile import TemporaryDirectory

import numpy as np

from zoo_spectra.errors import ZooSpectraError, explain, text_of
from zoo_spectra.sources import (
    Adapter,
    Constituent,
    Network,
    NetworkRef,
    entries,
    guarded,
    listed,
    opened,
    parse_source,
    walked,
)

MAX_REF_BYTES = 1 << 16


def check_adapter(
    adapter: Adapter, pattern: str, options: Mapping[str, str] | None = None
) -> list[NetworkRef]:
    """Check the whole contract on the networks that ``pattern`` matches; returns their refs.

    Every network is loaded, so choose a pattern of a few small ones. Raises AssertionError.
    """
    given = dict(options or {})
    assert isinstance(adapter, Adapter), "an adapter has name, options, list and load"
    assert all(text.strip() for text in adapter.options.values()), "each option has a line of help"
    assert set(given) <= set(adapter.options), "options given to the suite must be declared"
    with _kept("list"):
        refs = list(listed(adapter, pattern, given))
        assert refs, f"{pattern!r} lists no network"
        assert refs == list(listed(adapter, pattern, given)), "list gives the same refs each time"
    for what in ("source", "name", "network_id"):
        values = [getattr(ref, what) for ref in refs]
        assert len(set(values)) == len(values), f"two networks share one {what}"
    _check_describing(adapter, pattern, given, refs)
    carried = _carried(adapter)
    for ref in refs:
        with _kept(ref.name):
            _check_ref(adapter, ref)
            _check_network(ref, opened(carried, ref))
    return refs


def check_refuses(
    adapter: Adapter,
    pattern: str,
    error: type[ZooSpectraError],
    options: Mapping[str, str] | None = None,
) -> str:
    """Check that listing, loading or walking ends in ``error``; returns its message.

    Raises AssertionError when nothing is raised; any other exception is passed on.
    """
    try:
        for ref in adapter.list(pattern, dict(options or {})):
            for _ in adapter.load(ref).constituents():
                pass
    except error as caught:
        message = str(caught)
    else:
        raise AssertionError(f"{adapter.name}:{pattern} was accepted; expected {error.__name__}")
    assert message.strip(), f"{error.__name__} without a message"
    return message


def _check_describing(
    adapter: Adapter, pattern: str, given: Mapping[str, str], refs: list[NetworkRef]
) -> None:
    describing = frozenset(getattr(adapter, "describing", ()))
    assert describing <= set(adapter.options), "describing names options of the adapter"
    bare = {key: value for key, value in given.items() if key not in describing}
    for ref, again in zip(refs, listed(adapter, pattern, bare), strict=True):
        for what in ("network_id", "fingerprint"):
            said, found = getattr(ref, what), getattr(again, what)
            assert said == found, f"{ref.name}: an option that describes changes its {what}"


@contextmanager
def _kept(where: str) -> Iterator[None]:
    """What ends a run, or fails a network, breaks a rule here."""
    try:
        with guarded():
            yield
    except AssertionError:
        raise
    except Exception as error:
        told = text_of(error) if isinstance(error, ZooSpectraError) else explain(error)
        raise AssertionError(f"{where}: {told}") from error


def _carried(adapter: Adapter) -> Adapter:
    """The adapter as a worker gets it."""
    try:
        carried: Adapter = pickle.loads(pickle.dumps(adapter))
    except Exception as error:
        raise AssertionError(
            f"an adapter can be pickled, and this one cannot ({explain(error)}): open files, locks "
            "and connections in load, and define the class at the top of a module"
        ) from error
    return carried


def _check_ref(adapter: Adapter, ref: NetworkRef) -> None:
    assert ref.adapter == adapter.name, f"{ref.name}: ref.adapter is {ref.adapter!r}"
    assert ref.name.strip(), f"{ref.source}: a network has a name"
    packed = pickle.dumps(ref)
    assert len(packed) <= MAX_REF_BYTES, f"{ref.name}: a ref of {len(packed)} bytes is too large"
    assert pickle.loads(packed) == ref, f"{ref.name}: the ref changes when pickled"
    source = parse_source(ref.source)
    assert str(source) == ref.source, f"{ref.source}: not in canonical form, {source}"
    with TemporaryDirectory() as elsewhere, chdir(elsewhere):
        again = list(listed(adapter, source.pattern, source.options))
    assert again == [ref], f"{ref.source}: lists {[r.name for r in again]}, not itself alone"


def _check_network(ref: NetworkRef, network: Network) -> None:
    for what in ("name", "kind", "family", "source"):
        asked, got = getattr(ref, what), getattr(network, what)
        assert asked == got, f"{ref.name}: ref.{what} is {asked!r}, network.{what} is {got!r}"
    for key, value in ref.metadata.items():
        assert network.metadata.get(key) == value, f"{ref.name}: metadata {key!r} was lost"
    walk = network.constituents()
    assert isinstance(walk, Iterator), f"{ref.name}: constituents() gives an iterator"
    first, second = (
        [_checked(ref, constituent) for constituent in walked(network, ref.shapes)]
        for _ in range(2)
    )
    assert first == second, f"{ref.name}: a second walk gives other constituents"
    names = [name for name, _, _ in first]
    assert len(set(names)) == len(names), f"{ref.name}: two constituents of one name"


def _checked(ref: NetworkRef, constituent: Constituent) -> tuple[str, tuple[int, ...], float]:
    matrix, where = constituent.matrix, f"{ref.name}, {constituent.name}"
    assert matrix.dtype.kind in "fiub", f"{where}: {matrix.dtype} is not real"
    with np.errstate(all="ignore"):
        total = float(np.nansum(np.abs(entries(matrix), dtype=np.float64)))
        return constituent.name, matrix.shape, total
