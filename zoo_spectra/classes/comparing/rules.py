"""Every threshold of a comparison, with its reason. All are conventions of this package."""

from __future__ import annotations

# Relative residual ‖B - f(A)‖/‖B‖ up to which f explains B, beside the rounding of the types that
# hold them: products and rotations in float32 leave 1e-7 to 5e-7.
EXACT = 1e-6
# A scale this close to 1, and scales of rows and columns this even, are none (rounding again).
SCALE = 1e-4
# A factor for each row and column fits small matrices by itself: entries that are needed for each.
ENTRIES_A_FACTOR = 3
# And they have to leave at most this share of what one scale for all leaves: a change within the
# rounding of the types is no rescaling.
EXPLAINED = 0.5
# Orders that fit only nearly: matched so, perceptrons of two seeds, trained on the same data, had
# cosines of 0.5 to 0.6, and heads of few rows 0.8 to 0.9, which BITS and FOLLOWED refuse too.
MATCHED_COSINE = 0.9
# After a first assignment so far below it nothing is refined: rows by their sorted entries are
# mostly right where a matrix was reordered and changed a little.
HOPELESS = 0.5
# An exact order is looked for before a fine-tune where as much has changed: equal rows and columns
# in another order change more.
REORDERED = 0.5
# Columns that are where the rows before are, for an order to go on along the network: by chance
# it is one of 8! or fewer.
FOLLOWED = 0.9
# Bits by which an order that was looked for has to be better than chance: 2^64 matrices.
BITS = 64
# An order says nothing of a matrix with fewer different values than a quarter of so many entries.
FEW_VALUES = 1024
# Matrices of fewer entries, or of fewer rows and columns than ROWS, are not called unlike.
FEW = 32
# Rows that are matched by an assignment of cost N³; above it only by nearest neighbours.
ASSIGNED = 1024
# Rows and columns of a matrix whose order, or rotation, is looked for: the cost is N²·M.
ORDERED = 8192
# A rotation is known by Gram matrices: of fewer rows they say little, and multiples of the identity
# (an orthogonal initialisation) nothing: the least share of a Gram matrix that is not of it.
GRAM_ROWS, GRAM_SHARE = 8, 0.1
# Gram matrices of unequal rounding: squares double it.
GRAM_EXACT = 5e-6
# Zeros that one has and the other not, as a share of all entries: fewer are chance or underflow.
PRUNED = 0.01
# A difference is of low rank up to this share of the order; that of a training is of full rank. Its
# singular values are so many times beyond the edge of rounding, of which the rest has to be; and an
# update that turns a matrix further than this cosine is none.
LOW_RANK, BEYOND_NOISE, UPDATED_COSINE = 0.25, 1.2, 0.5
# Fine-tuned: rows are more like their own than like others by this much (cosine), and that is so
# many standard deviations beyond random orders (6: once in 10⁹ matrices by chance).
ALIKE, DEVIATIONS = 0.1, 6.0
# Rows whose order says anything; below, and where the order of hidden units says no, only so small
# a change counts as fine-tuned. Where no units are exchangeable MATCHED_COSINE is asked for.
ROWS, SMALL_CHANGE = 8, 0.1
# The order of hidden units is evidence up to this p-value.
SIGNIFICANT = 0.01
DRAWS = 9999
# Rows of a matrix for tests of order, and for how alike each is to its own: time is N²M.
SAMPLED_ROWS, LIKE_ROWS = 1024, 512
# Levels of one block of a quantised matrix, at most 2^8; what is less than 99 % on a grid is none.
MOST_BITS, ON_GRID = 8, 0.99
BLOCKS = (256, 128, 64, 32, 16)
# Of a step: what half precision leaves of the products of levels and scales.
OFF_GRID = 0.1
# Levels rounded to half precision: by half a unit, and a line through them is off by some of that.
# The least of many gaps is a rough guess of a step then, and too small.
HALF, FITTED, ROUGH = 2.0**-11, 0.02, 1.2
A_BLOCK = 32  # bits of a block's scale and offset
TRIED_BLOCKS = 128  # blocks that are looked at, spread over the matrix
# Fine-tuned pairs of so small a share, changed no more than the others, are not the verdict: they
# are too small for what was done to the others (quantised, …) to be seen.
MINOR = 0.05
# A head that is new, of at most this share of the entries, where all else is fine-tuned.
RETRAINED = 0.1
# Shared parts: the least share of the smaller network's entries that are related.
PART = 0.01
# Different shapes: at least this share of entries in pairs of one shape is the same architecture.
SAME_SHAPES = 0.9
# Pairing of what has no namesake: a spectrum decides where it is so many times nearer than the next
# one's, from both sides; else the places along the network do.
NEARER = 4.0
# Extended or cut: pairs of one equal side, at most so far apart along the network, and this alike
# in size.
NEAR_PLACE, NEAR_SIZE = 0.3, 0.25
# Entries of the sample of layers whose spectra, ranks and orders are looked at; all up to here.
SAMPLE_ENTRIES = 100_000_000
# Bytes of matrices that are kept, of each network, where two are not in one order.
KEPT_BYTES = 512 << 20
# A sparse matrix is made dense up to so many entries; above, stored entries alone are compared.
DENSE_ENTRIES = 1 << 24
# Rows of a Fourier transform: at least so long, all but so little of each so near one frequency as
# windows leave it; the sine of frequency zero is silent.
WAVES, BESIDE, REST, SILENT = 32, 4, 1e-3, 1e-9
