"""The benchmark of names judges by modules, on architectures that are quick to build."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.evidence.names import Tally
from benchmarks.evidence.names_models import Built, tensors_of
from benchmarks.evidence.names_truth import is_map


class Tables(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.position_embeddings = nn.Embedding(6, 4)
        self.words = nn.Embedding(9, 4)
        self.norm = nn.LayerNorm((4, 4))
        self.unheard_of = nn.Parameter(torch.ones(4, 4))
        self.register_buffer("attn_mask", torch.ones(4, 4))


def test_modules_tell_what_their_tensors_are() -> None:
    model = nn.ModuleDict({"tables": Tables(), "fc": nn.Linear(4, 4)})
    truth = {tensor.name: is_map(tensor) for tensor in tensors_of(model) if len(tensor.shape) > 1}
    assert truth == {
        "tables.position_embeddings.weight": False,
        "tables.words.weight": True,
        "tables.norm.weight": False,
        "tables.norm.bias": False,
        "tables.unheard_of": None,
        "tables.attn_mask": False,
        "fc.weight": True,
    }


def test_disagreements_are_counted_by_kind() -> None:
    tally = Tally()
    layers = nn.ModuleDict({"level_embed": nn.Linear(4, 4), "tables": Tables()})
    tally.add(Built("timm", "one", tensors_of(layers)))
    tally.add(Built("timm", "two", failure="ValueError: no"))
    figures = tally.figures()
    assert (figures["models"], figures["not_built"]) == (1, 1)
    assert figures["tensors"] == sum(figures["reasons"].values()) == len(layers.state_dict())
    assert (figures["disagreements"], figures["unclear"]) == (1, 1)
    assert tally.listing(tally.disagreements) == [
        {
            "name": "level_embed.weight",
            "module": "Linear",
            "judged": "position table",
            "tensors": 1,
            "of": ["one"],
        }
    ]
