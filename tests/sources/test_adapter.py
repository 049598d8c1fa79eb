"""Finding adapters through real entry points, installed and broken ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from zoo_spectra.errors import AdapterError, SourceError
from zoo_spectra.sources.adapter import adapter_names, get_adapter, list_networks, load
from zoo_spectra.sources.memory import MemoryAdapter


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on sys.path that holds distributions; ``add_plugin`` puts them there."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def add_plugin(folder: Path, name: str, value: str, code: str = "") -> None:
    module = value.partition(":")[0]
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[zoo_spectra.adapters]\n{name} = {value}\n")
    (folder / f"{module}.py").write_text(code)
    sys.modules.pop(module, None)


def test_the_built_in_and_the_plug_ins_use_the_same_door() -> None:
    assert set(adapter_names()) >= {"checkpoint", "connectome", "memory", "timm"}
    assert isinstance(get_adapter("memory"), MemoryAdapter)


def test_an_unknown_adapter_names_the_nearest() -> None:
    with pytest.raises(SourceError, match="unknown adapter 'tim'; did you mean 'timm'"):
        list_networks("tim:resnet18")


def test_a_broken_plug_in_breaks_only_itself(plugins: Path) -> None:
    add_plugin(plugins, "broken", "zs_broken:Adapter", "raise RuntimeError('no licence')")
    assert "broken" in adapter_names()
    assert get_adapter("memory").name == "memory"
    with pytest.raises(AdapterError, match=r"'broken' \(zs_broken:Adapter\) is broken: no licence"):
        get_adapter("broken")


def test_a_plug_in_without_the_verbs_is_refused(plugins: Path) -> None:
    add_plugin(plugins, "empty", "zs_empty:Adapter", "class Adapter: name = 'empty'")
    with pytest.raises(AdapterError, match="no list and load"):
        get_adapter("empty")


def test_two_plug_ins_of_one_name_are_an_error(plugins: Path) -> None:
    add_plugin(plugins, "twin", "zs_twin_a:Adapter")
    add_plugin(plugins, "twin", "zs_twin_b:Adapter")
    with pytest.raises(AdapterError, match="two plug-ins claim the adapter name 'twin'"):
        adapter_names()


def test_an_adapter_can_be_brought_along() -> None:
    adapter = MemoryAdapter({"a": {"w": np.eye(3)}, "ab": {"w": np.ones((2, 2))}})
    extra = {"memory": adapter}
    assert [ref.name for ref in list_networks("memory:a*", extra)] == ["a", "ab"]
    (constituent,) = load("memory:a", extra).constituents()
    np.testing.assert_array_equal(constituent.matrix, np.eye(3))
    with pytest.raises(SourceError, match="matches 2 networks"):
        load("memory:a*", extra)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(SourceError, match="'timm' has no option 'sed'; did you mean 'seed'"):
        list_networks("timm:resnet18?sed=1")
