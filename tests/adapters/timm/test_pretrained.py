"""Trained weights through a real Hugging Face cache, and from a hub on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from whole import whole
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.adapter import load
from zoo_spectra.sources.network import Matrix
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_timm import TimmAdapter
from zoo_spectra_timm.building import meta_model, random_model

REVISION = "0123456789abcdef0123456789abcdef01234567"
TRAINED = {"pretrained": "true"}
State = dict[str, torch.Tensor]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache, and a hub that refuses connections."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    return tmp_path / "hub"


def put(cache: Path, name: str, state: State, file: str = "model.safetensors") -> Path:
    """Store a state dict where the hub's client would have put it."""
    repository = cache / f"models--timm--{name}"
    snapshot = repository / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    tensors = {key: tensor.contiguous() for key, tensor in state.items()}
    (save_file if file.endswith("safetensors") else torch.save)(tensors, snapshot / file)
    return snapshot / file


def trained(name: str) -> State:
    """Stand-in for training: numbers of another seed."""
    state: State = random_model(name.partition(".")[0], 42).state_dict()
    return state


def matrices(source: str) -> dict[str, Matrix]:
    return dict(whole(load(source).constituents()))


def assert_holds(got: dict[str, Matrix], state: State, count: int) -> None:
    assert len(got) == count
    for name, matrix in got.items():
        want = state[name].float().numpy()
        np.testing.assert_array_equal(matrix, want.reshape(len(want), -1))


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_from_the_cache(file: str, cache: Path) -> None:
    state = trained("test_resnet")
    put(cache, "test_resnet.r160_in1k", state, file)
    [ref] = check_adapter(TimmAdapter(), "test_resnet", TRAINED)
    assert ref.name == "test_resnet.r160_in1k"
    assert ref.metadata["weights"] == "pretrained"
    assert ref.shapes is not None
    assert_holds(matrices(ref.source), state, len(ref.shapes))


def test_half_precision(cache: Path) -> None:
    state = {k: v.half() if v.is_floating_point() else v for k, v in trained("test_vit").items()}
    put(cache, "test_vit.r160_in1k", state)
    got = matrices("timm:test_vit?pretrained=true")
    assert_holds(got, state, len(got))
    assert all(matrix.dtype == np.float32 for matrix in got.values())


def original_names(state: State) -> State:
    """ConvNeXt's tensors as its authors called them."""
    renamed = {}
    for key, tensor in state.items():
        key = key.replace("stem.", "downsample_layers.0.").replace(".blocks.", ".")
        for stage in "123":
            key = key.replace(f"stages.{stage}.downsample.", f"downsample_layers.{stage}.")
        key = key.replace("conv_dw", "dwconv").replace("mlp.fc", "pwconv")
        renamed[key.replace("head.fc.", "head.").replace("head.norm.", "norm.")] = tensor
    return renamed


def test_files_in_other_names_are_converted_by_timm(cache: Path) -> None:
    state = trained("convnext_atto")
    foreign = original_names(state)
    assert "downsample_layers.1.1.weight" in foreign
    put(cache, "convnext_atto.d2_in1k", foreign)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert_holds(matrices("timm:convnext_atto?pretrained=true"), state, 41)
    assert torch.equal(torch.get_rng_state(), before)


def test_more_classes_than_usual(cache: Path) -> None:
    """Tags differ in their classes: 21,841 here, which the default has not."""
    name = "mobilenetv3_large_100.miil_in21k"
    shape = dict(meta_model(name).named_parameters())["classifier.weight"].shape
    assert shape[0] > 10_000
    [ref] = TimmAdapter().list(name, TRAINED)
    assert ref.shapes is not None
    assert ref.shapes[-1] == tuple(shape)


def test_a_file_of_another_network(cache: Path) -> None:
    put(cache, "test_resnet.r160_in1k", trained("test_vit"))
    message = check_refuses(TimmAdapter(), "test_resnet", NetworkError, TRAINED)
    assert "cannot fit" in message
    assert "test_resnet.r160_in1k" in message


def test_a_damaged_download(cache: Path) -> None:
    path = put(cache, "test_resnet.r160_in1k", trained("test_resnet"))
    path.write_bytes(path.read_bytes()[:5000])
    check_refuses(TimmAdapter(), "test_resnet", NetworkError, TRAINED)


def test_no_hub_in_reach_is_said_at_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one request, where the hub's own client would ask again and again."""
    with socket.create_server(("127.0.0.1", 0)) as broken:
        asked: list[bytes] = []

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = broken.accept()
                    asked.append(caller.recv(1 << 16).partition(b"\r\n")[0])
                    caller.close()

        threading.Thread(target=hang_up, daemon=True).start()
        address = f"http://127.0.0.1:{broken.getsockname()[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        message = check_refuses(TimmAdapter(), "test_resnet", NetworkError, TRAINED)
    # What the client wants to know for itself is a GET.
    assert [line for line in asked if line.startswith(b"HEAD")] == [b"HEAD / HTTP/1.1"]
    assert "out of reach" in message
    assert "hf download timm/test_resnet.r160_in1k" in message


def test_offline_by_choice(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    message = check_refuses(TimmAdapter(), "test_resnet", NetworkError, TRAINED)
    assert "HF_HUB_OFFLINE is set" in message


def test_weights_by_address_alone(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gcvit's lie at an address, not on the hub; torch's own cache is used."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    state = trained("gcvit_xxtiny")
    path = tmp_path / "hub" / "checkpoints" / "gcvit_xxtiny_224_nvidia-d1d86009.pth"
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    got = matrices("timm:gcvit_xxtiny?pretrained=true")
    assert_holds(got, state, len(got))


class Hub(BaseHTTPRequestHandler):
    """The two requests that huggingface_hub makes for one file."""

    content = b""

    def do_HEAD(self) -> None:
        self.send(body=False)

    def do_GET(self) -> None:
        self.send(body=True)

    def send(self, body: bool) -> None:
        found = self.path == "/timm/test_resnet.r160_in1k/resolve/main/model.safetensors"
        self.send_response(200 if found or self.path == "/" else 404)
        if found:
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("ETag", '"abc"')
        elif self.path != "/":
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("Content-Length", str(len(self.content) if found else 0))
        self.end_headers()
        if body and found:
            self.wfile.write(self.content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    save_file(trained("test_resnet"), tmp_path / "model.safetensors")
    handler = type("Serving", (Hub,), {"content": (tmp_path / "model.safetensors").read_bytes()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_download_from_a_hub(hub: str, tmp_path: Path) -> None:
    code = (
        "from zoo_spectra.sources import load\n"
        "print(sum(float(abs(c.matrix).sum()) for c in load(\n"
        "    'timm:test_resnet?pretrained=true').constituents()))"
    )
    env = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / "hf")}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    state = random_model("test_resnet", 42).state_dict()
    want = sum(float(t.abs().sum()) for k, t in state.items() if t.ndim >= 2)
    assert float(ran.stdout) == pytest.approx(want, rel=1e-4)
