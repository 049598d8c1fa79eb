"""The contract, on real architectures; and the sources that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from zoo_spectra.errors import FileFormatError, SourceError, ZooSpectraError
from zoo_spectra.sources.adapter import get_adapter, list_networks
from zoo_spectra.sources.files import resolve
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_timm import TimmAdapter, adapter
from zoo_spectra_timm.sketch import Sketch

LITE0 = "@samples/efficientnet_lite/efficientnet_lite0.pth"
# Parameters as published with timm.
SIZES = {
    "resnet18": 11_689_512,
    "mobilenetv3_small_050": 1_593_224,
    "vit_tiny_patch16_224": 5_717_416,
    "convnext_atto": 3_695_520,
}


@pytest.mark.parametrize(("name", "parameters"), SIZES.items())
def test_architectures(name: str, parameters: int) -> None:
    [ref] = check_adapter(TimmAdapter(), name)
    assert (ref.name, ref.parameters) == (f"{name}/seed0", parameters)
    assert ref.source == f"timm:{name}?seed=0"


def test_every_small_test_architecture() -> None:
    refs = check_adapter(TimmAdapter(), "test_*", {"seed": "3"})
    assert len(refs) >= 15
    assert {ref.family for ref in refs} >= {"resnet", "vision_transformer", "nfnet", "convnext"}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_own_weights(number: int) -> None:
    file = f"@samples/efficientnet_lite/efficientnet_lite{number}.pth"
    name = f"efficientnet_lite{number}"
    [ref] = check_adapter(TimmAdapter(), name, {"checkpoint": file})
    assert ref.name == f"{name}/{name}"
    assert ref.location == str(resolve(file))
    assert ref.fingerprint
    assert ref.metadata["weights"] == "checkpoint"


def test_it_is_installed_as_a_plug_in() -> None:
    assert isinstance(get_adapter("timm"), TimmAdapter)
    refs = list_networks("timm:resnet18*?seed=1")
    assert [ref.name for ref in refs] == ["resnet18/seed1", "resnet18d/seed1"]
    assert refs[0].metadata == {
        "architecture": "resnet18",
        "family": "resnet",
        "weights": "random",
        "seed": 1,
    }


def test_tags_of_pretrained_weights() -> None:
    def names(pattern: str) -> list[str]:
        return [ref.name for ref in TimmAdapter().list(pattern, {"pretrained": "true"})]

    assert names("resnet18") == ["resnet18.a1_in1k"]
    assert names("resnet18.fb_*") == [
        "resnet18.fb_ssl_yfcc100m_ft_in1k",
        "resnet18.fb_swsl_ig1b_ft_in1k",
    ]
    assert names("efficientnet_lite*") == ["efficientnet_lite0.ra_in1k"]  # 1 to 4 have none
    [ref] = TimmAdapter().list("vit_small_patch16_224", {"pretrained": "true"})
    assert ref.source == f"timm:{ref.name}?pretrained=true"
    assert ref.metadata["tag"] == ref.name.partition(".")[2] != ""


@pytest.mark.parametrize("limit", ["12000000", "12000K", "12M"])
def test_no_larger_than(limit: str) -> None:
    """It filters the listing and is no part of a network's identity."""
    every = list_networks("timm:resnet1*?seed=1")
    kept = list_networks(f"timm:resnet1*?seed=1&max_parameters={limit}")
    assert kept == [ref for ref in every if (ref.parameters or 0) <= 12_000_000]
    assert {ref.source for ref in kept} >= {"timm:resnet18?seed=1"}
    assert 0 < len(kept) < len(every)
    exactly = list_networks("timm:resnet18?max_parameters=11689512")
    assert exactly == list_networks("timm:resnet18")
    assert list_networks("timm:resnet18?pretrained=true&max_parameters=1G")


def test_unknown_sizes_are_not_known_to_be_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "sketches", lambda names: {name: Sketch() for name in names})
    (ref,) = TimmAdapter().list("resnet18", {"max_parameters": "1K"})
    assert ref.parameters is None


REFUSED: dict[str, tuple[str, dict[str, str], type[ZooSpectraError], str]] = {
    "unknown": ("resnet19", {}, SourceError, "resnet18"),
    "renamed": ("convnext_tiny_in22ft1k", {}, SourceError, "convnext_tiny.fb_in22k_ft_in1k"),
    "unknown tag": ("resnet18.a9", {"pretrained": "true"}, SourceError, "resnet18.a1_in1k"),
    "tag of random weights": ("resnet18.a1_in1k", {}, SourceError, "pretrained=true"),
    "no pretrained weights": ("efficientnet_lite1", {"pretrained": "true"}, SourceError, "seed=0"),
    "seed of trained": ("resnet18", {"pretrained": "true", "seed": "1"}, SourceError, "seed"),
    "two sources": (
        "resnet18",
        {"pretrained": "true", "checkpoint": LITE0},
        SourceError,
        "exclude",
    ),
    "seed of a file": ("resnet18", {"checkpoint": LITE0, "seed": "1"}, SourceError, "seed"),
    "many for one file": ("resnet*", {"checkpoint": LITE0}, SourceError, "resnet10t"),
    "no file": ("resnet18", {"checkpoint": "no.pth"}, SourceError, "no.pth"),
    "negative seed": ("resnet18", {"seed": "-1"}, SourceError, "whole number"),
    "large seed": ("resnet18", {"seed": str(2**64)}, SourceError, "whole number"),
    "no boolean": ("resnet18", {"pretrained": "yes"}, SourceError, "true or false"),
    "none so small": ("resnet18*", {"max_parameters": "11M"}, SourceError, "11,689,512"),
    "no limit": ("resnet18", {"max_parameters": "1e6"}, SourceError, "400M"),
    "unknown option": ("resnet18", {"sede": "1"}, SourceError, "seed"),
    "other architecture": ("resnet18", {"checkpoint": LITE0}, FileFormatError, "conv1.weight"),
    "its neighbour": ("efficientnet_lite1", {"checkpoint": LITE0}, FileFormatError, "fit"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    pattern, options, error, hint = REFUSED[case]
    assert hint in check_refuses(TimmAdapter(), pattern, error, options)


def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    path.write_bytes(resolve(LITE0).read_bytes()[:1_000_000])
    options: Mapping[str, str] = {"checkpoint": str(path)}
    assert "cut.pth" in check_refuses(TimmAdapter(), "efficientnet_lite0", FileFormatError, options)
