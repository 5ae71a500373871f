"""Correlations between inputs, from the pairs that are stated to a matrix of all of them.

A pair that nobody states gets the value of the maximum-determinant completion: the one joint normal distribution that
has the stated correlations and assumes nothing else, in which two inputs are independent given the others wherever
their pair is not stated (Dempster 1972, covariance selection). A chain of 0.8 and 0.5 so has 0.4 between its ends.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from llmcost.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    Matrix: TypeAlias = np.ndarray[Any, Any]  # square, of floats

Link = tuple[str, str, float]  # two paths and their correlation

_ROUNDING = 1e-9  # by which an eigenvalue may be below zero
_INWARD = 1e-6  # relative: a set on the very edge of what is possible is moved inwards by so much
_MISSED = 1e-7  # by which a completion may miss a stated pair
_MOST_STEPS = 100
_LARGEST = 1e9  # of the inverse: beyond it no completion exists


@lru_cache(maxsize=16)
def correlation_factor(links: tuple[Link, ...]) -> "tuple[tuple[str, ...], Matrix]":
    """The paths in order, and L with L·Lᵀ their correlations. Raises InputError for a set that nothing can have."""
    import numpy as np

    paths = tuple(sorted({path for first, second, _ in links for path in (first, second)}))
    found = _completed(paths, links)
    if found is None:
        impossible = _least(paths, list(links))
        pairs = "; ".join(f"{first} and {second}: {rho:g}" for first, second, rho in impossible)
        raise InputError(
            f"no inputs can have these correlations together: {pairs}",
            where="correlate",
            hint="bring one of them nearer to zero, or leave one out and it follows from the others",
        )
    try:
        return paths, np.linalg.cholesky(found)
    except np.linalg.LinAlgError:  # an input that is a function of others
        values, vectors = np.linalg.eigh(found)
        return paths, vectors * np.sqrt(np.maximum(values, 0.0))


def _least(paths: tuple[str, ...], links: list[Link]) -> list[Link]:
    """The stated pairs without those that are possible or not all the same."""
    for link in list(links):
        fewer = [other for other in links if other is not link]
        if fewer and _completed(paths, tuple(fewer)) is None:
            links = fewer
    return links


def _completed(paths: tuple[str, ...], links: tuple[Link, ...]) -> "Matrix | None":
    """All correlations between the paths; None where the stated ones cannot hold together."""
    import numpy as np

    same = _merged(paths, links)
    if same is None:
        return None
    kept = sorted({leader for leader, _ in same.values()})
    stated: dict[tuple[int, int], float] = {}
    for first, second, rho in links:
        (one, sign), (other, other_sign) = same[first], same[second]
        value = rho * sign * other_sign
        if one == other:
            if abs(value - 1) > _ROUNDING:
                return None
            continue
        low, high = sorted((kept.index(one), kept.index(other)))
        if abs(stated.setdefault((low, high), value) - value) > _ROUNDING:
            return None
    matrix = np.eye(len(kept))
    for part in _parts(len(kept), stated):
        within = {pair: rho for pair, rho in stated.items() if pair[0] in part}
        found = _of_part(part, within)
        if found is None:
            return None
        matrix[np.ix_(part, part)] = found
    at = [kept.index(same[path][0]) for path in paths]
    signs = np.array([same[path][1] for path in paths])
    return matrix[np.ix_(at, at)] * np.outer(signs, signs)


def _merged(paths: tuple[str, ...], links: tuple[Link, ...]) -> dict[str, tuple[str, float]] | None:
    """Each path's leader among those that are one and the same but for a sign, and that sign."""
    same = {path: (path, 1.0) for path in paths}
    for first, second, rho in links:
        if abs(rho) < 1:
            continue
        (one, sign), (other, other_sign) = same[first], same[second]
        turn = rho * sign * other_sign
        if one == other and turn != 1:
            return None
        if one != other:
            for path, (leader, own) in same.items():
                if leader == other:
                    same[path] = (one, own * turn)
    return same


def _parts(size: int, stated: dict[tuple[int, int], float]) -> list[list[int]]:
    """Inputs that a chain of stated pairs leads from one to another."""
    label = list(range(size))
    for first, second in stated:
        label = [label[first] if each == label[second] else each for each in label]
    return [[i for i in range(size) if label[i] == each] for each in dict.fromkeys(label)]


def _of_part(part: list[int], stated: dict[tuple[int, int], float]) -> "Matrix | None":
    import numpy as np

    size = len(part)
    known = np.eye(size)
    pairs = []
    for (first, second), rho in stated.items():
        i, j = part.index(first), part.index(second)
        known[i, j] = known[j, i] = rho
        pairs.append((i, j))
    if len(pairs) == size * (size - 1) // 2:
        return known if np.linalg.eigvalsh(known)[0] >= -_ROUNDING else None
    found = _largest_determinant(known, pairs)
    if found is None:  # on the very edge of what is possible, or beyond it
        inward = known * (1 - _INWARD) + np.eye(size) * _INWARD
        found = _largest_determinant(inward, pairs)
    if found is None:
        return None
    width = np.sqrt(np.diagonal(found))
    return found / np.outer(width, width)


def _largest_determinant(known: "Matrix", pairs: list[tuple[int, int]]) -> "Matrix | None":
    import numpy as np

    try:
        return _by_newton(known, pairs)
    except np.linalg.LinAlgError:  # the inverse has run away: nothing is positive definite
        return None


def _by_newton(known: "Matrix", pairs: list[tuple[int, int]]) -> "Matrix | None":
    """The completion of a partly known matrix with the largest determinant; None where none is positive definite.

    Newton on its dual: the inverse K, zero wherever nothing is stated, that minimises trace(K·known) − log det K.
    """
    import numpy as np

    size = len(known)
    at = np.array([(i, i) for i in range(size)] + pairs)
    rows, columns = at[:, 0], at[:, 1]
    twice = np.where(rows == columns, 1.0, 2.0)
    inverse = np.eye(size)
    for _ in range(_MOST_STEPS):
        matrix = np.linalg.inv(inverse)
        slope = twice * (known[rows, columns] - matrix[rows, columns])
        curvature = (
            matrix[np.ix_(rows, rows)] * matrix[np.ix_(columns, columns)]
            + matrix[np.ix_(rows, columns)] * matrix[np.ix_(columns, rows)]
        ) * np.outer(twice, twice) / 2  # fmt: skip
        step = np.linalg.solve(curvature, -slope)
        decrement = float(-(slope @ step))
        if decrement <= 1e-24:
            break
        if not np.isfinite(decrement) or np.abs(inverse).max() > _LARGEST:
            return None
        move = np.zeros((size, size))
        move[rows, columns] = move[columns, rows] = step
        length = 1.0 if decrement < 0.0625 else 1 / (1 + decrement**0.5)  # damped: stays positive definite
        inverse = inverse + length * move
    matrix = np.linalg.inv(inverse)
    return matrix if np.abs(matrix - known)[rows, columns].max() <= _MISSED else None
