"""The adapter ``hf``: a repository of the hub is a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from zoo_spectra.errors import NetworkError, SourceError, UnlistedError
from zoo_spectra.sources import (
    Listing,
    Network,
    NetworkRef,
    Reading,
    Scalar,
    Source,
    check_options,
    parse_source,
    shown,
)
from zoo_spectra_checkpoint.adapter import OPTIONS
from zoo_spectra_checkpoint.hub.choosing import STANDARD, Chosen, check_file, choose
from zoo_spectra_checkpoint.hub.line import Line
from zoo_spectra_checkpoint.hub.opening import Opened, opened
from zoo_spectra_checkpoint.hub.refusals import Absent, Missing, TokenRefused, Unreachable
from zoo_spectra_checkpoint.hub.wanted import MAIN, Wanted, wanted
from zoo_spectra_checkpoint.tensors import TensorFile
from zoo_spectra_checkpoint.which import which_of


class HubAdapter:
    """``hf:ORG/NAME@REVISION``: the weights of a model repository, tensor by tensor, by HTTP range.

    The address and the token are huggingface_hub's (HF_ENDPOINT, HF_TOKEN or a log-in); workers on
    other machines get them with the adapter. A network is named ``ORG/NAME``, with its revision
    and its file where they are not the usual ones; its family is ORG unless ``family`` is given.
    """

    name = "hf"
    options: Mapping[str, str] = {
        "file": "a file of the repository (default: model.safetensors, its index, or the same of "
        "pytorch_model.bin)",
        **OPTIONS,
        "family": "the family of this network (default: the repository's owner)",
    }
    describing = frozenset({"family"})

    def __init__(self) -> None:
        self._line = Line()

    def __getstate__(self) -> dict[str, Any]:
        return {"_line": self._line.settled()}

    def list(self, pattern: str, options: Mapping[str, str]) -> Listing:
        """The one repository that a pattern names, at the commit that its revision is now.

        Shapes come from the headers of safetensors files; of others nothing is fetched. Raises
        SourceError where the source is wrong or there is no hub, UnlistedError for what is this
        repository's own trouble: not there (a SourceError too), gated, broken, out of patience.
        """
        check_options(self.name, options, self.options)
        if options.get("family") == "":
            raise SourceError("hf: option family is empty; leave it out, or name a family")
        asked, which = wanted(pattern, options.get("file")), which_of(options)
        check_file(asked)
        try:
            _check_library()
            chosen = choose(self._line, asked)
            found = opened(chosen, which, fetch=False)
        except (TokenRefused, Unreachable) as error:  # all others would say the same
            raise SourceError(str(error)) from error
        except (Missing, SourceError) as error:
            raise Absent(str(error), _ref(asked, asked.name, options)) from error
        except NetworkError as error:
            raise UnlistedError(str(error), _ref(asked, asked.name, options)) from error
        ref = _ref(asked, chosen.place.name, options)
        reading = _reading(found.tensors)
        known = replace(
            ref,
            shapes=reading.shapes if reading else None,
            coverage=reading.coverage if reading else None,
            parameters=found.tensors.parameters() if found.tensors else None,
            fingerprint=_fingerprint(chosen, found),
            metadata=_metadata(chosen, found),
        )
        return Listing((known,))

    def load(self, ref: NetworkRef) -> Network:
        """Open the files at the commit that was listed. Raises NetworkError."""
        _check_library()
        source = parse_source(ref.source)
        file, commit = (str(ref.metadata.get(key) or "") for key in ("file", "commit"))
        asked = wanted(source.pattern, file or source.options.get("file"))
        try:
            chosen = choose(self._line, asked, commit)
        except SourceError as error:
            raise NetworkError(str(error)) from error
        found = opened(chosen, which_of(source.options), fetch=True)
        return _network(found, ref, {**_metadata(chosen, found), **ref.metadata})


def _check_library() -> None:
    try:
        import huggingface_hub  # noqa: F401
    except ImportError as error:
        raise Unreachable(
            "hf: huggingface_hub is not here; pip install 'zoo-spectra-checkpoint[hub]'"
        ) from error


def _ref(asked: Wanted, name: str, options: Mapping[str, str]) -> NetworkRef:
    """What is known of a network by its name alone."""
    which = which_of(options)
    named = {key: value for key, value in options.items() if key in ("family", "key")}
    named |= {"ema": "true"} if which.ema else {}
    label = f"{name}@{asked.revision}" if asked.revision != MAIN else name
    if asked.file not in ("", STANDARD[0]):
        named["file"] = asked.file
        label += f"/{shown(asked.file)}"
    label += f"[{which}]" if which else ""
    return NetworkRef(
        source=str(Source("hf", f"{name}@{asked.revision}", named)),
        adapter="hf",
        name=label,
        kind="artificial",
        family=options.get("family") or name.partition("/")[0],
        options=named,
    )


def _metadata(chosen: Chosen, found: Opened) -> dict[str, Scalar]:
    known: dict[str, Scalar] = {"commit": chosen.place.revision, "file": chosen.file}
    known["format"] = found.format
    return known if found.size is None else {**known, "file_size": found.size}


def _fingerprint(chosen: Chosen, found: Opened) -> str:
    """What changes with the content of the files; with the commit, where that is not known."""
    if not found.etags or not all(found.etags):
        return chosen.place.revision
    return blake2b(" ".join(found.etags).encode(), digest_size=16).hexdigest()


def _reading(file: TensorFile | None) -> Reading | None:
    """What the headers come to; None where they are not known, or ``load`` will refuse."""
    try:
        return file.reading() if file else None
    except NetworkError:
        return None


def _network(found: Opened, ref: NetworkRef, metadata: Mapping[str, Scalar]) -> Network:
    file = found.tensors
    if file is None:
        raise NetworkError(f"{ref.source}: not all of its files were read; run it again")
    network = file.network(ref, metadata)
    notes = tuple(
        f"{name} is not read by range, and was fetched whole into the hub's local cache"
        for name in found.fetched
    )
    return replace(network, notes=network.notes + notes)
