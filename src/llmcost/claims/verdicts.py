"""A published statement against the figure that its inputs lead to.

A figure holds within a tolerance, a share of the recomputed one. A published range is held against the
extremes of the recomputed one, end by end: most published ranges are such corners.
"""

import math
from typing import Literal, NamedTuple

from llmcost.claims.published import Published
from llmcost.claims.recomputed import Recomputed, said
from llmcost.economics.uncertainty import Figure
from llmcost.wording import digits

End = Literal["low", "high", "both"]
Verdict = Literal["holds", "off", "contradicts", "impossible", "not checkable"]
VERDICTS: tuple[Verdict, ...] = ("holds", "off", "contradicts", "impossible", "not checkable")


class Judgement(NamedTuple):
    """The verdict on one statement. `ratio` is published ÷ recomputed of the end that is furthest off.

    `end` names the published end that is off; `reading` says under which reading it holds, where there
    is more than one.
    """

    verdict: Verdict
    ratio: float | None
    end: End | None
    reading: str
    sentence: str


def judge(published: Published, found: Recomputed, tolerance: float) -> Judgement:
    """Hold the published statement against the recomputed figure."""
    figure = found.figure
    if found.impossible:
        return Judgement("impossible", None, None, "", f"That cannot be: {found.impossible}.")
    beyond = _beyond(published, found, tolerance)
    if beyond is not None:
        return beyond
    if found.missing:
        return Judgement("not checkable", None, None, "", f"Not known: {found.missing}.")
    if found.no_value:
        return Judgement("not checkable", None, None, "", f"It has no value: {found.no_value}.")
    if published.kind == "never" or (figure.value is None and figure.bounds is None):
        return _against_never(published, found)
    if published.kind in ("at_least", "at_most"):
        return _bound(published, found, tolerance)
    if published.kind == "range":
        return _range(published, found, tolerance)
    return _figure(published, found, tolerance)


def _beyond(published: Published, found: Recomputed, tolerance: float) -> Judgement | None:
    """Impossible: a figure that is said to be reached and lies beyond what can be."""
    for limit in found.limits:
        if published.kind == "at_least" and not limit.upper:
            continue  # that more than a little is needed is true of what needs a lot
        over = [value for value in published.reached if limit.excludes(value, tolerance)]
        if not over:
            continue
        value = max(over) if limit.upper else min(over)
        factor = _factor(value, limit.bound, "that bound", found.unit)
        sentence = f"{limit.because[:1].upper()}{limit.because[1:]}: {said(value, found.unit)} {factor}."
        point = found.figure.value if found.figure.value is not None else limit.bound
        return Judgement("impossible", value / point if point else None, None, "", sentence)
    return None


def _against_never(published: Published, found: Recomputed) -> Judgement:
    figure = found.figure
    gives = f"The arithmetic gives {said(figure.value, found.unit) if figure.value is not None else 'never'}"
    gives += f" ({found.ends})" if found.ends else ""
    low, _ = ends(figure)
    if math.isfinite(low) and figure.value is None:
        gives = f"The arithmetic gives {said(low, found.unit)} at the best, and never in the middle"
    elif published.kind == "never" and figure.value is None:
        return Judgement("holds", None, None, "", f"{gives}.")
    return Judgement("off", None, None, "", f"{gives}, the source says {published.text}.")


def _figure(published: Published, found: Recomputed, tolerance: float) -> Judgement:
    stated = published.low
    low, high = ends(found.figure)
    gives = _gives(found)
    middles = [value for value in (found.figure.value, median_of(found.figure)) if value is not None]
    nearest = min(middles, key=lambda middle: abs(stated - middle), default=math.inf)
    if _close(stated, nearest, tolerance):
        ratio = _ratio(stated, nearest)
        return Judgement("holds", ratio, None, "", f"{_gives(found, nearest)}{_within(ratio, tolerance)}.")
    middle = middles[0] if middles else (low + high) / 2
    if low < high and _at_least(stated, low, tolerance) and _at_least(high, stated, tolerance):
        name = found.ends if found.unit != "month" else ""
        reading = f"within {name or 'the range that the inputs allow'}, not at its middle"
        beyond = "low" if stated < low else "high" if stated > high else ""
        where = f"lies within the tolerance of its {beyond} end" if beyond else "lies in it"
        return Judgement("holds", _ratio(stated, middle), None, reading, f"{gives}; the published figure {where}.")
    nearest = low if stated < low else high
    aside = "" if low == high else f" and lies beyond its {'low' if stated < low else 'high'} end"
    if low == high and published.rounds(low):
        aside += "; rounded to the digits that are printed it would be the same"
    shown, given = _apart(stated, nearest, found.unit)
    gives = gives.replace(said(nearest, found.unit), given, 1) if low == high else gives
    sentence = f"{gives}; the published {shown} {_factor(stated, nearest, 'that', found.unit)}{aside}."
    return Judgement("off", _ratio(stated, nearest), None, "", sentence)


