from .catalog import Catalog as Catalog
from .classes import Comparison as Comparison
from .classes import against_nulls as against_nulls
from .classes import classify as classify
from .classes import compare as compare
from .classes import nearest as nearest
from .classes import sweep as sweep
from .errors import ZooSpectraError as ZooSpectraError
from .method import METHOD_VERSION as METHOD_VERSION
from .method import S_EDGES as S_EDGES
from .method import Settings as Settings
from .method import Spectrum as Spectrum
from .method import analyze as analyze
from .runner import Drawing as Drawing
from .runner import Job as Job
from .runner import Summary as Summary
from .runner import make_nulls as make_nulls
from .sources import Adapter as Adapter
from .sources import Constituent as Constituent
from .sources import MemoryAdapter as MemoryAdapter
from .sources import Network as Network
from .sources import NetworkRef as NetworkRef
from .sources import list_networks as list_networks
from .sources import load as load
from .terminal.shown import run as run

__version__: str
