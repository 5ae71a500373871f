"""The ways to write that a number is not known exactly, and the `Range` that each of them is.

`{low, high}` with `mid` or `shape`, `{p10, p90}`, `{mode, low, high}` (PERT), `{mean, sd}`, `{choices: {value: chance}}`
and `{samples: FILE.csv, column: x}`. What a mean and a standard deviation belong to follows from the field: a positive
quantity is log-normal, a share beta, a signed one normal, and a price change log-normal on the scale of 1 + r.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from llmcost.distributions import Z90, Range, Scale, Shape, value_at
from llmcost.number import QuantityError, number, shown

Z_P90 = 1.2815515655446004  # the 90th percentile of the normal distribution
MOST_CHOICES = 1000
_OFF = 1e-6  # by which chances may miss 100 %
_FORMS: tuple[tuple[set[str], set[str]], ...] = (
    ({"low", "high"}, {"mid", "shape"}),
    ({"mode", "low", "high"}, set()),
    ({"p10", "p90"}, {"p50"}),
    ({"mean", "sd"}, set()),
    ({"choices"}, set()),
    ({"samples", "column"}, set()),
)
KEYS: set[str] = set().union(*(needed | allowed for needed, allowed in _FORMS))


class Samples(NamedTuple):
    """The numbers of a column, ascending, once its file has been read, the file's name, and its path as written."""

    values: tuple[float, ...]
    name: str
    written: str = ""


def ranged(written: Mapping[Any, Any], scale: Scale) -> float | Range:
    """The range that a mapping states; raises QuantityError."""
    keys = set(written)
    if not any(needed <= keys <= needed | allowed for needed, allowed in _FORMS):
        raise QuantityError(
            "a range takes the keys low, high and, if known, mid and shape; or p10 and p90; mode, low and high; mean and sd; "
            "choices; samples and column",
            "type {low: 90k, high: 220k} or {low: 90k, mid: 120k, high: 220k}",
        )
    if "choices" in keys:
        return _choices(written["choices"], scale)
    if "samples" in keys:
        return _samples(written["samples"], scale)
    figures = {key: number(value) for key, value in written.items() if key != "shape"}
    if "sd" in keys:
        return _mean_and_sd(figures["mean"], figures["sd"], scale)
    low_key, high_key = ("p10", "p90") if "p10" in keys else ("low", "high")
    check_one_unit(str(written[low_key]), str(written[high_key]))
    if "p10" in keys:
        return _percentiles(figures, scale)
    if "mode" in keys:
        return spread(figures["low"], figures["high"], figures["mode"], "pert", scale)
    shape = written.get("shape", "default")
    if shape not in ("default", "uniform", "triangular"):
        raise QuantityError(
            f"unknown shape {shown(shape)}", "type shape: uniform or shape: triangular, or leave it out"
        )
    return spread(figures["low"], figures["high"], figures.get("mid"), shape, scale)


def spread(low: float, high: float, mid: float | None, shape: Shape, scale: Scale) -> float | Range:
    """A range between two ends; its number where they are equal."""
    if low > high:
        raise QuantityError(
            f"the range runs from {low:g} down to {high:g}", f"type the smaller end first: {high:g}..{low:g}"
        )
    if mid is not None and not low <= mid <= high:
        word = "mode" if shape == "pert" else "mid"
        raise QuantityError(f"the {word} {mid:g} lies outside {low:g}..{high:g}", f"type a {word} between the two ends")
    for end in (low, high):
        within(end, scale, f"{end:g}")
    return low if low == high else Range(low, high, mid, scale, shape)


def within(value: float, scale: Scale, written: Any) -> float:
    """The value; raises QuantityError where its scale does not go so far."""
    if scale == "share" and not 0 <= value <= 1:
        hint = "type a share between 0% and 100%"
        if 1 < value <= 100 and "%" not in str(written):
            hint += f"; for {value:g} percent type {value:g}%"
        raise QuantityError(f"the share {shown(written)} lies outside 0% to 100%", hint)
    if scale == "positive" and value < 0:
        raise QuantityError(f"{shown(written)} is negative", "type a number that is zero or more")
    if scale in ("change", "price_change") and value <= -1:
        raise QuantityError(f"{shown(written)} leaves nothing, or less", "type a change above -100%, such as -5%")
    return value


