"""An audit: every claim of some files worked out again, and a verdict on each.

A claim that is off and rests on another published figure of its source *contradicts* it. A claim
holds if one of its fair readings does, and the verdict says which; what would rescue it is worked
out beside it and changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from llmcost.claims.by_cascade import cascade
from llmcost.claims.by_quantity import arithmetic, labelling, review_savings, training_run
from llmcost.claims.by_scenario import by_scenario
from llmcost.claims.claim import SCENARIO_CALCULATIONS, Claim, ClaimsFile, Question, Reading
from llmcost.claims.expression import Expression, Step
from llmcost.claims.inputs import Path, leaves, merged, quantities_of, reference, references_in
from llmcost.claims.recomputed import Asked, Recomputed, Setting
from llmcost.claims.verdicts import VERDICTS, Judgement, Verdict, judge, spanned
from llmcost.economics.uncertainty import Figure, Sampling
from llmcost.errors import InputError, LlmcostError
from llmcost.estimate import Assumption, Charge, Warning
from llmcost.quantity import Shared

_CALCULATE: dict[str, Callable[[Asked], Recomputed]] = {
    **dict.fromkeys(SCENARIO_CALCULATIONS, by_scenario),
    "cascade": cascade,
    "review_savings": review_savings,
    "labelling": labelling,
    "training_run": training_run,
    "arithmetic": arithmetic,
}


class OtherReading(NamedTuple):
    """The same claim under another reading: whether it holds then, and what it gives."""

    reading: str
    holds: bool
    recomputed: Figure
    sentence: str


class Checked(NamedTuple):
    """One claim with its verdict. `published` is a number, the two ends of a range, or null for `never`.

    `ratio` is published ÷ recomputed, of the end that is furthest off. `contradicts` names the claims
    whose published figures cannot be true together with this one. `inputs`, `steps` and `charges` are how the figure came about.
    """

    source: str
    id: str
    says: str
    at: str
    calculation: str | None
    figure: str | None
    unit: str
    published: float | list[float] | None
    published_text: str
    kind: str
    recomputed: Figure
    ratio: float | None
    end: str | None
    tolerance: float
    verdict: Verdict
    reading: str
    contradicts: list[str]
    readings: list[OtherReading]
    would_hold_if: list[OtherReading]
    explanation: str
    inputs: dict[str, str]
    steps: list[Step]
    charges: dict[str, tuple[Charge, ...]]
    assumptions: list[Assumption]
    warnings: list[Warning]


class AuditedSource(NamedTuple):
    """A source, the file of claims on it, and how many claims got which verdict."""

    file: str
    title: str
    url: str | None
    published_on: str | None
    prices_as_of: date
    counts: dict[str, int]


class Audit(NamedTuple):
    """The result of `audit`. `counts` are the claims by verdict."""

    sources: list[AuditedSource]
    claims: list[Checked]
    counts: dict[str, int]


def audit(
    files: Iterable[ClaimsFile],
    catalog: Any,
    as_of: date,
    sampling: Sampling | None = None,
    *,
    only: Iterable[str] = (),
) -> Audit:
    """Work out every claim of these files again; `only` leaves all but these ids out.

    Raises InputError, with its place, for a claim that cannot be worked out as it is written, and
    UnknownPrice for a price that neither the claim nor the catalog holds.
    """
    wanted = set(only)
    sources, checked = [], []
    for file in files:
        day = file.claims.as_of or as_of
        audited = _Audited(file, Setting(catalog, day, sampling or Sampling()))
        own = [
            audited.checked(i, claim) for i, claim in enumerate(file.claims.claims) if not wanted or claim.id in wanted
        ]
        source = file.claims.source
        sources.append(AuditedSource(file.name, source.title, source.url, source.date, day, counted(own)))
        checked += own
    return Audit(sources, checked, counted(checked))


def counted(claims: Iterable[Checked]) -> dict[str, int]:
    """How many claims got which verdict, in the order of VERDICTS."""
    verdicts = [claim.verdict for claim in claims]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


class _Audited:
    """One file while it is audited: claims are worked out when they are first needed."""

    def __init__(self, file: ClaimsFile, setting: Setting) -> None:
        self.file = file
        self.setting = setting
        self.positions = {claim.id: position for position, claim in enumerate(file.claims.claims)}
        self._done: dict[str, Recomputed] = {}
        self._under_way: list[str] = []

    def checked(self, position: int, claim: Claim) -> Checked:
        """The claim with its verdict."""
        published = claim.published
        assert published is not None  # noqa: S101 - refused when the file was read
        tolerance = claim.tolerance if claim.tolerance is not None else self.file.claims.tolerance
        found = self._recomputed(claim)
        judgement = judge(published, found, tolerance)
        against = self._contradicted(claim) if judgement.verdict == "off" else []
        readings = [self._reading(claim, position, "readings", i, tolerance) for i in range(len(claim.readings))]
        first = next((each for each in readings if each[0].verdict == "holds"), None)
        read_as = judgement.reading
        shown = found
        if judgement.verdict != "holds" and first is not None:
            shown, read_as, against = first[1], first[2].reading, []
            judgement = first[0]._replace(
                sentence=f"{judgement.sentence} Read as {_as(read_as)}: {_lowered(first[0].sentence)}"
            )
            read_as = "; ".join(filter(None, (read_as, first[0].reading)))
        elif against:
            judgement = judgement._replace(verdict="contradicts")
        rescues = [
            self._reading(claim, position, "would_hold_if", i, tolerance) for i in range(len(claim.would_hold_if))
        ]
        kind = published.kind
        return Checked(
            source=self.file.name,
            id=claim.id,
            says=claim.says,
            at=claim.at,
            calculation=claim.calculation or (None if claim.expression is None else "arithmetic"),
            figure=shown.name or None,
            unit=shown.unit,
            published=None
            if kind == "never"
            else [published.low, published.high]
            if kind == "range"
            else published.low,
            published_text=published.text,
            kind=kind,
            recomputed=shown.figure,
            ratio=judgement.ratio,
            end=judgement.end,
            tolerance=tolerance,
            verdict=judgement.verdict,
            reading=read_as,
            contradicts=against,
            readings=[_other(judged, again, part) for judged, again, part in readings],
            would_hold_if=[_other(judged, again, part) for judged, again, part in rescues],
            explanation=_explanation(claim, judgement, against, readings, rescues),
            inputs={".".join(map(str, path)): text for path, text in leaves(shown.given)},
            steps=shown.steps,
            charges=shown.charges,
            assumptions=shown.assumptions,
            warnings=shown.warnings,
        )

    def _reading(
        self, claim: Claim, position: int, field: str, i: int, tolerance: float
    ) -> tuple[Judgement, Recomputed, Reading]:
        part: Reading = getattr(claim, field)[i]
        found = self._worked_out(claim, position, part, (field, i))
        published = part.published or claim.published
        assert published is not None  # noqa: S101 - a claim publishes something
        return judge(published, found, tolerance), found, part

    def _contradicted(self, claim: Claim) -> list[str]:
        """The claims whose published figures this one rests on, its own block of inputs included."""
        given = self._given(claim)
        if claim.expression is not None:  # of a block only what the expression names
            used = {*Expression(claim.expression).names, *(Expression(claim.whole).names if claim.whole else ())}
            given = {name: value for name, value in given.items() if name in used}
        found: list[str] = []
        for _, kind, name in references_in(given):
            below = self.file.claims.claims[self.positions[name]]
            stated = below.published is not None and below.published.kind in ("figure", "range")
            if kind == "recomputed":
                found += self._contradicted(below)
            elif stated:  # at least 90 % and 95 % can both be true
                found.append(name)
        return list(dict.fromkeys(found))

    def _recomputed(self, claim: Claim) -> Recomputed:
        """The claim worked out as it is written, once."""
        if claim.id not in self._done:
            if claim.id in self._under_way:
                circle = " → ".join((*self._under_way[self._under_way.index(claim.id) :], claim.id))
                raise InputError(
                    f"these claims rest on each other's recomputed figures: {circle}",
                    where=self.file.where([("claims", self.positions[claim.id], "given")]),
                    hint="give one of them its own inputs, or refer to a published figure",
                )
            self._under_way.append(claim.id)
            if claim.missing is not None:
                unit = claim.published.unit if claim.published is not None else ""
                self._done[claim.id] = Recomputed("", Figure(None), unit, missing=claim.missing)
            else:
                self._done[claim.id] = self._worked_out(claim, self.positions[claim.id], None, ())
            self._under_way.pop()
        return self._done[claim.id]

    def _worked_out(self, claim: Claim, position: int, part: Reading | None, below: Path) -> Recomputed:
        at: Path = ("claims", position)

        def place(path: Path) -> str:
            return self.file.where([(*at, *below, *path), (*at, *path)])

        def given_place(path: Any, key: bool = False) -> str:
            blocks = [name for each in (part, claim) if each is not None for name in reversed(each.uses)]
            tail = tuple(path)
            ways: list[Path] = [(*at, *below, "given", *tail), (*at, "given", *tail)]
            ways += [("given", block, *tail) for block in blocks]
            return self.file.where(ways if tail else [at], key=key)

        question: Question = claim if part is None else part
        own = claim.calculation or "arithmetic"
        calculation = question.calculation or ("arithmetic" if question.expression is not None else own)
        if question.expression is not None and calculation != "arithmetic":
            raise InputError(
                f"claim {claim.id} has an expression, and {calculation} has formulas of its own",
                where=place(("expression",)),
                hint="take it out, or write calculation: arithmetic",
            )
        for field in ("unit", "whole") if calculation != "arithmetic" else ("of", "figure"):
            if getattr(question, field) is not None:
                only = "an expression alone" if calculation != "arithmetic" else "a command's result"
                raise InputError(
                    f"claim {claim.id}: {field} goes with {only}, and this is {calculation}",
                    where=place((field,)),
                    hint="take it out" if calculation != "arithmetic" else "take it out: an expression is the figure",
                )
        alike = calculation == own
        under = self._given(claim)
        if not alike:  # another calculation takes other inputs; an expression may still use the named quantities
            under = quantities_of(under) if calculation == "arithmetic" else {}
        published = question.published or claim.published
        assert published is not None  # noqa: S101 - refused when the file was read
        asked = Asked(
            claim=claim.id,
            calculation=calculation,
            given=self._resolved(under if part is None else merged(under, self._given(part))),
            of=question.of or (claim.of if alike else None),
            figure=question.figure or (claim.figure if alike else None),
            expression=question.expression or (claim.expression if alike else None),
            unit=question.unit or (claim.unit if alike else None),
            whole=question.whole or (claim.whole if alike else None),
            published=published,
            place=place,
            given_place=given_place,
            setting=self.setting,
        )
        try:
            return _CALCULATE[asked.calculation](asked)
        except LlmcostError as error:
            here = place(())
            placed = ":" in error.where or "=" in error.where or error.where.startswith("-")  # written, or typed
            named = ":" not in here or error.what.startswith(f"claim {claim.id}")
            raise error.said(
                what=error.what if named else f"claim {claim.id}: {error.what}", where=error.where if placed else here
            ) from None

    def _given(self, question: Question) -> dict[str, Any]:
        """The blocks that are used, in order, under the question's own inputs."""
        found: dict[str, Any] = {}
        for name in question.uses:
            found = merged(found, self.file.claims.given[name])
        return merged(found, question.given)

    def _resolved(self, tree: Any) -> Any:
        """The inputs with each reference replaced by the figure that it names."""
        found = reference(tree)
        if found is not None:
            kind, name = found
            claim = self.file.claims.claims[self.positions[name]]
            return _as_input(claim, None if kind == "published" else self._recomputed(claim))
        if isinstance(tree, Mapping):
            return {key: self._resolved(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self._resolved(value) for value in tree]
        return tree


def _as_input(claim: Claim, found: Recomputed | None) -> Any:
    """A claim's figure as another one's quantity, in its unit; null where it is not known.

    A range is written under the claim's name: wherever it is referred to, it is one quantity and one draw.
    """
    if found is None:
        published = claim.published
        if published is None or published.kind == "never":
            return None
        ends = [published.low] if published.kind != "range" else [published.low, published.high]
        written = [_written(end, published.unit, f"{claim.id}.published") for end in ends]
        return written if len(written) > 1 else written[0]
    spread = found.figure.spread
    if spread is not None and spread[0] != spread[2] and None not in spread:
        low, mid, high = (_written(end, found.unit, f"{claim.id}.recomputed") for end in spread if end is not None)
        return {"low": low, "mid": mid, "high": high}
    return None if found.figure.value is None else _written(found.figure.value, found.unit, "")


def _written(value: float, unit: str, name: str) -> Shared:
    text = Shared(f"{value * 100!r}%" if unit == "share" else f"${value!r}" if unit == "USD" else repr(value))
    text.place = f"claim {name}" if name else ""
    return text


def _other(judged: Judgement, found: Recomputed, part: Reading) -> OtherReading:
    return OtherReading(part.reading, judged.verdict == "holds", found.figure, judged.sentence)


def _explanation(
    claim: Claim,
    judgement: Judgement,
    against: list[str],
    readings: list[tuple[Judgement, Recomputed, Reading]],
    rescues: list[tuple[Judgement, Recomputed, Reading]],
) -> str:
    """What the arithmetic gives, in a sentence or a few."""
    parts = [judgement.sentence]
    if against:
        parts.append(
            f"It rests on what the source itself publishes elsewhere ({', '.join(against)}): both cannot be true."
        )
    holds = judgement.verdict == "holds"
    for judged, _, part in readings:
        if judged.verdict == "not checkable":
            parts.append(f"Read as {_as(part.reading)} it cannot be checked: {_lowered(judged.sentence)}")
        elif judged.verdict != "holds":
            parts.append(
                f"{'Not so' if holds else 'Nor'} when read as {_as(part.reading)}: {_lowered(judged.sentence)}"
            )
    for judged, found, part in rescues:
        say = "It would hold if" if judged.verdict == "holds" else "It would not hold even if"
        parts.append(f"{say} {part.reading} ({spanned(found.figure, found.unit)}).")
    if claim.note:
        parts.append(claim.note if claim.note.endswith((".", "!", "?")) else f"{claim.note}.")
    return " ".join(parts)


def _as(reading: str) -> str:
    return reading.removeprefix("as ")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