def _range(published: Published, found: Recomputed, tolerance: float) -> Judgement:
    low, high = ends(found.figure)
    gives = _gives(found)
    if low == high:
        if _at_least(low, published.low, tolerance) and _at_least(published.high, low, tolerance):
            return Judgement("holds", None, None, "", f"{gives}, within what is published.")
        end: End = "low" if low < published.low else "high"
        nearest = published.low if end == "low" else published.high
        factor = _factor(nearest, low, "that", found.unit)
        return Judgement("off", _ratio(nearest, low), end, "", f"{gives}; the published {end} end {factor}.")
    pairs: dict[End, tuple[float, float]] = {"low": (published.low, low), "high": (published.high, high)}
    wrong = [name for name, (stated, own) in pairs.items() if not _close(stated, own, tolerance)]
    if not wrong:
        return Judgement("holds", _worst(pairs), None, "", f"{gives}.")
    spread = found.figure.spread
    if spread is not None and spread[0] is not None and spread[2] is not None:
        central: dict[End, tuple[float, float]] = {
            "low": (published.low, spread[0]),
            "high": (published.high, spread[2]),
        }
        if all(_close(stated, own, tolerance) for stated, own in central.values()):
            return Judgement("holds", _worst(central), None, "as the 5th to the 95th percentile", f"{gives}.")
    which: End = "both" if len(wrong) == 2 else wrong[0]
    off = [f"the published {name} end {_factor(*pairs[name], 'that', found.unit)}" for name in wrong]
    inside = _at_least(published.low, low, 0) and _at_least(high, published.high, 0)
    around = _at_least(low, published.low, 0) and _at_least(published.high, high, 0)
    aside = "; it lies within the recomputed range" if inside else "; it holds all of it" if around else ""
    return Judgement(
        "off", _worst({name: pairs[name] for name in wrong}), which, "", f"{gives}; {', '.join(off)}{aside}."
    )


def _bound(published: Published, found: Recomputed, tolerance: float) -> Judgement:
    """`at least` has to hold at every end of the ranges; where it does not, it is said how far it does."""
    least = published.kind == "at_least"
    stated = published.low
    low, high = ends(found.figure)
    hard, easy = (low, high) if least else (high, low)
    middle = found.figure.value if found.figure.value is not None else (low + high) / 2
    gives = _gives(found)

    def met(value: float) -> bool:
        return _at_least(value, stated, tolerance) if least else _at_least(stated, value, tolerance)

    ratio = _ratio(stated, middle)
    if met(hard):
        return Judgement("holds", ratio, None, "", f"{gives}{_how_met(published, hard, easy, tolerance)}.")
    far = f"its {_middle(found.figure)[1].split()[-1]} and its" if met(middle) else "its"
    only = f"; only {far} {'high' if least else 'low'} end would do" if low < high and met(easy) else ""
    short = "short of" if least else "beyond"
    return Judgement("off", ratio, None, "", f"{gives}, {short} what is published ({published.text}){only}.")


def _how_met(published: Published, hard: float, easy: float, tolerance: float) -> str:
    """How far from a bound that is met the figure stays; that it is met by the tolerance alone, where it is.

    `hard` is the end that is nearest to missing it, `easy` the other one.
    """
    stated, least = published.low, published.kind == "at_least"
    past = hard - stated if least else stated - hard
    ratio = _ratio(stated, hard)
    if abs(past) <= 1e-9 * abs(stated):
        return "; that is the bound itself, not beyond it" if published.strict else ""
    if past < 0:
        return f"; the bound is met within the tolerance of {tolerance * 100:.3g} % alone"
    if not least and published.reached:  # a best case: what it comes to is held against it
        most = max(hard, easy)
        if _close(stated, most, tolerance):
            return _within(_ratio(stated, most), tolerance)
        short = f", {_times(stated / most)} less than that" if most > 0 else ""
        return f"; “up to” says that {published.text.removeprefix('up to ')} is reached, and the most it comes to is short of it{short}"
    return f"; the published bound is {_times(ratio)} that" if ratio and ratio > 0 and abs(ratio - 1) >= 5e-4 else ""


