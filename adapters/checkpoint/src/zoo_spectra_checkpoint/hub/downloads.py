"""Files that are not read by range: fetched whole into the hub's cache, by huggingface_hub."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from zoo_spectra.errors import NetworkError, ZooSpectraError
from zoo_spectra_checkpoint.hub.asking import HubFile
from zoo_spectra_checkpoint.hub.refusals import TOKEN
from zoo_spectra_checkpoint.hub.watching import Stalled, watched

LEAST = 100_000  # bytes a second, on the whole
START = 30.0  # seconds that a small file may take


def downloaded(file: HubFile) -> Path:
    """The file in the local cache, fetched now. Raises NetworkError when it cannot be had."""
    seconds = START + file.size / LEAST
    try:
        path = watched(lambda _: _download(file), seconds)
    except Stalled:
        raise NetworkError(
            f"{file.where}: not fetched after {seconds:,.0f} s; fetch it with "
            f"`hf download {file.place.name} {file.file}`, and it is read from the cache"
        ) from None
    except ZooSpectraError:
        raise
    except Exception as error:  # of the hub's client: no room, a cut line, a token
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise NetworkError(
            f"{file.where}: cannot be fetched ({said}); run it again, or see whether there is room "
            f"on the disk and the token is right ({TOKEN})"
        ) from error
    if path.stat().st_size != file.size:
        raise NetworkError(
            f"{file.where}: {path.stat().st_size:,} bytes came of {file.size:,}; remove {path} and "
            "run it again"
        )
    return path


def _download(file: HubFile) -> Path:
    from huggingface_hub import hf_hub_download

    line = file.place.line
    return Path(
        hf_hub_download(
            file.place.name,
            file.file,
            revision=file.place.revision,
            token=line.token or None,
            endpoint=line.address,
            library_name="zoo_spectra",
            tqdm_class=_silent(),
        )
    )


def _silent() -> Any:
    """A progress bar that shows nothing: a run has its own."""
    base: Any = import_module("tqdm").tqdm

    def begin(self: Any, *args: Any, **settings: Any) -> None:
        base.__init__(self, *args, **{**settings, "disable": True})

    return type("Silent", (base,), {"__init__": begin})
