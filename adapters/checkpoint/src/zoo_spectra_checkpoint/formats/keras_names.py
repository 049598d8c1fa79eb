"""What the numbered variables of a Keras file are: by the class of their layer, and by shapes.

Keras 3 writes ``layers/conv2d/vars/0``: its groups have the names of classes or of attributes, an
attribute has the name of the layer, and config.json the class of each layer by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoo_spectra.errors import NetworkError

Shape = tuple[int, ...]
MAX_CONFIG = 64 << 20  # bytes
_CELL = ("kernel", "recurrent_kernel", "bias")
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_CONV = {f"conv{n}d{rest}" for n in (1, 2, 3) for rest in ("", "_transpose")}
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "dense": ("kernel", "bias"),
    "einsum_dense": ("kernel", "bias"),
    **dict.fromkeys(_CONV, ("kernel", "bias")),
    **dict.fromkeys(("depthwise_conv1d", "depthwise_conv2d"), ("depthwise_kernel", "bias")),
    **dict.fromkeys(
        ("separable_conv1d", "separable_conv2d"), ("depthwise_kernel", "pointwise_kernel", "bias")
    ),
    "embedding": ("embeddings",),
    "reversible_embedding": ("embeddings", "reverse_embeddings"),
    "position_embedding": ("position_embeddings",),
    **dict.fromkeys(("lstm_cell", "gru_cell", "simple_rnn_cell", "cell"), _CELL),
    **dict.fromkeys(("conv_lstm_cell",), _CELL),
    **dict.fromkeys(("batch_normalization", "sync_batch_normalization"), _NORM),
    **dict.fromkeys(("layer_normalization", "group_normalization", "rms_normalization"), _NORM),
    "unit_normalization": _NORM,
    "p_re_lu": ("alpha",),
}
_ATTENTION = {f"{part}_dense": part for part in ("query", "key", "value", "output")}
_DEPTHWISE = re.compile(r"(^|_)(depthwise|dw(_?conv)?)(_|\d|$)|dwconv")
# As Keras 1 called them.
_OLD = re.compile(r"(?:.*_)?(W|U|b)(_\d+)?")
_OLD_NAMES = {"W": "kernel", "U": "recurrent_kernel", "b": "bias"}


@dataclass(frozen=True)
class Layers:
    """The class of each layer of a model, in snake_case, and its settings, by its name.

    Both are in the order in which the configuration lists the layers.
    """

    classes: Mapping[str, str]
    settings: Mapping[str, Mapping[str, Any]]

    def hint(self, *names: str) -> str:
        """The class of a layer that has one of these names: as written, else as its name says."""
        for name in names:
            if name in self.classes:
                return self.classes[name]
        for name in names:
            kind = re.sub(r"_\d+$", "", name)
            if kind in _VARIABLES:
                return kind
        return ""


def layers_of(config: str) -> Layers:
    """The layers in a model's configuration; none where it is not legible.

    A name that two classes share says nothing.
    """
    if len(config) > MAX_CONFIG:
        return Layers({}, {})
    try:
        found = json.loads(config) if config else None
    except (ValueError, RecursionError):
        return Layers({}, {})
    classes: dict[str, str] = {}
    settings: dict[str, Mapping[str, Any]] = {}
    for name, kind, given in _listed(found):
        settings.setdefault(name, given)
        classes[name] = kind if classes.get(name, kind) == kind else ""
    return Layers({k: v for k, v in classes.items() if v}, settings)


def _listed(found: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every layer in a configuration, those inside others too."""
    left = [found]
    while left:
        each = left.pop()
        if isinstance(each, list):
            left += reversed(each)
        elif isinstance(each, dict):
            kind, config = each.get("class_name"), each.get("config")
            if isinstance(kind, str) and isinstance(config, dict):
                name = config.get("name")
                if isinstance(name, str):
                    yield name, snake(kind), config
            left += reversed(each.values())


def snake(name: str) -> str:
    """``batch_normalization`` of ``BatchNormalization``, as Keras does it."""
    name = re.sub(r"\W+", "", name.rpartition(">")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def variables(hint: str, owner: str, shapes: Sequence[Shape], where: str) -> tuple[str, ...] | None:
    """The names of a layer's variables; None where neither class nor shapes tell.

    Raises NetworkError where a kernel may be of either of two layouts.
    """
    known = _VARIABLES.get(hint)
    if known is not None and len(shapes) <= len(known):
        fits = known is _NORM or hint.startswith("separable") or _is_kernel_first(shapes)
        if hint.startswith("separable") and len(shapes) < 2:
            fits = False
        if fits and (known is not _CELL or len(shapes) in (2, 3)):
            return known[: len(shapes)]
    if len(shapes) == 3 and _is_cell(shapes):
        return _CELL
    if not _is_kernel_first(shapes) or len(shapes) > 2:
        return None
    kernel = shapes[0]
    if len(kernel) < 3:
        return ("kernel", "bias")[: len(shapes)]
    depthwise = is_depthwise(owner, kernel, shapes[1] if shapes[1:] else None, where)
    return ("depthwise_kernel" if depthwise else "kernel", "bias")[: len(shapes)]


def is_depthwise(owner: str, kernel: Shape, bias: Shape | None, where: str) -> bool:
    """Whether (…, channels, multiplier) is a depthwise kernel, of a layer of no known class."""
    *_, channels, last = kernel
    if _DEPTHWISE.search(owner.lower()):
        return True
    if len(kernel) < 3 or channels == 1 or len(kernel) == 3:
        return False
    if bias is not None and len(bias) == 1 and bias != (last,):
        return bias == (channels * last,)
    if bias is None and last == 1:
        raise NetworkError(
            f"{where}, {kernel}, may be a depthwise kernel or a convolution of one output, and "
            "the file does not say which; save the whole model as .keras"
        )
    return False


def _is_kernel_first(shapes: Sequence[Shape]) -> bool:
    """Whether a kernel is followed by its bias, if any: that of attention has two dimensions."""
    if not shapes or len(shapes[0]) < 2:
        return False
    kernel = shapes[0]
    return all(len(s) < 2 or s == kernel[-len(s) :] != kernel for s in shapes[1:2])


def _is_cell(shapes: Sequence[Shape]) -> bool:
    """(in, gates · u), (u, gates · u), and the bias."""
    kernel, recurrent, bias = shapes
    if len(kernel) != 2 or len(recurrent) != 2 or not bias:
        return False
    wide, units = kernel[1], recurrent[0]
    return recurrent[1] == wide == bias[-1] and units > 0 and wide in (units, 3 * units, 4 * units)


def attention(path: str, siblings: frozenset[str]) -> str:
    """The path of a part of multi-head attention, as its layer is called: ``query``, ``output``."""
    above, _, own = path.rpartition("/")
    plain = own.removeprefix("_")  # as the attribute was called once
    sign = own[: len(own) - len(plain)]
    others = {f"{above}/{sign}query_dense", f"{above}/{sign}output_dense"}
    return f"{above}/{_ATTENTION[plain]}" if plain in _ATTENTION and others <= siblings else path


def written(name: str) -> str:
    """A name of Keras 1 as later ones call it: ``conv1/conv1_W_1:0`` is ``conv1/kernel``."""
    path, slash, own = name.rpartition("/")
    match = _OLD.fullmatch(own.removesuffix(":0"))
    return f"{path}{slash}{_OLD_NAMES[match[1]]}" if match else name
