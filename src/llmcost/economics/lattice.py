"""Where the draws of every input stand: eight shifted copies of one rank-1 lattice, and normal quantiles.

Draw i of copy s stands at `(i·a^j + k_sj) mod n` among n strata of input j; the copies lie at different
places within the strata, so that of each input all draws together are the evenly spaced probabilities.
Each copy alone estimates every mean, and how far the eight lie apart says how far off their mean is
(Cranley and Patterson, 1976; Owen, "Monte Carlo theory, methods and examples", chapter 17).
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

COPIES = 8
# Of all multipliers modulo 2^13 the best in triples among the sixty best in pairs (P2 up to the 40th power);
# of the sixteen that are congruent to it the best in pairs modulo 2^17, the size for 2^20 draws.
MULTIPLIER = 33717


def copies_of(samples: int) -> int:
    """How many copies the draws are made of: eight, fewer of a handful of draws."""
    return max(min(COPIES, samples // 2), 1)


def positions(rank: int, samples: int, seed: int, chunk: slice) -> Any:
    """Where the draws of a chunk stand among the `samples` quantiles of the input of this rank; whole numbers."""
    import numpy as np

    copies = copies_of(samples)
    size = samples // copies
    shifts, places = _shifts(rank, seed, copies)
    draw = np.arange(chunk.start, chunk.stop, dtype=np.int64)
    copy = draw // size
    shift = np.array([math.floor(size * each) for each in shifts], dtype=np.int64)
    stratum = (draw * pow(MULTIPLIER, rank, size) + shift[copy]) & (size - 1)
    return stratum * copies + np.array(places, dtype=np.int64)[copy]


@lru_cache(maxsize=256)
def _shifts(rank: int, seed: int, copies: int) -> tuple[list[float], list[int]]:
    """Each copy's shift as a share of the lattice, and its place within a stratum: the same on every machine."""
    from random import Random

    source = Random(f"{seed} {rank}")  # noqa: S311 - not for secrets; a text seeds it alike everywhere
    shifts = [source.random() for _ in range(copies)]
    order = [source.random() for _ in range(copies)]
    return shifts, sorted(range(copies), key=order.__getitem__)


@lru_cache(maxsize=2)  # an audit asks for the same ones, claim after claim
def normal_quantiles(samples: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Φ⁻¹((i + ½)/N), ascending and not to be written to; the lower half mirrors the upper one exactly."""
    from statistics import NormalDist

    import numpy as np

    half = samples // 2
    quantile = NormalDist().inv_cdf
    shares = (np.arange(half) + half + 0.5) / samples
    upper = np.fromiter(map(quantile, shares.tolist()), float, half)
    quantiles = np.concatenate([-upper[::-1], upper])
    quantiles.flags.writeable = False
    return quantiles
