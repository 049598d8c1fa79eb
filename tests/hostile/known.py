"""Every format of checkpoints and every reader of connectomes, as their tables list them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from zoo_spectra_checkpoint.formats import FORMATS
from zoo_spectra_connectome.readers import READERS

SUFFIXES = {("checkpoint", form.name): form.suffixes for form in FORMATS}
for reader in READERS:
    SUFFIXES["connectome", reader.name] = (*reader.suffixes, *(s + ".gz" for s in reader.suffixes))
KNOWN = list(SUFFIXES)
IDS = [f"{door}-{name}" for door, name in KNOWN]


def table(name: str) -> list[Any]:
    """The cases of a format: some are large, so they are made when asked for."""
    return list(import_module(f"tables.{name}").CASES)
