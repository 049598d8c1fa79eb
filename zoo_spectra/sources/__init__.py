"""Where networks come from.

A network is a list of real matrices (``network``, ``matrices``), named by a source string
(``source``) and opened by an adapter, a plug-in of two verbs (``adapter``): it lists references
(``ref``) and loads them. What it gives is checked (``validation``), and what it raises ends nothing
but itself (``guard``).

Here too is what adapters share: files (``files``; ``globbing`` finds them, ``places`` where they
lie, ``left_out`` what is not taken, ``telling`` how far it is), what a file is by its bytes
(``content``), what reading it may take (``budget``), zip archives and numpy's arrays (``archive``,
``arrays``), the rule of what is a weight (``weights``, ``weight_words``) and of the map that a
network applies with its tensors (``effective``), torch modules and tensors (``torch_module``,
``torch_layers``), arrays in memory (``memory``, ``mapping``), and the sample data (``samples``,
``sample_list``). Plug-in authors import from this room and from ``zoo_spectra.errors``.
"""

from zoo_spectra.sources.adapter import (
    Adapter,
    Adapters,
    adapter_of,
    get_adapter,
    list_networks,
    listed,
    listing,
    load,
    opened,
)
from zoo_spectra.sources.archive import Archive, zip_members
from zoo_spectra.sources.arrays import ArrayHeader, Damaged, array_header, read_array, read_bytes
from zoo_spectra.sources.budget import Budget, Guard, budget_of, is_hole, stored_bytes
from zoo_spectra.sources.content import first_bytes, stand_in
from zoo_spectra.sources.effective import Entry, Fetch, Reading, read
from zoo_spectra.sources.files import (
    Files,
    find_files,
    fingerprint,
    folder_name,
    match_files,
    network_name,
    shown,
)
from zoo_spectra.sources.guard import Escape, guarded
from zoo_spectra.sources.left_out import LeftOut
from zoo_spectra.sources.matrices import (
    Matrix,
    Sparse,
    byte_count,
    canonical,
    entries,
    is_sparse,
    is_symmetric,
    mirrored_tiles,
)
from zoo_spectra.sources.memory import MemoryAdapter, network_from_arrays
from zoo_spectra.sources.name_order import along, keeps_no_order
from zoo_spectra.sources.network import (
    Constituent,
    Kind,
    Network,
    Scalar,
    digest,
    flatten_weight,
)
from zoo_spectra.sources.places import place, resolve
from zoo_spectra.sources.ref import Listing, NetworkRef
from zoo_spectra.sources.samples import SAMPLES, Sample, samples_root
from zoo_spectra.sources.samples import fetch as fetch_samples
from zoo_spectra.sources.source import (
    Source,
    check_options,
    literal,
    parse_bool,
    parse_source,
    plain,
)
from zoo_spectra.sources.telling import counted, tell
from zoo_spectra.sources.torch_layers import unpacked_names
from zoo_spectra.sources.torch_module import (
    dtype_name,
    is_tensor,
    network_from_module,
    read_tensors,
    tensor_array,
    tensor_values,
)
from zoo_spectra.sources.validation import walked
from zoo_spectra.sources.weights import REASONS, not_real, parameter_count, why_not

__all__ = [
    "REASONS",
    "SAMPLES",
    "Adapter",
    "Adapters",
    "Archive",
    "ArrayHeader",
    "Budget",
    "Constituent",
    "Damaged",
    "Entry",
    "Escape",
    "Fetch",
    "Files",
    "Guard",
    "Kind",
    "LeftOut",
    "Listing",
    "Matrix",
    "MemoryAdapter",
    "Network",
    "NetworkRef",
    "Reading",
    "Sample",
    "Scalar",
    "Source",
    "Sparse",
    "adapter_of",
    "along",
    "array_header",
    "budget_of",
    "byte_count",
    "canonical",
    "check_options",
    "counted",
    "digest",
    "dtype_name",
    "entries",
    "fetch_samples",
    "find_files",
    "fingerprint",
    "first_bytes",
    "flatten_weight",
    "folder_name",
    "get_adapter",
    "guarded",
    "is_hole",
    "is_sparse",
    "is_symmetric",
    "is_tensor",
    "keeps_no_order",
    "list_networks",
    "listed",
    "listing",
    "literal",
    "load",
    "match_files",
    "mirrored_tiles",
    "network_from_arrays",
    "network_from_module",
    "network_name",
    "not_real",
    "opened",
    "parameter_count",
    "parse_bool",
    "parse_source",
    "place",
    "plain",
    "read",
    "read_array",
    "read_bytes",
    "read_tensors",
    "resolve",
    "samples_root",
    "shown",
    "stand_in",
    "stored_bytes",
    "tell",
    "tensor_array",
    "tensor_values",
    "unpacked_names",
    "walked",
    "why_not",
    "zip_members",
]
