"""What goes wrong between here and the hub: each an error that names it, or tried again."""

from __future__ import annotations

import pytest
from safetensors.numpy import save

from hub_server import TOKEN, Hub, Repo, Trouble
from zoo_spectra.errors import NetworkError, SourceError, UnlistedError
from zoo_spectra.sources import list_networks, load
from zoo_spectra.testing import check_refuses
from zoo_spectra_checkpoint.hub import HubAdapter, line, watching
from zoo_spectra_checkpoint.hub.watching import Progress, Stalled, watched

from .test_hub import assert_reads, in_parts, weights


@pytest.fixture
def one(hub: Hub) -> Repo:
    """A network whose header and tensors lie on the far server."""
    repo = Repo({"model.safetensors": save(weights(count=2, side=100))})
    hub.repos["acme/one"] = repo
    return repo


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    for module in (watching, line):
        monkeypatch.setattr(module, "PATIENCE", 0.5)


def refusal(error: type[Exception] = SourceError, source: str = "hf:acme/one") -> str:
    with pytest.raises(error) as caught:
        list_networks(source)
    assert "acme/one" in str(caught.value)
    assert TOKEN not in str(caught.value)
    return str(caught.value)


def test_an_unknown_repository(hub: Hub) -> None:
    assert "no such repository" in refusal()
    assert "HF_TOKEN" in refusal()


def test_an_unknown_revision_and_file(one: Repo) -> None:
    assert "no such revision" in refusal(source="hf:acme/one@v9")
    assert "no file 'x.bin'" in refusal(source="hf:acme/one?file=x.bin")


def test_gated_repositories(hub: Hub, one: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    one.gated = True
    said = refusal(UnlistedError)
    assert "gated" in said
    assert "HF_TOKEN" in said
    assert f"{hub.address}/acme/one" in said
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    said = refusal(UnlistedError)
    assert "gated" in said
    assert "account of the token" in said


def test_private_repositories(hub: Hub, one: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    one.private = True
    assert "needs a token" in refusal()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert_reads("hf:acme/one", weights(count=2, side=100))
    assert hub.seen_tokens == {TOKEN}
    assert not any(each.token for each in hub.asked if "resolve" not in each.path), (
        "no other server than the hub is shown the token"
    )


def test_a_token_that_is_refused(hub: Hub, one: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    said = refusal()
    assert "refuses the token" in said
    assert "hf_expired" not in said
    one.disabled = True
    monkeypatch.delenv("HF_TOKEN")
    assert "disabled" in refusal(UnlistedError)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=429, headers={"Retry-After": "0"}),
        Trouble(status=429, headers={"RateLimit": '"api";r=0;t=0'}),
        Trouble(status=500),
        Trouble(status=503, headers={"Retry-After": "0"}),
        Trouble(cut=0),
        Trouble(cut=1),
        Trouble(cut=60_000),
    ],
    ids=str,
)
def test_what_passes_is_tried_again(trouble: Trouble, hub: Hub, one: Repo) -> None:
    state = weights(count=2, side=100)
    hub.far_troubles += [trouble, trouble]
    assert_reads("hf:acme/one", state)
    if trouble.status:
        hub.troubles += [trouble, trouble]
    hub.far_troubles += [Trouble(), trouble, Trouble(), trouble]
    assert_reads("hf:acme/one", state)


def test_a_cut_line_goes_on_where_it_was_cut(hub: Hub, one: Repo) -> None:
    network = load("hf:acme/one")
    hub.asked.clear()
    hub.far_troubles += [Trouble(cut=20_000), Trouble(cut=10_000)]
    size = weights(count=2, side=100)["layers.0.weight"].nbytes
    next(network.constituents())
    far = [each for each in hub.asked if "resolve" not in each.path]
    starts = [int(each.range.removeprefix("bytes=").partition("-")[0]) for each in far]
    assert [start - starts[0] for start in starts] == [0, far[0].sent, far[0].sent + far[1].sent]
    assert sum(each.sent for each in far) == size


