"""Shapes without weights, and the cache that remembers them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zoo_spectra_timm import sketch
from zoo_spectra_timm.sketch import Sketch, cache_path, draw, sketches


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "timm.json"


def test_a_second_listing_builds_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sketches(["test_vit", "resnet18"], cache)
    assert first["resnet18"].parameters == 11_689_512
    assert first["test_vit"] == draw("test_vit")
    monkeypatch.setattr(sketch, "meta_model", lambda name: pytest.fail(f"built {name} again"))
    assert sketches(["resnet18", "test_vit"], cache) == first


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


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert sketches(["test_vit"], tmp_path / "file" / "timm.json")["test_vit"].parameters


def test_what_cannot_be_built_is_unknown() -> None:
    assert draw("no_such_architecture") == Sketch(None, None)


def test_the_cache_is_the_users(home: Path) -> None:
    assert cache_path().is_relative_to(home / ".cache" / "zoo_spectra")


def test_a_first_listing_of_many_says_what_it_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch, "MANY", 2)
    names = ["test_vit", "test_resnet"]
    for _ in range(2):
        sketch.sketches(names, tmp_path / "cache.json")
    (record,) = caplog.records
    assert "2 architectures for the first time" in record.getMessage()
