"""The words in a tensor's name that say it is no weight, by reason. Lower case, without numbers.

They come from the state dicts of transformers, timm, torchvision, fairseq, flax, keras, speech and
graph libraries; ``benchmarks/evidence/names.py`` tests them against the modules themselves.
"""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TABLES = _set(
    "embed embeds embedding embeddings embedder emb embs table encoding encodings enc bias biases "
    "wpe posemb"
)
# A table of places is so called; a relation is one only where it is relative (``RELATIVE``).
PLACES = _set("pos position positions positional relative distance wpe posemb sinusoid sinusoidal")
FLOORS = _set("row rows column columns col cols level levels")
RELATIVE = _set("rel rels")
# Where ``rel_emb`` is a table of relative places; elsewhere it holds the relations of a graph.
ATTENTION = _set("attn attention attentions mhsa encoder decoder transformer bert deberta block")
# Words of a layer: a projection of positions is no table of them.
LAYERS = _set("proj projs projection projections projector project linear dense fc mlp conv lin")
BIASES = _set("bias biases offset offsets")
# As the tensor's own name; a module of that name is an embedding like that of a vocabulary.
PARTS = _set(
    "segment segments seg type temporal spatial frame frames time height width channel view views "
    "cam cams camera modality"
)
FOURIER = _set("dct dft fft stft fourier cqt")

# Whole names of one library, which words would not tell.
OWN_NAMES: dict[str, str | None] = {
    "D": "scale",  # Mamba, S4: the skip of each channel
    "Ds": "scale",
    "ssm_a": "scale",  # GGUF's name of Mamba's A
    "r_k": "scale",  # RWKV-7: the bonus of each head
    "weight_g": "scale",  # weight norm
    "weight_integer": "buffer",  # I-BERT keeps the rounded weight beside the weight
    "fb": "fixed transform",  # torchaudio's mel filter bank
    "melW": "fixed transform",
    "filt": "fixed transform",
    "index": "buffer",
    "eye": "buffer",
    "wsin": "fixed transform",  # nnAudio
    "wcos": "fixed transform",
    "token_embedding": None,  # the vocabulary
    "token_embeddings": None,
    "token_type_embeddings": None,
}
# The same, of a tensor that a module owns: alone it may be any matrix.
OWNED_NAMES = {
    "query": "token",  # what an attention pool asks; a matrix of queries is one of a layer
    "seed": "token",  # of a set transformer
    "const": "token",  # StyleGAN's constant input
}
# Reason; the words of which a name has one; the words of which it has another, if any need be. The
# first line that fits counts.
SAYINGS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("optimizer state", _set("exp square max grad"), _set("avg avgs inf ema")),
    ("optimizer state", _set("momentum"), _set("buffer buf")),
    ("optimizer state", _set("adam adagrad adamw"), _set("m v")),
    ("optimizer state", _set("grad grads moment moments"), _set("")),
    ("optimizer state", _set("acc state"), _set("sum delta")),
    ("optimizer state", _set("preconditioner preconditioners"), _set("")),
    ("moving average", _set("avg average averages averaged ema"), _set("")),
    ("moving average", _set("embed embedding codebook cluster code"), _set("sum size usage count")),
    ("token", _set("token tokens latent latents prompt prompts probe queries cls ctx"), _set("")),
    ("token", _set("query"), _set("embed embedding embeddings emb feat feats attention latent")),
    ("token", _set("null uncond unconditional"), _set("")),
    ("token", _set("mask masked no not"), TABLES - BIASES),
    ("queue", _set("queue queues"), _set("")),
    ("queue", _set("memory"), _set("bank")),
    (
        "fixed transform",
        _set("mel"),
        _set("filter filters filterbank bank basis scale fb w"),
    ),
    ("fixed transform", FOURIER, _set("basis bases filters matrix mat real imag cos sin")),
    ("fixed transform", _set("forward inverse cos sin"), _set("basis bases")),
    ("fixed transform", _set("resample upsample downsample up down lowpass"), _set("filter")),
    ("fixed transform", _set("blur gaussian haar wavelet"), _set("kernel filter filters weight")),
    ("fixed transform", _set("sobel laplacian"), _set("")),
    ("position table", PLACES | RELATIVE, _set("")),
    ("position table", _set("rope rotary freq freqs frequency frequencies cos sin"), _set("")),
    ("position table", _set("alibi slope slopes pe ape rpe"), _set("")),
    ("position table", FLOORS | PARTS, TABLES - BIASES),
    ("fixed transform", _set("filterbank filterbanks fbank fbanks window windows"), _set("")),
    ("bias", BIASES, _set("")),
    ("mask", _set("mask masks tril triu"), _set("")),
    ("scale", _set("beta betas gamma gammas alpha alphas lambda lambdas tau log logs"), _set("")),
    ("scale", _set("gain gains scale scales scaler scaling temperature temperatures"), _set("")),
    ("scale", _set("decay decays magnitude modulation modulate multiplier sigma rho"), _set("")),
    ("scale", _set("time"), _set("first mix maa faaaa mixing")),
    ("scale", _set("a lambda"), _set("real imag re im")),
    ("buffer", _set("running moving mean means var variance std tracked"), _set("")),
    ("buffer", _set("idx idxs indices ids coords coord coordinates"), _set("")),
    ("buffer", _set("anchor anchors priors aabb grid grids"), _set("")),
    ("buffer", _set("default prior"), _set("box boxes frames")),
    ("buffer", _set("zero zeros qzeros absmax noise noises eps epsilon"), _set("")),
)