def check_one_unit(low: str, high: str) -> None:
    """Raise QuantityError for a range from a share to an amount, or from percent to a bare number above 1."""
    if "%" not in low + high:
        return
    if "$" in low + high or "%" not in low or ("%" not in high and number(high) > 1):
        hint = f"type {low}..{high}%" if "%" in low and "$" not in low + high else "write both ends in one unit"
        raise QuantityError(f"the range runs from {shown(low)[1:-1]} to {shown(high)[1:-1]}", hint)


def _percentiles(figures: Mapping[str, float], scale: Scale) -> float | Range:
    low, high, middle = figures["p10"], figures["p90"], figures.get("p50")
    if low > high:
        raise QuantityError(f"p10 {low:g} lies above p90 {high:g}", f"type {{p10: {high:g}, p90: {low:g}}}")
    if middle is not None and not low <= middle <= high:
        raise QuantityError(f"p50 {middle:g} lies outside p10 {low:g} to p90 {high:g}", "type a p50 between the two")
    found = spread(low, high, middle, "default", scale)
    return found._replace(z_end=Z_P90) if isinstance(found, Range) else found


def _mean_and_sd(mean: float, sd: float, scale: Scale) -> float | Range:
    if sd < 0:
        raise QuantityError(f"the standard deviation {sd:g} is negative", "type sd: a number that is zero or more")
    within(mean, scale, f"{mean:g}")
    if sd == 0:
        return mean
    found = Range(mean, mean, None, scale, "normal", parameters=(mean, sd))
    if scale == "share":
        if sd * sd >= mean * (1 - mean):
            most = math.sqrt(mean * (1 - mean))
            raise QuantityError(
                f"no share has the mean {mean:g} and the standard deviation {sd:g}",
                f"type an sd below √(mean × (1 − mean)) = {most:.4g}" if most else "type a mean between 0% and 100%",
            )
        weight = mean * (1 - mean) / (sd * sd) - 1
        found = found._replace(shape="beta", parameters=(mean * weight, (1 - mean) * weight))
    elif scale in ("positive", "price_change"):
        whole = mean if scale == "positive" else 1 + mean
        if whole <= 0:
            raise QuantityError(
                f"a positive quantity of mean {mean:g} has no spread", "type a mean above 0, or 0 alone"
            )
        sigma = math.sqrt(math.log1p((sd / whole) ** 2))
        found = found._replace(shape="lognormal", parameters=(math.log(whole) - sigma * sigma / 2, sigma))
    return found._replace(low=float(value_at(found, -Z90, Z90)), high=float(value_at(found, Z90, Z90)))


def _choices(written: Any, scale: Scale) -> float | Range:
    hint = "type choices: {100k: 70%, 150k: 30%}, the value first and then its chance"
    if not isinstance(written, Mapping) or not written:
        raise QuantityError("choices is no mapping of values to chances", hint)
    if len(written) > MOST_CHOICES:
        raise QuantityError(f"{len(written):,} choices; at most {MOST_CHOICES:,} can be carried", "give fewer")
    chances: dict[float, float] = {}
    for value, chance in written.items():
        found = within(number(value), scale, value)
        if found in chances:
            raise QuantityError(f"the choice {shown(value)} stands twice", "give each value once")
        chances[found] = within(number(chance), "share", chance)
    off = math.fsum(chances.values()) - 1
    if abs(off) > _OFF:
        way = "over" if off > 0 else "short of"
        raise QuantityError(f"the chances of the choices are {abs(off) * 100:.4g} points {way} 100 %", hint)
    values = sorted(value for value, chance in chances.items() if chance > 0)
    if len(values) == 1:
        return values[0]
    upto: list[float] = []
    for value in values:
        upto.append((upto[-1] if upto else 0.0) + chances[value] / (1 + off))
    return Range(values[0], values[-1], None, scale, "table", parameters=tuple(values), cumulative=(*upto[:-1], 1.0))


def _samples(written: Any, scale: Scale) -> float | Range:
    if not isinstance(written, Samples):
        raise QuantityError(
            "samples are read from a CSV file that a scenario names",
            "type {samples: FILE.csv, column: x} in a scenario, low..high elsewhere",
        )
    values = written.values
    for end in (values[0], values[-1]):
        try:
            within(end, scale, end)
        except QuantityError as error:
            raise QuantityError(f"{written.name}: {error.what}", "leave out rows that cannot be") from None
    if values[0] == values[-1]:
        return values[0]
    return Range(values[0], values[-1], None, scale, "table", parameters=values)
