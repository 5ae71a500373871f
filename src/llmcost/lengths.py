"""How long requests are, one by one: a log-normal distribution with a stated mean and 99th percentile.

This is no doubt about a figure: every month holds long and short requests, whatever is known of them. Lengths decide
which share of the requests pays a long-context price and how long the slowest answers take; the mean cost is that of
the mean length otherwise. With R = p99/mean the spread solves ln R = z·σ − σ²/2, z the 99th percentile of the normal
distribution: the smaller of the two roots, σ = z − √(z² − 2·ln R). No log-normal distribution has an R above e^(z²/2).
"""

import math
from typing import Any, NamedTuple

from llmcost.arithmetic import Number, is_array, maximum, minimum
from llmcost.distributions import normal_cdf
from llmcost.number import QuantityError

Z_P99 = 2.3263478740408408
LARGEST_RATIO = math.exp(Z_P99 * Z_P99 / 2)  # 14.97


class LengthDistribution(NamedTuple):
    """Tokens of one request: log-normal of this mean, σ its standard deviation on the log scale (0: all are alike)."""

    mean: Number
    sigma: Number

    def quantile(self, z: Number) -> Number:
        """The length at normal quantile z (2.326 for the 99th percentile), in tokens: mean·e^(σ·z − σ²/2)."""
        power = self.sigma * z - self.sigma * self.sigma / 2
        if is_array(power):
            import numpy as np

            longer: Number = self.mean * np.exp(power)
            return longer
        return self.mean * math.exp(power)

    def share_above(self, threshold: float) -> Number:
        """The share of the requests that are longer than so many tokens."""
        return self._above(threshold, -0.5)

    def token_share_above(self, threshold: float) -> Number:
        """The share of all tokens that lies in requests longer than so many tokens."""
        return self._above(threshold, 0.5)

    def _above(self, threshold: float, moved: float) -> Number:
        """Φ(ln(mean/threshold)/σ ± σ/2); 0 or 1 where all are alike."""
        if threshold <= 0:
            return 1.0
        if not is_array(self.mean) and not is_array(self.sigma):
            if self.sigma == 0 or self.mean <= 0:
                return 1.0 if self.mean > threshold else 0.0
            return float(normal_cdf(math.log(self.mean / threshold) / self.sigma + moved * self.sigma))
        import numpy as np

        mean, sigma = np.broadcast_arrays(np.asarray(self.mean, float), np.asarray(self.sigma, float))
        spread = (sigma > 0) & (mean > 0)
        z = np.log(np.where(spread, mean, threshold) / threshold) / np.where(spread, sigma, 1.0) + moved * sigma
        found: Any = np.where(spread, normal_cdf(z), mean > threshold)
        return found  # type: ignore[no-any-return]


def sigma_of(mean: Number, p99: Number) -> Number:
    """σ of lengths with this mean and 99th percentile; the nearest that there is where no distribution has both."""
    ratio = minimum(maximum(p99 / maximum(mean, 1e-30), 1.0), LARGEST_RATIO)
    if is_array(ratio):
        import numpy as np

        return Z_P99 - np.sqrt(np.maximum(Z_P99 * Z_P99 - 2 * np.log(ratio), 0.0))  # type: ignore[no-any-return]
    return Z_P99 - math.sqrt(max(Z_P99 * Z_P99 - 2 * math.log(ratio), 0.0))


def check_lengths(mean: Any, p99: Any) -> None:
    """Raise QuantityError for a 99th percentile that no log-normal distribution of this mean has, at any end of a range."""
    least, most = (getattr(mean, end, mean) for end in ("low", "high"))
    low, high = (getattr(p99, end, p99) for end in ("low", "high"))
    if low <= most:
        raise QuantityError(
            f"the 99th percentile {low:g} is not above the mean {most:g}", "type {mean: 500, p99: 3650}, p99 the larger"
        )
    if least <= 0 or high > LARGEST_RATIO * least:
        raise QuantityError(
            f"the 99th percentile {high:g} is more than {LARGEST_RATIO:.2f} times the mean {least:g}, "
            "which no log-normal length has",
            "check that both are of the same requests, or give the mean alone",
        )
