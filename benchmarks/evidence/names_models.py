"""Every architecture of transformers, torchvision and timm, built without weights.

Models are built on the meta device from their default configurations, so nothing is fetched and
no memory is taken. Of each tensor of a state dict is kept what its module says of it.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from zoo_spectra_timm.building import isolated, meta_model, timm_library

LIBRARIES = ("transformers", "timm", "torchvision")
SECONDS = 120  # for one model
# What a default configuration of transformers leaves to the user, by type or by type and class.
_HORIZON = {"prediction_length": 24}
_VOCABULARY = {"vocab_size": 32}
_IMAGES = {"vocabulary_map": {"<image>": 1}}
OPTIONS: dict[str, dict[str, Any]] = {
    "autoformer": _HORIZON,
    "informer": _HORIZON,
    "time_series_transformer": _HORIZON,
    "ministral": {"head_dim": 128},
    "hunyuan_v1_dense": {"head_dim": 128},
    "hunyuan_v1_moe": {"head_dim": 128},
    "wav2vec2-bert": _VOCABULARY,
    "wav2vec2-conformer": _VOCABULARY,
    "esm": {"vocab_size": 33, "pad_token_id": 1},
    "chameleon": _IMAGES,
    "emu3": _IMAGES,
    "nemotron": {"num_key_value_heads": 48},
    "timm_backbone": {"backbone": "resnet18"},
    "beit/BeitForSemanticSegmentation": {"out_indices": [3, 5, 7, 11]},
    "reformer/ReformerModelWithLMHead": {"is_decoder": True},
}
Build = Callable[[], nn.Module]


@dataclass(frozen=True)
class Tensor:
    """One tensor of a state dict: its name, and the module that owns it.

    ``owner`` is the module's class, ``bases`` the classes of torch and of the library that it
    derives from, ``parent`` the class of the module that holds the owner, ``key`` the name within
    the owner.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    owner: str
    bases: tuple[str, ...]
    parent: str
    key: str
    buffer: bool


@dataclass(frozen=True)
class Built:
    """The tensors of one model, or why it could not be built."""

    library: str
    model: str
    tensors: tuple[Tensor, ...] = ()
    failure: str = ""


def models(libraries: tuple[str, ...] = LIBRARIES) -> Iterator[Built]:
    """All models, built one after the other."""
    listing = {"torchvision": _torchvision, "timm": _timm, "transformers": _transformers}
    for library in libraries:
        for name, build in listing[library]():
            yield _built(library, name, build)


def tensors_of(model: nn.Module) -> tuple[Tensor, ...]:
    """The tensors of ``model.state_dict()``, each with its owner."""
    modules = dict(model.named_modules(remove_duplicate=False))
    found = []
    for name, tensor in model.state_dict().items():
        path, _, key = name.rpartition(".")
        while path not in modules:  # a parameter of a ParameterDict has dots of its own
            path, _, more = path.rpartition(".")
            key = f"{more}.{key}"
        owner = modules[path]
        parent = modules[path.rpartition(".")[0]] if path else owner
        found.append(
            Tensor(
                sys.intern(name),
                tuple(tensor.shape),
                str(tensor.dtype).removeprefix("torch."),
                type(owner).__name__,
                tuple(kind.__name__ for kind in type(owner).__mro__[1:-2]),
                type(parent).__name__,
                sys.intern(key),
                key in owner._buffers,
            )
        )
    return tuple(found)


def _built(library: str, name: str, build: Build) -> Built:
    try:
        with _quiet(), _limited(SECONDS):
            return Built(library, name, tensors_of(build()))
    except Exception as error:  # a model may refuse for any reason; the reasons are published
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return Built(library, name, failure=re.sub(r" from '[^']*'", "", said)[:160])


def _timm() -> Iterator[tuple[str, Build]]:
    for name in timm_library().list_models():
        yield name, lambda name=name: meta_model(name)


def _torchvision() -> Iterator[tuple[str, Build]]:
    timm_library()  # repairs torchvision beside a CPU build of torch
    from torchvision.models import get_model, get_model_builder, list_models

    def build(name: str) -> nn.Module:
        parameters = inspect.signature(get_model_builder(name)).parameters
        options = {key: None for key in ("weights", "weights_backbone") if key in parameters}
        try:
            with isolated(0), torch.device("meta"):
                return get_model(name, **options)
        except NotImplementedError:  # RegNet computes its widths with tensors
            return get_model(name, **options)

    for name in list_models():
        yield name, lambda name=name: build(name)


def _transformers() -> Iterator[tuple[str, Build]]:
    """Of each type of model its bare model, then all that the Auto classes make of it."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # before any import: a configuration may ask for a file
    timm_library()
    with _quiet():
        auto = importlib.import_module("transformers.models.auto.modeling_auto")
    mappings = [name for name in dir(auto) if name.startswith("MODEL") and name.endswith("MAPPING")]
    mappings.sort(key=lambda name: name != "MODEL_MAPPING")
    seen: set[tuple[str, str]] = set()
    for mapping in mappings:
        table = getattr(auto, mapping)
        for model, kinds in table._model_mapping.items():
            for kind in kinds if isinstance(kinds, (tuple, list)) else (kinds,):
                if (model, kind) not in seen:
                    seen.add((model, kind))
                    yield f"{model}/{kind}", _from_default(table, model, kind)


def _from_default(table: Any, model: str, kind: str) -> Build:
    """What builds the class ``kind`` from the default configuration of the type ``model``."""
    options = OPTIONS.get(f"{model}/{kind}", OPTIONS.get(model, {}))

    def build() -> nn.Module:
        load = table._load_attr_from_module
        config, made = load(model, table._config_mapping[model]), load(model, kind)
        with isolated(0), torch.device("meta"):
            built: nn.Module = made(config(**options))
            return built

    return build


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Raises TimeoutError after so many seconds."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
