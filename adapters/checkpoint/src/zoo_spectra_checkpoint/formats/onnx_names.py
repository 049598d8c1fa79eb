"""What to call the tensors of an ONNX graph, of which exporters leave many without a name.

A name that an author has given is kept, for the rule of names to judge as in any other file; where
an exporter has numbered a tensor, the graph says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zoo_spectra.sources import why_not
from zoo_spectra_checkpoint.formats.onnx_graph import Node
from zoo_spectra_checkpoint.formats.onnx_uses import WEIGHT, Links, Use

# torch.onnx: onnx::MatMul_12, val_12, 12; tf2onnx: const_fold_opt__12; and constants of all.
_NUMBERED = re.compile(
    r"(onnx::\w*|_?val_\d+|\d+|(.*/)?(const|constant)(_\w*?)?(_*\d+)?(_output_0)?(:0)?)(#\d+)?",
    re.IGNORECASE,
)
_NAMED_BY_SCOPE = re.compile(r"/(.+)/[A-Z]\w*")  # torch names an operator by the path of its module
_KERNELS = {"kernel", "recurrent_kernel", "pointwise_kernel", "depthwise_kernel", "w", "weights"}
_KERNELS |= {"depthwise_weights"}
_JUDGED = {"norm", "bias", "scale"}  # what no weight of a layer is, whatever it is called
_SUFFIX = {"norm": ".norm.weight"}


def named(name: str, uses: Sequence[Use], links: Links) -> str:
    """The name under which a tensor is judged."""
    weights = [use for use in uses if use.role == WEIGHT]
    if _NUMBERED.fullmatch(name):
        if weights:
            return _of_layer(weights[0], links) or name
        roles = [use.role for use in uses if use.role]
        return name + _SUFFIX.get(roles[0], f".{roles[0]}") if roles else name
    return _of_layout(name, weights)


def _of_layout(name: str, weights: Sequence[Use]) -> str:
    """A name that says nothing of Keras' layout: ONNX has one of its own."""
    if not weights:
        return name
    bare = name.removesuffix(":0")
    path, sign, own = re.fullmatch(r"(?:(.*)([./]))?([^./]*)", bare, re.DOTALL).groups("")  # type: ignore[union-attr]
    if own in _KERNELS:
        return f"{path}{sign}weight"
    # TensorFlow names a tensor by all the layers that were fused into it.
    if ("/" in name or ";" in name) and why_not(name, (2, 2)) in _JUDGED:
        return f"{weights[0].node.op}/{name.replace('/', '|').replace('.', '|')}/weight"
    return name


def _of_layer(use: Use, links: Links) -> str | None:
    """The name of a numbered weight: by the path of its operator, else by the bias of its layer."""
    node = use.node
    if use.path.computed or use.path.moved:
        return None
    scope = _scope(node)
    if scope:
        return f"{scope}.weight"
    biases = list(node.inputs[2:3]) if node.op in ("Conv", "ConvTranspose", "Gemm") else []
    for value in node.outputs[:1]:
        following = [each for each in links.takers.get(value, ()) if each.op == "Add"]
        biases += [name for each in following for name in each.inputs]
    for bias in biases:
        if bias in links.graph.tensors and bias.endswith(".bias") and not _NUMBERED.fullmatch(bias):
            return f"{bias.removesuffix('bias')}weight"
    return None


def _scope(node: Node) -> str:
    """The path of the module that an operator is of; nothing where it is not written.

    ``blocks.0.attn`` of ``['', 'blocks', 'blocks.0', 'blocks.0.attn', 'linear']``, which torch
    writes beside an operator, or of ``/blocks/blocks.0/attn/MatMul``, which it once called it:
    a member of a list repeats the list's name.
    """
    scopes = re.findall(r"'([^']*)'", node.scopes)
    if scopes[1:]:
        return str(scopes[-2])
    match = _NAMED_BY_SCOPE.fullmatch(node.name)
    if match is None:
        return ""
    parts = match[1].split("/")
    kept = [
        part
        for part, following in zip(parts, [*parts[1:], ""], strict=True)
        if not following.startswith(f"{part}.")
    ]
    return ".".join(kept)