def ends(figure: Figure) -> tuple[float, float]:
    """The extremes of a figure, both the same where nothing is uncertain; infinite where it never comes."""
    low, high = figure.bounds if figure.bounds is not None else (figure.value, figure.value)
    return (math.inf if low is None else low, math.inf if high is None else high)


def spanned(figure: Figure, unit: str) -> str:
    """A figure in its unit, both ends where there are two."""
    low, high = ends(figure)
    return said(figure.value, unit) if low == high else f"{said(low, unit)} to {said(high, unit)}"


def _gives(found: Recomputed, held: float | None = None) -> str:
    """What it comes to, with one middle, which is named; `held` is the one that a figure is held against."""
    low, high = ends(found.figure)
    name = f" ({found.ends})" if found.ends and (found.unit != "month" or not math.isfinite(high)) else ""
    if low == high:
        return f"The arithmetic gives {said(found.figure.value, found.unit)}{name}"
    middle, where = _middle(found.figure, held)
    inner = "" if middle is None else f", {said(middle, found.unit)} {where}"
    return f"The arithmetic gives {said(low, found.unit)} to {said(high, found.unit)}{name}{inner}"


def _middle(figure: Figure, held: float | None = None) -> tuple[float | None, str]:
    """The expected value, or the median where a figure is held against that one; and which it is."""
    (low, high), median, expected = ends(figure), median_of(figure), figure.value
    if expected is None or median is None:
        return expected if median is None else median, "in the middle"
    if abs(median - expected) <= 1e-3 * (high - low):  # what lies between them comes of the draws
        return expected, "in the middle"
    return (median, "at the median") if held == median else (expected, "expected")


def median_of(figure: Figure) -> float | None:
    """The median of a figure; the number itself where nothing is uncertain."""
    return figure.value if figure.spread is None else figure.spread[1]


def _factor(stated: float, own: float, of: str, unit: str) -> str:
    """`is 2.1 times that`; of nothing, or of the other sign, how far it lies away."""
    ratio = _ratio(stated, own)
    if ratio is None or ratio <= 0:
        return f"lies {said(abs(stated - own), unit)} {'above' if stated > own else 'below'} {of}"
    return f"is {_times(ratio)} {of}"


def _apart(stated: float, own: float, unit: str) -> tuple[str, str]:
    """Both figures, with as many digits as tell them apart."""
    shown, given = said(stated, unit), said(own, unit)
    if shown != given or not math.isfinite(own) or stated == own:
        return shown, given
    scale, sign, after = (100, "", "%") if unit == "share" else (1, "$" if unit == "USD" else "", "")
    for figures in range(4, 17):
        texts = [f"{sign}{value * scale:,.{figures}g}{after}" for value in (stated, own)]
        if texts[0] != texts[1]:
            return texts[0], texts[1]
    return shown, given


def _within(ratio: float | None, tolerance: float) -> str:
    """Said where a figure is not what is published and still holds."""
    if ratio is None or abs(ratio - 1) < 5e-4:
        return ""
    return f"; what is published lies within the tolerance of {tolerance * 100:.3g} %"


def _times(ratio: float) -> str:
    if ratio >= 1e15 or 0 < ratio < 1e-6:
        return f"{ratio:.3g} times"
    if ratio >= 1000:
        return f"{ratio:,.0f} times"
    figures = 3 if digits(ratio, 3) != "1" or ratio == 1 else 8  # 1.0001 is not once
    return f"{digits(ratio, figures)} times"


def _worst(pairs: dict[End, tuple[float, float]]) -> float | None:
    """The ratio that is furthest from 1."""
    ratios = [ratio for pair in pairs.values() if (ratio := _ratio(*pair)) is not None]
    return max(ratios, key=lambda ratio: max(ratio, 1 / ratio) if ratio > 0 else float("inf"), default=None)


def _ratio(published: float, recomputed: float) -> float | None:
    return published / recomputed if recomputed and math.isfinite(recomputed) else None


def _close(stated: float, own: float, tolerance: float) -> bool:
    return math.isfinite(own) and abs(stated - own) <= tolerance * abs(own) + 1e-12


def _at_least(value: float, least: float, tolerance: float) -> bool:
    return value >= least - tolerance * abs(least) - 1e-12
