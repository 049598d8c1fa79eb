"""``nnet:GLOB``: fully connected networks in the text format .nnet, as those of ACAS Xu."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from zoo_spectra import sources
from zoo_spectra.errors import FileFormatError

MOST_BYTES = 100 << 20  # a text file is read whole


class NNetAdapter:
    name = "nnet"
    options = {"family": "what the networks belong to (default: their folder)"}
    describing = frozenset({"family"})  # it changes no matrix

    def list(self, pattern, options):
        found = sources.find_files(self.name, pattern, [".nnet"])
        refs = tuple(self._ref(place, options) for place in found.files)
        return sources.Listing(refs, found.left_out)

    def _ref(self, place, options):
        file = sources.resolve(place)
        return sources.NetworkRef(
            source=str(sources.Source(self.name, sources.literal(place), options)),
            adapter=self.name,
            name=sources.network_name(place),
            kind="artificial",
            family=options.get("family") or sources.folder_name(place),
            fingerprint=sources.fingerprint(file),
            location=str(file),
        )

    def load(self, ref):
        arrays = read(Path(ref.location))
        return sources.network_from_arrays(ref.name, arrays, "artificial", ref.family, ref.source)


def read(path):
    """The weights and biases by name. Raises FileFormatError for a file that is not whole."""
    if path.stat().st_size > MOST_BYTES:
        raise FileFormatError(f"{path}: more than {MOST_BYTES >> 20} MB of text; save it as .npz")
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        rows = [line.strip(" ,").split(",") for line in lines if line[:2] != "//"]
        layers, sizes = int(rows[0][0]), [int(size) for size in rows[1]]
        # Rows 2 to 6 are a flag and what inputs are normalised by.
        numbers = np.array([float(number) for row in rows[7:] for number in row])
    except (ValueError, IndexError) as error:
        raise FileFormatError(f"{path}: not a whole .nnet file: {error}; copy it again") from error
    told = sum(inputs * outputs + outputs for inputs, outputs in pairwise(sizes))
    if len(sizes) != layers + 1 or min(sizes) < 1 or numbers.size != told:
        raise FileFormatError(
            f"{path}: layers of {sizes} have {told} numbers, and {numbers.size} are there; "
            "is the file cut off?"
        )
    arrays, at = {}, 0
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        end = at + inputs * outputs
        arrays[f"layers.{layer}.weight"] = numbers[at:end].reshape(outputs, inputs)
        arrays[f"layers.{layer}.bias"] = numbers[end : end + outputs]
        at = end + outputs
    return arrays
