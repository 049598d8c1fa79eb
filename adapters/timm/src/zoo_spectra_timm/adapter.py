"""The adapter ``timm``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from zoo_spectra.errors import SourceError
from zoo_spectra.sources import (
    Network,
    NetworkRef,
    Scalar,
    Source,
    check_options,
    fingerprint,
    parse_bool,
    place,
    resolve,
    shown,
)
from zoo_spectra_timm.names import Choice, architectures, family, pretrained
from zoo_spectra_timm.sketch import sketches

MAX_SEED = 2**63 - 1
_SUFFIXES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


class TimmAdapter:
    """``timm:PATTERN?seed=0`` and ``timm:PATTERN?pretrained=true``: architectures by glob.

    Random initialisation is that of ``torch.manual_seed(seed); timm.create_model(name)``. With
    ``pretrained=true`` each architecture's default weights, or those with a tag in the pattern.
    ``checkpoint=FILE`` puts a file's weights into one architecture.
    """

    name = "timm"
    options: Mapping[str, str] = {
        "seed": "random initialisation with this seed (default 0)",
        "pretrained": "true: timm's trained weights, from the hub or its cache",
        "checkpoint": "the weights in this file (safetensors, pt, pth); @samples/ is allowed",
        "max_parameters": "leave out architectures of more: 400000000, or 400M (K, M, G)",
    }

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        """The architectures that match; shapes and sizes without building weights.

        Raises SourceError when none does, or when options contradict one another.
        """
        check_options(self.name, options, self.options)
        limit = _limit(options)
        chosen = _refs(pattern, options)
        known = sketches(choice.name for choice, _ in chosen)
        refs = [
            replace(ref, shapes=known[choice.name].shapes, parameters=known[choice.name].parameters)
            for choice, ref in chosen
        ]
        kept = [ref for ref in refs if limit is None or (ref.parameters or 0) <= limit]
        if not kept:
            least = min(ref.parameters or 0 for ref in refs)
            raise SourceError(
                f"timm:{pattern} has no architecture of at most {limit:,} parameters; the smallest "
                f"has {least:,}: raise max_parameters"
            )
        return kept

    def load(self, ref: NetworkRef) -> Network:
        """Open one network. Raises NetworkError when it cannot be built, fetched or fitted."""
        from zoo_spectra_timm import opening

        tag = ref.metadata.get("tag")
        choice = Choice(str(ref.metadata["architecture"]), str(tag) if tag else "")
        if ref.metadata["weights"] == "pretrained":
            opened = opening.open_pretrained(choice)
        elif ref.metadata["weights"] == "checkpoint":
            opened = opening.open_checkpoint(choice, Path(ref.location))
        else:
            opened = opening.open_random(choice, int(ref.options["seed"]))
        return opened.reading.network(
            opened.walk, ref.name, ref.kind, ref.family, ref.source, ref.metadata
        )


def _refs(pattern: str, options: Mapping[str, str]) -> list[tuple[Choice, NetworkRef]]:
    """What a source names, still without shapes."""
    trained = parse_bool("timm", "pretrained", options.get("pretrained", "false"))
    if trained and "checkpoint" in options:
        raise SourceError("timm: pretrained=true and checkpoint exclude each other; leave one out")
    if "seed" in options and (trained or "checkpoint" in options):
        raise SourceError("timm: seed is for random weights; leave it out, or ask for no others")
    if trained:
        return [(c, _pretrained_ref(c)) for c in pretrained(pattern)]
    if "checkpoint" in options:
        return [_checkpoint_ref(pattern, options["checkpoint"])]
    seed = _seed(options.get("seed", "0"))
    return [(c, _random_ref(c, seed)) for c in architectures(pattern)]


def _random_ref(choice: Choice, seed: int) -> NetworkRef:
    extra: dict[str, Scalar] = {"weights": "random", "seed": seed}
    return _ref(choice, f"{choice.name}/seed{seed}", {"seed": str(seed)}, extra)


def _pretrained_ref(choice: Choice) -> NetworkRef:
    extra: dict[str, Scalar] = {"weights": "pretrained", "tag": choice.tag}
    return _ref(choice, choice.name, {"pretrained": "true"}, extra)


def _checkpoint_ref(pattern: str, file: str) -> tuple[Choice, NetworkRef]:
    choices = architectures(pattern)
    if len(choices) > 1:
        raise SourceError(
            f"timm:{pattern} matches {len(choices)} architectures, and checkpoint={file} is one "
            f"network; name one of them, such as {choices[0].name}"
        )
    path = resolve(file)
    if not os.path.isfile(path):
        raise SourceError(f"timm: checkpoint={file}: {path} is no file; fetch it or mend the path")
    name = f"{choices[0].name}/{shown(path.name.removesuffix(path.suffix))}"
    ref = _ref(choices[0], name, {"checkpoint": place(file)}, {"weights": "checkpoint"})
    return choices[0], replace(ref, location=str(path), fingerprint=fingerprint(path))


def _ref(
    choice: Choice, name: str, options: Mapping[str, str], extra: Mapping[str, Scalar]
) -> NetworkRef:
    kin = family(choice.architecture)
    return NetworkRef(
        source=str(Source("timm", choice.name, options)),
        adapter="timm",
        name=name,
        kind="artificial",
        family=kin,
        options=dict(options),
        metadata={"architecture": choice.architecture, "family": kin, **extra},
    )


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MAX_SEED:
        raise SourceError(f"timm: seed={text!r} must be a whole number from 0 to 2^63 - 1")
    return int(text)


def _limit(options: Mapping[str, str]) -> int | None:
    text = options.get("max_parameters")
    if text is None:
        return None
    found = re.fullmatch("([0-9]{1,18})([KMG]?)", text)
    if not found:
        raise SourceError(
            f"timm: max_parameters={text!r} must be a whole number, such as 400000000 or 400M"
        )
    return int(found[1]) * _SUFFIXES[found[2]]
