"""Small files laid out as those of well-known releases: names of columns, sheets, variables."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
from nibabel import cifti2
from scipy.io import savemat

RING = np.array([[0.0, 5, 0], [0, 0, 2], [7, 0, 0]])
CHAIN = np.array([[0.0, 5, 0], [0, 0, 2], [0, 0, 0]])
SYMMETRIC = np.array([[0.0, 5, 7, 1], [5, 0, 2, 0], [7, 2, 0, 3], [1, 0, 3, 0]])
MARKOV = np.array([[0.0, 0.73, 0.001], [0.1, 0, 0.25], [0.4, 1e-5, 0]])
RECTANGLE = np.hstack([MARKOV, MARKOV[:, :2]])
FIRST = 720575940600000001
IDS = [FIRST, FIRST + 1, FIRST + 2]
EDGES = [(0, 1, 5), (1, 2, 2), (2, 0, 7)]
AREAS = ["V1", "V2", "8l"]


def codex(_: Path) -> bytes:
    """The first pair in two neuropils."""
    rows = [(0, 1, "ME_R", 3), (0, 1, "LO_R", 2), (1, 2, "LO_R", 2), (2, 0, "LO_R", 7)]
    text = "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n"
    text += "".join(f"{IDS[a]},{IDS[b]},{where},{n},ACH\n" for a, b, where, n in rows)
    return gzip.compress(text.encode())


def classes(_: Path) -> bytes:
    """The last has no connection."""
    text = "root_id,flow,super_class,class,side\n"
    ids = [*IDS, FIRST + 3]
    kinds = ("optic", "optic", "central", "central")
    text += "".join(
        f"{name},intrinsic,{kind},,left\n" for name, kind in zip(ids, kinds, strict=True)
    )
    return gzip.compress(text.encode())


def coordinates(_: Path) -> bytes:
    return b"pre_root_id,post_root_id,x,y,z\n" + b"".join(
        b"%d,%d,1,2,3\n" % (IDS[a], IDS[b]) for a, b, _ in EDGES
    )


def columns(source: str, target: str, weight: str, **more: object) -> Callable[[Path], bytes]:
    """Feather of three edges."""
    ends = [pa.array([IDS[edge[at]] for edge in EDGES]) for at in (0, 1)]

    def made(_: Path) -> bytes:
        stream = io.BytesIO()
        table = {source: ends[0], target: ends[1], weight: [edge[2] for edge in EDGES], **more}
        feather.write_feather(pa.table(table), stream, compression="lz4")
        return stream.getvalue()

    return made


def table(header: str, row: str) -> Callable[[Path], bytes]:
    """CSV of three edges: ``{a}``, ``{b}`` are the ends, ``{n}`` the weight."""
    lines = [row.format(a=a + 1, b=b + 1, n=n, at=at) for at, (a, b, n) in enumerate(EDGES)]
    return lambda _: "\n".join([header, *lines, ""]).encode()


def cect(_: Path) -> bytes:
    chemical = np.array([[0, 5, 0], [0, 0, 2], [7, 0, 0]])
    connections = {"Generic_CS": chemical.tolist(), "Generic_GJ": (chemical + chemical.T).tolist()}
    return json.dumps({"nodes": ["ADAL", "ADAR", "ADEL"], "connections": connections}).encode()


def matrix(values: np.ndarray, names: list[str] | None = None) -> Callable[[Path], bytes]:
    """CSV, with names or without."""
    rows = [",".join(map(str, row)) for row in values.tolist()]
    if names is not None:
        rows = [f"{name},{row}" for name, row in zip(names, rows, strict=False)]
        rows = [",".join(["", *names, "X", "Y"][: values.shape[1] + 1]), *rows]
    return lambda _: "\n".join([*rows, ""]).encode()


def blanks(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savetxt(stream, values)
    return stream.getvalue()


def workbook(*sheets: str) -> Callable[[Path], bytes]:
    def made(_: Path) -> bytes:
        book, stream = openpyxl.Workbook(), io.BytesIO()
        book.remove(book.active)
        for name in sheets:
            sheet = book.create_sheet(name)
            sheet.append([None, "FRP", "MOp", "MOs"])
            for area, row in zip(("FRP", "MOp", "MOs"), RING.tolist(), strict=True):
                sheet.append([area, *row])
        book.save(stream)
        return stream.getvalue()

    return made


def two_hemispheres(_: Path) -> bytes:
    head = [
        "," + ",".join(["ipsi"] * 3 + ["contra"] * 3),
        "," + ",".join(["FRP", "MOp", "MOs"] * 2),
    ]
    rows = [f"{name},1,2,3,4,5,6" for name in ("FRP", "MOp", "MOs")]
    return "\n".join([*head, *rows, ""]).encode()


CENTRES = "".join(
    f"{name} {at}.5 1.0 -2.0\n" for at, name in enumerate(("lA1", "lA2", "rA1", "rA2"))
)


def tvb(_: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("weights.txt", blanks(SYMMETRIC))
        archive.writestr("centres.txt", CENTRES)
        archive.writestr("tract_lengths.txt", blanks(10 * SYMMETRIC))
        archive.writestr("areas.txt", "1\n2\n3\n4\n")
    return stream.getvalue()


def braingraph(_: Path) -> bytes:
    graph = nx.Graph()
    for at, side in enumerate(("left", "left", "right")):
        graph.add_node(f"{at + 1}", dn_hemisphere=side, dn_name=f"n{at}")
    for a, b, n in EDGES:
        kept = {"number_of_fibers": n, "fiber_length_mean": 20.5, "FA_mean": 0.4}
        graph.add_edge(f"{a + 1}", f"{b + 1}", **kept)
    return "\n".join(nx.generate_graphml(graph)).encode()


def dsi(_: Path) -> bytes:
    """Version 4, with names as bytes in lines."""
    stream = io.BytesIO()
    names = np.frombuffer(b"A_L\nB_L\nC_R\nD_R\n", np.uint8).reshape(1, -1)
    savemat(stream, {"connectivity": SYMMETRIC.astype(np.float32), "name": names}, format="4")
    return stream.getvalue()


def connectogram(_: Path) -> bytes:
    codes, names = ("11", "12", "21", "22"), ("A_L", "B_L", "C_R", "D_R")
    lines = ["data\tdata\t" + "\t".join(each) for each in (codes, names)]
    lines += [
        f"{code}\t{name}\t" + "\t".join(f"{value:g}" for value in row)
        for code, name, row in zip(codes, names, SYMMETRIC, strict=True)
    ]
    return ("\t\n".join(lines) + "\t\n").encode()


def qsiprep(_: Path) -> bytes:
    stream = io.BytesIO()
    made = {}
    for atlas in ("aal116", "schaefer100"):
        for measure in ("radius2_count", "radius2_meanlength"):
            made[f"{atlas}_{measure}_connectivity"] = SYMMETRIC
        made[f"{atlas}_region_ids"] = np.arange(1, 5)
        made[f"{atlas}_region_labels"] = np.array([f"{atlas}_{at}" for at in range(4)], object)
    savemat(stream, made)
    return stream.getvalue()


def pconn(_: Path) -> bytes:
    voxels = [np.array([[at, at, at]]) for at in range(4)]
    shape = {"affine": np.eye(4), "volume_shape": (9, 9, 9)}
    axis = cifti2.ParcelsAxis(list("ABCD"), voxels, [{}] * 4, **shape)
    content: bytes = cifti2.Cifti2Image(SYMMETRIC, header=(axis, axis)).to_bytes()
    return content


def upper(_: Path) -> bytes:
    return "\n".join("\t".join(f"{x:g}" for x in row) for row in np.triu(SYMMETRIC)).encode()


def macaque(_: Path) -> bytes:
    text = "CASE,MONKEY,SOURCE,TARGET,FLNe,STATUS\n"
    for at, (row, column) in enumerate(np.argwhere(MARKOV)):
        value = MARKOV[row, column]
        text += f"{at},BB{at},{AREAS[row]},{AREAS[column]},{value},KNOWN\n"
    return text.encode()


SIDECAR = {"Directed": False, "StorageFormat": "upper", "ValidDiagonal": False}
MEANS = {f"{name}_avg": [0.1, 0.2, 0.3] for name in ("gaba", "ach", "glut", "oct", "ser", "da")}
ROI = "bodyId_pre,bodyId_post,roi,weight\n1,2,A,3\n1,2,B,2\n2,3,A,2\n3,1,A,7\n"
HERM = (
    "Source,Target,Weight,Type\nADAL,ADAR,5,chemical\nADAR,ADEL,2,chemical\n"
    "ADAL,ADEL,1,electrical\nADEL,ADAL,1,electrical\n"
)
NEURONS = (
    "Neuron 1,Neuron 2,Type,Nbr\nADAL,ADAR,S,5\nADAR,ADAL,R,5\nADAR,ADEL,Sp,2\nADEL,ADAR,Rp,2\n"
    "ADEL,ADAL,S,7\nADAL,ADEL,R,7\nADAL,ADAR,EJ,1\nADAR,ADAL,EJ,1\n"
)
FILES: dict[str, Callable[[Path], bytes] | str | bytes] = {
    "codex/connections.csv.gz": codex,
    "codex/classification.csv.gz": classes,
    "codex/synapse_coordinates.csv": coordinates,
    "fafb/proofread_connections_783.feather": columns(
        "pre_pt_root_id", "post_pt_root_id", "syn_count", neuropil=["ME_R", "LO_R", "LO_R"], **MEANS
    ),
    "malecns/connectome-weights-male-cns.feather": columns("body_pre", "body_post", "weight"),
    "hemibrain/traced-total-connections.csv": table("bodyId_pre,bodyId_post,weight", "{a},{b},{n}"),
    "hemibrain/traced-roi-connections.csv": ROI,
    "hemibrain/traced-neurons.csv": "bodyId,type,instance\n1,KC,KC_R\n2,KC,KC_R\n3,PN,PN_R\n",
    "worm/Cook2019HermReader.json": cect,
    "worm/herm_full_edgelist.csv": HERM,
    "worm/NeuronConnect.csv": NEURONS,
    "worm/cook2019_si5.xlsx": workbook("hermaphrodite chemical", "hermaphrodite gap jn symmetric"),
    "microns/synapses_pni_2.csv": table(
        "id,valid,pre_pt_root_id,post_pt_root_id,size,ctr_pt_position_x,ctr_pt_position_y",
        "{at},t,{a},{b},{n},10,20",
    ),
    "allen/oh2014.xlsx": workbook("W_ipsi", "PValue_ipsi", "W_contra", "PValue_contra"),
    "allen/W_ipsi.csv": matrix(RING, ["FRP", "MOp", "MOs"]),
    "allen/normalized_connection_density.csv": two_hemispheres,
    "enigma/strucMatrix_ctx.csv": matrix(SYMMETRIC),
    "enigma/strucMatrix_with_sctx.csv": matrix(SYMMETRIC),
    "enigma/strucMatrix_sctx.csv": matrix(np.ones((3, 8))),
    "enigma/strucLabels_ctx.csv": "L_bankssts,L_cuneus,R_bankssts,R_cuneus\n",
    "tvb/connectivity_76.zip": tvb,
    "tvb/connectivity_76/weights.txt": blanks(SYMMETRIC),
    "tvb/connectivity_76/tract_lengths.txt": blanks(10 * SYMMETRIC),
    "tvb/connectivity_76/average_orientations.txt": blanks(SYMMETRIC[:, :3] / 10),
    "tvb/connectivity_76/centres.txt": CENTRES,
    "braingraph/100307_scale33.graphml": braingraph,
    "dsi/sub-01.count.pass.connectivity.mat": dsi,
    "dsi/sub-01.count.pass.connectogram.txt": connectogram,
    "dsi/sub-01.count.pass.network_measures.txt": (
        "density\t0.5\nclustering_coeff_average(binary)\t0.7\nnetwork_measures\tA_L\tB_L\tC_R\tD_R\n"
        "degree(binary)\t3\t2\t3\t2\n"
    ),
    "qsiprep/sub-01_connectivity.mat": qsiprep,
    "hcp/100307.pconn.nii": pconn,
    "bids/participants.tsv": "participant_id\tage\nsub-01\t31\n",
    "bids/sub-01/sub-01_relmat.dense.tsv": upper,
    "bids/sub-01/sub-01_relmat.json": json.dumps(SIDECAR),
    "macaque/markov2014.csv": macaque,
    "macaque/fln_29x29.csv": matrix(MARKOV, AREAS),
    "macaque/fln_29x91.csv": matrix(RECTANGLE, AREAS),
}


def write(folder: Path, name: str) -> None:
    """One of the files, below a folder."""
    made = FILES[name]
    content = made(folder) if callable(made) else made
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
