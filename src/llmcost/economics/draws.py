"""The outputs on every draw, worked out in chunks so that memory stays bounded."""

import math
from collections.abc import Callable
from typing import Any

from llmcost.arithmetic import is_array
from llmcost.economics.figure import Figure, Headline, Output, Ratio, known, value_of
from llmcost.economics.lattice import copies_of

CHUNK = 1 << 14
MOST_KEPT = 1 << 14  # draws of what is only drawn, such as every month: a chart has a few hundred dots
MANY, FEW = 1 << 14, 1 << 11  # draws that a quantile is looked for in by way of a few of them
SMALL_STORE = 1 << 18  # more draws are kept as float32: 2^20 of 60 outputs in 240 MB


class Drawn:
    """The outputs on every draw, and each copy's mean of their amounts and of what these are divided by.

    A plain multiple of another output keeps no draws of its own: `multiples` says of which, and how many times.
    """

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.copies = copies_of(samples)
        self.draws: dict[Any, Any] = {}
        self.multiples: dict[Any, tuple[Any, float]] = {}
        self._means: dict[Any, tuple[Any, Any, float]] = {}
        self._spreads: dict[Any, Any] = {}

    def add(self, outputs: Headline, chunk: slice, only_drawn: Callable[[Any], bool]) -> None:
        """Take in what the formulas gave on a chunk of the draws."""
        amounts: dict[int, Any] = {}  # which output holds an amount, by the array's own identity
        for name, output in outputs.items():
            if only_drawn(name):
                self._thin(name, output, chunk)
                continue
            ratio = output if isinstance(output, Ratio) else Ratio(output, 1.0)
            if ratio.amount is None or ratio.over is None or (not is_array(ratio.over) and not ratio.over):
                continue  # unknown, as is what is divided by nothing
            self._add_means(name, ratio, chunk)
            if output is ratio and not is_array(ratio.over) and id(ratio.amount) in amounts and ratio.over > 0:
                self.multiples.setdefault(name, (amounts[id(ratio.amount)], ratio.times / ratio.over))
                continue
            if output is not ratio:
                amounts[id(output)] = name
            self._keep(name, ratio.amount / ratio.over * ratio.times if output is ratio else output, chunk)

    def _add_means(self, name: Any, ratio: Ratio, chunk: slice) -> None:
        import numpy as np

        if name not in self._means:
            self._means[name] = (np.zeros(self.copies), np.zeros(self.copies), ratio.times)
        drawn = chunk.stop - chunk.start
        size = self.samples // self.copies
        here = slice(chunk.start // size, max(chunk.stop // size, chunk.start // size + 1))
        both: Any = (ratio.amount, ratio.over)
        for means, value in zip(self._means[name][:2], both, strict=True):
            if not is_array(value):
                means[here] += value * min(drawn / size, 1.0)
            elif drawn > size:
                means[here] += value.reshape(-1, size).mean(axis=1)
            else:
                means[here] += value.sum() / size

    def _keep(self, name: Any, value: Any, chunk: slice) -> None:
        import numpy as np

        if is_array(value) and value.dtype == bool:
            store: Any = bool
        else:
            store = np.float32 if self.samples > SMALL_STORE else np.float64
        before = self.draws.get(name)
        if before is None and not is_array(value):  # what no range reaches is one number for all draws
            self.draws[name] = np.broadcast_to(np.asarray(value, store), (self.samples,))
            return
        if before is None:
            before = self.draws[name] = np.empty(self.samples, store)
        elif not before.flags.writeable:
            if not is_array(value) and value == before[0]:
                return
            before = self.draws[name] = before.copy()
        before[chunk] = value

    def _thin(self, name: Any, output: Output, chunk: slice) -> None:
        """Keep every so many draws: of a power of two, they are lattices still."""
        import numpy as np

        value: Any = value_of(output)
        every = max(self.samples // MOST_KEPT, 1)
        if name not in self.draws:
            self.draws[name] = np.full(self.samples // every, np.nan)
        here = slice(chunk.start // every, chunk.stop // every)
        self.draws[name][here] = np.nan if value is None else value[::every] if is_array(value) else value

    def of_all(self) -> dict[Any, Any]:
        """Every output's draws; what is another under a second name is the same array, other multiples are left out."""
        same = {name: self.draws[other] for name, (other, times) in self.multiples.items() if times == 1}
        return self.draws | same

    def mean(self, name: Any) -> float | None:
        """The expected value of an output; None where it is not known in every draw."""
        return self._expected(name)[0]

    def _expected(self, name: Any) -> tuple[float | None, float | None]:
        """The expected value, and its standard error: the deviation of the copies' means / √copies."""
        amount, over, times = self._means[name]
        bottom = float(over.mean())
        value = None if bottom <= 0 else known(float(amount.mean()) / bottom * times)
        if value is None or self.copies < 2:
            return value, None
        each = amount / over * times
        return value, known(float(each.std(ddof=1)) / math.sqrt(self.copies))

    def figure(self, name: Any, point: Output, extremes: tuple[float, float] | None, at_corners: bool) -> Figure:
        """One output's figure; `point` is it with every input at its expected value."""
        import numpy as np

        here = known(value_of(point))
        if name not in self._means:
            return Figure(here)
        value, error = self._expected(name)
        other, factor = self.multiples.get(name, (name, 1.0))
        draws = self.draws[other]
        if np.isnan(draws).any():
            return Figure(value)
        low, high = float(draws.min()), float(draws.max())
        first = float(draws[0])
        if low == high or (math.isfinite(first) and high - low <= 1e-12 * abs(first)):
            only = value if value is not None else known(first * factor)  # no range reaches it: the rest is rounding
            return Figure(only, (only, only, only), (only, only), None, True, 0.0)
        if other not in self._spreads:
            self._spreads[other] = quantiles(draws, (0.05, 0.5, 0.95))
        spread: Any = tuple(None if each is None else each * factor for each in self._spreads[other])
        if extremes is None:
            return Figure(value, spread, None, None, True, error)
        below = (float((draws < extremes[0] / factor).mean()), float((draws <= extremes[1] / factor).mean()))
        return Figure(value, spread, (known(extremes[0]), known(extremes[1])), below, at_corners, error)


def drawn(
    headline: Callable[[slice], Headline], samples: int, only_drawn: Callable[[Any], bool] = lambda name: False
) -> Drawn:
    """The outputs on every draw; `headline` gives them on a chunk."""
    found = Drawn(samples)
    for begin in range(0, samples, CHUNK):
        chunk = slice(begin, min(begin + CHUNK, samples))
        found.add(headline(chunk), chunk, only_drawn)
    return found


def quantiles(draws: Any, at: tuple[float, ...]) -> Any:
    """Quantiles of an output; where some draws are infinite (never), of observed values only."""
    import numpy as np

    if not np.isfinite(draws).all():
        return tuple(known(float(q)) for q in np.quantile(draws, at, method="inverted_cdf"))
    if draws.size < MANY:
        return tuple(float(q) for q in np.quantile(draws, at))
    some = np.sort(draws[:: draws.size // FEW])
    return tuple(_quantile(draws, some, share) for share in at)


def _quantile(draws: Any, some: Any, share: float) -> float:
    """The linear quantile, looked for between two values of a few sorted draws that it must lie between."""
    import numpy as np

    around = round(share * (some.size - 1))
    apart = math.sqrt(some.size)  # lattices spread more evenly than chance: twice the deviation, at the least
    low, high = some[max(around - int(apart), 0)], some[min(around + int(apart), some.size - 1)]
    rank = share * (draws.size - 1)
    first = math.floor(rank)
    below = int(np.count_nonzero(draws < low))
    inner = draws[(draws >= low) & (draws <= high)]
    at = first - below
    if not 0 <= at < inner.size - 1:
        return float(np.quantile(draws, share))
    inner.sort()
    return float(inner[at] + (rank - first) * (inner[at + 1] - inner[at]))