@pytest.mark.parametrize("trouble", [Trouble(status=503), Trouble(cut=9), Trouble(status=429)])
def test_what_does_not_pass_is_an_error(trouble: Trouble, hub: Hub, one: Repo) -> None:
    network = load("hf:acme/one")
    hub.always = trouble
    said = refusal(UnlistedError)
    assert "again and again" in said
    with pytest.raises(NetworkError, match=r"acme/one@main, model.safetensors"):
        list(network.constituents())


def test_a_long_wait_is_not_waited(hub: Hub, one: Repo) -> None:
    hub.always = Trouble(status=429, headers={"Retry-After": "3600"})
    said = refusal(UnlistedError)
    assert "rate limit" in said
    assert "3,600 s" in said
    hub.always = Trouble(status=429, headers={"RateLimit": '"resolvers";r=0;t=250'})
    assert "250 s" in refusal(UnlistedError)


def test_a_server_that_ignores_ranges_is_stopped(hub: Hub, one: Repo) -> None:
    one.files["model.safetensors"] = save(weights(count=1, side=4000))
    network = load("hf:acme/one")
    hub.asked.clear()
    hub.always = Trouble(whole=True)
    assert "does not send parts" in refusal(UnlistedError)
    with pytest.raises(NetworkError, match="hf download"):
        list(network.constituents())
    assert hub.sent() < 16 << 20, "what lay in the sockets, not 64 MB twice"


@pytest.mark.parametrize("trouble", [Trouble(silent=True), Trouble(slow=True)])
def test_a_server_that_stalls(trouble: Trouble, hub: Hub, one: Repo, hasty: None) -> None:
    hub.always = trouble
    assert "again and again" in refusal(UnlistedError)
    hub.always = None
    hub.far_troubles.append(trouble)
    assert_reads("hf:acme/one", weights(count=2, side=100))


@pytest.mark.parametrize(
    "trouble", [Trouble(packed=True), Trouble(shift=5), Trouble(longer=3)], ids=str
)
def test_other_bytes_than_were_asked_for(trouble: Trouble, hub: Hub, one: Repo) -> None:
    network = load("hf:acme/one")
    hub.far_troubles.append(trouble)
    with pytest.raises(NetworkError, match="acme/one"):
        list(network.constituents())


def test_a_server_that_is_no_hub(hub: Hub, one: Repo) -> None:
    one.commit = "../../.."
    assert "no hub" in refusal(UnlistedError)
    one.commit = ""
    assert "no hub" in refusal(UnlistedError)


def test_a_server_of_few_words(hub: Hub, one: Repo) -> None:
    """A mirror that names neither the commit with a file nor what is not there."""
    hub.curt = True
    assert_reads("hf:acme/one", weights(count=2, side=100))
    one.files = in_parts(weights())
    assert_reads("hf:acme/one", weights())
    assert "no file 'x.bin'" in refusal(source="hf:acme/one?file=x.bin")
    hub.repos.clear()
    assert "check the name" in refusal()


def test_redirects_without_end(hub: Hub, one: Repo) -> None:
    one.moved = "acme/one"
    assert "edirect" in refusal(UnlistedError)


def test_without_the_library(one: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    said = check_refuses(HubAdapter(), "acme/one", SourceError)
    assert "pip install 'zoo-spectra-checkpoint[hub]'" in said


def test_work_that_goes_on_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(watching, "PATIENCE", 0.2)

    def slowly(progress: Progress) -> str:
        for _ in range(20):
            time.sleep(0.05)
            progress.bytes += watching.LEAST
        return "done"

    assert watched(slowly) == "done"
    with pytest.raises(Stalled):
        watched(lambda _: time.sleep(2))
    with pytest.raises(ZeroDivisionError):
        watched(lambda _: 1 // 0)
