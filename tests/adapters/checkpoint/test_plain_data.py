"""Plain data beside the weights is no reason to refuse them; whatever else a file names is."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import enum
import fractions
import pathlib
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import zoo_spectra as zs
from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra.testing import check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter


def weight() -> torch.Tensor:
    return torch.randn(9, 12, generator=torch.Generator().manual_seed(24))


class Colour(enum.Enum):
    RED = 1


class Settings:
    """A class of the program that has saved the file."""


PLAIN: dict[str, Any] = {
    "a number of numpy's": np.float64(0.9),
    "a small number of numpy's": np.int8(3),
    "a truth of numpy's": np.bool_(True),
    "a history": np.arange(4.0),
    "a table": np.ones((5, 5)),
    "texts": np.array(["a", "bc"]),
    "a type of numpy's": np.dtype("<f4"),
    "arguments": argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath("runs")),
    "a namespace": SimpleNamespace(a=1),
    "a path": pathlib.PosixPath("runs"),
    "a date": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    "a day": datetime.date(2024, 1, 1),
    "a time span": datetime.timedelta(seconds=3),
    "a time": datetime.time(3, 4),
    "a counter": collections.Counter(a=1),
    "a default dict": collections.defaultdict(list, a=[1]),
    "a queue": collections.deque([1, 2], maxlen=3),
    "a set": {1, 2},
    "a frozen set": frozenset({1}),
    "a complex number": 3 + 4j,
    "a range": range(3),
    "a slice": slice(1, 2),
    "a type": int,
    "an id": uuid.UUID(int=3),
    "a decimal": decimal.Decimal("1.5"),
    "a fraction": fractions.Fraction(1, 3),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("what", PLAIN)
def test_plain_data_is_passed_over(what: str, protocol: int, old: bool, tmp_path: Path) -> None:
    torch.save(
        {"state_dict": {"a.weight": weight()}, "beside": PLAIN[what]},
        tmp_path / "a.pt",
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=not old,
    )
    [only] = zs.load(f"checkpoint:{tmp_path}/a.pt").constituents()
    np.testing.assert_array_equal(only.matrix, weight())


FOREIGN = {
    "a class of the program": (Settings(), "Settings"),
    "one of a choice": (Colour.RED, "Colour"),
    "a function": (pathlib.Path.exists, "getattr"),
    "a layer": (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    "an exception": (ValueError("x"), "ValueError"),
    "a generator of numpy's": (np.random.default_rng(3), "numpy.random"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_all_else_is_refused_by_its_name(what: str, tmp_path: Path) -> None:
    content, name = FOREIGN[what]
    torch.save({"state_dict": {"a.weight": weight()}, "beside": content}, tmp_path / "a.pt")
    said = check_refuses(CheckpointAdapter(), f"{tmp_path}/a.pt", UnsafeFileError)
    assert name in said
    assert "state_dict() alone" in said


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numpys_are_weights(
    order: Any, dtype: str, protocol: int, tmp_path: Path
) -> None:
    array = np.asarray(weight().numpy(), dtype, order=order)
    content = {"model": {"a.weight": array, "b.weight": torch.ones(3, 4)}}
    torch.save(content, tmp_path / "a.pt", pickle_protocol=protocol)
    found = {c.name: c.matrix for c in zs.load(f"checkpoint:{tmp_path}/a.pt").constituents()}
    assert sorted(found) == ["a.weight", "b.weight"]
    np.testing.assert_array_equal(found["a.weight"], array)


def test_an_array_of_objects_among_the_weights_is_refused(tmp_path: Path) -> None:
    content = {"a.weight": weight(), "b.weight": np.array([[None, 1]], dtype=object)}
    torch.save(content, tmp_path / "a.pt")
    said = check_refuses(CheckpointAdapter(), f"{tmp_path}/a.pt", FileFormatError)
    assert "b.weight" in said


def test_a_state_dict_may_be_any_kind_of_dict(tmp_path: Path) -> None:
    for kind in (dict, collections.OrderedDict, lambda d: collections.defaultdict(list, d)):
        torch.save({"model": kind({"a.weight": weight()})}, tmp_path / "a.pt")
        [only] = zs.load(f"checkpoint:{tmp_path}/a.pt").constituents()
        np.testing.assert_array_equal(only.matrix, weight())
