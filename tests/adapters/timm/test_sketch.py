"""Shapes without weights, and the cache that remembers them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zoo_spectra.sources import tell, telling
from zoo_spectra_timm import sketch
from zoo_spectra_timm.building import timm_library
from zoo_spectra_timm.sketch import Sketch, cache_path, draw, sketches


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "timm.json"


@pytest.fixture
def unshipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a version of timm whose shapes do not come with the package."""
    monkeypatch.setattr(sketch, "_shipped", dict)


@pytest.mark.usefixtures("unshipped")
def test_a_second_listing_builds_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sketches(["test_vit", "resnet18"], cache)
    assert first["resnet18"].parameters == 11_689_512
    assert first["test_vit"] == draw("test_vit")
    monkeypatch.setattr(sketch, "meta_model", lambda name: pytest.fail(f"built {name} again"))
    assert sketches(["resnet18", "test_vit"], cache) == first


@pytest.mark.usefixtures("unshipped")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"rule": [0, 0], "models": {"test_vit": [[[1, 1]], 1]}}',
        '{"rule": RULE, "models": {"test_vit": [[[1]], 1]}}',
        '{"rule": RULE, "models": {"test_vit": 3}}',
        '{"rule": RULE, "models": [1]}',
        '{"rule": RULE}',
    ],
)
def test_a_damaged_or_old_cache_is_built_again(text: str, cache: Path) -> None:
    good = sketches(["test_vit"], cache)
    rule = json.dumps(json.loads(cache.read_text())["rule"])
    cache.write_text(text.replace("RULE", rule))
    assert sketches(["test_vit"], cache) == good
    assert json.loads(cache.read_text())["models"]["test_vit"][1] == good["test_vit"].parameters


@pytest.mark.usefixtures("unshipped")
def test_an_interrupted_listing_keeps_what_it_has(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: str) -> Sketch:
        if name == "test_resnet":
            raise KeyboardInterrupt
        return draw(name)

    monkeypatch.setattr(sketch, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sketches(["test_vit", "test_resnet"], cache)
    assert set(json.loads(cache.read_text())["models"]) == {"test_vit"}


@pytest.mark.usefixtures("unshipped")
def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert sketches(["test_vit"], tmp_path / "file" / "timm.json")["test_vit"].parameters


def test_what_cannot_be_built_is_unknown() -> None:
    assert draw("no_such_architecture") == Sketch(None, None)


def test_the_cache_is_the_users(home: Path) -> None:
    assert cache_path().is_relative_to(home / ".cache" / "zoo_spectra")


@pytest.mark.usefixtures("unshipped")
def test_a_first_listing_of_many_says_what_it_does(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "EVERY", 0.0)
    said: list[str] = []
    with tell(said.append):
        sketches(["test_vit", "test_resnet"], cache)
    assert said[0] == "timm: architectures looked at for the first time: 0 of 2"


def test_what_is_shipped_is_what_is_built() -> None:
    shipped = sketch._shipped()
    names = sorted(name for name in shipped if (shipped[name].parameters or 0) < 50_000_000)
    chosen = np.random.default_rng(0).choice(names, 12, replace=False).tolist()
    assert {name: shipped[name] for name in chosen} == {name: draw(name) for name in chosen}


def test_every_architecture_of_the_pinned_timm_is_shipped(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = timm_library().list_models()
    monkeypatch.setattr(sketch, "meta_model", lambda name: pytest.fail(f"built {name}"))
    found = sketches(names, cache)
    assert sum(one.shapes is not None for one in found.values()) > 1300
    assert not cache.exists()


def test_another_version_of_timm_is_built(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sketch._shipped.cache_clear()
    monkeypatch.setattr(timm_library(), "__version__", "9.9.9")
    assert sketch._shipped() == {}
    assert sketches(["test_vit"], cache)["test_vit"] == draw("test_vit")
    assert cache.exists()
    sketch._shipped.cache_clear()


def test_a_package_of_another_rule_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    sketch._shipped.cache_clear()
    monkeypatch.setattr(sketch, "RULE", -1)
    assert sketch._shipped() == {}
    sketch._shipped.cache_clear()
