"""An audit: every claim of some files worked out again, and a verdict on each.

A claim that is off and rests on another published figure of its source *contradicts* it. A claim
holds if one of its fair readings does, and the verdict says which; what would rescue it is worked
out beside it and changes nothing.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from llmcost.claims.by_cascade import cascade
from llmcost.claims.by_expression import arithmetic
from llmcost.claims.by_quantity import labelling, review_savings, training_run
from llmcost.claims.by_scenario import by_scenario
from llmcost.claims.claim import SCENARIO_CALCULATIONS, Claim
from llmcost.claims.claims_file import ClaimsFile
from llmcost.claims.expression import Step
from llmcost.claims.inputs import reference, references_in
from llmcost.claims.placing import placed
from llmcost.claims.recomputed import Asked, Recomputed, Setting, published_of, recomputed_of
from llmcost.claims.statement import Statement, Ways, inputs_of
from llmcost.claims.verdicts import VERDICTS, Judgement, Verdict, judge, spanned
from llmcost.economics.uncertainty import Figure, Sampling, value_of
from llmcost.errors import LlmcostError
from llmcost.estimate import Assumption, Charge, Warning
from llmcost.quantity import Follows, resting_on

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
    whose published figures cannot be true together with this one. `reading` says under which reading it holds,
    `read_as` which of the auditor's own. `inputs`, `steps` and `charges` are how the figure came about.
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
    read_as: str
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
        own = _Audited(file, Setting(catalog, day, sampling or Sampling())).checked(wanted)
        source = file.claims.source
        sources.append(AuditedSource(file.name, source.title, source.url, source.date, day, counted(own)))
        checked += own
    return Audit(sources, checked, counted(checked))


def counted(claims: Iterable[Checked]) -> dict[str, int]:
    """How many claims got which verdict, in the order of VERDICTS."""
    verdicts = [claim.verdict for claim in claims]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


class _Read(NamedTuple):
    """A claim worked out under one of its readings."""

    statement: Statement
    found: Recomputed
    judgement: Judgement

    @property
    def noun(self) -> str:
        return self.statement.reading.removeprefix("as ")

    def other(self) -> OtherReading:
        judged = self.judgement
        return OtherReading(self.statement.reading, judged.verdict == "holds", self.found.figure, judged.sentence)


class _Audited:
    """One file while it is audited: what other claims rest on is worked out before them."""

    def __init__(self, file: ClaimsFile, setting: Setting) -> None:
        self.file = file
        self.setting = setting
        self._done: dict[str, Recomputed] = {}
        self._rests_on: dict[str, list[str]] = {}

    def checked(self, wanted: Collection[str]) -> list[Checked]:
        """The claims of these ids with their verdicts, all where none is named."""
        ways = self.file.stated.ways
        asked = [name for name in ways if not wanted or name in wanted]
        waiting = [(name, True) for name in asked]
        needed: set[str] = set()
        while waiting:
            name, whole = waiting.pop()
            if name in needed and not whole:
                continue
            needed.add(name)
            links = [link for link in ways[name].links() if link.figure == "recomputed" and (whole or not link.reading)]
            waiting += [(link.of, False) for link in links]
        for name in self.file.stated.order:
            if name in needed:
                self._done[name] = self._recomputed(ways[name])
                self._rests_on[name] = self._published_below(ways[name])
        return [self._checked(ways[name]) for name in asked]

    def _checked(self, ways: Ways) -> Checked:
        claim, published = ways.claim, ways.claim.published
        tolerance = claim.tolerance if claim.tolerance is not None else self.file.claims.tolerance
        found = self._done[claim.id]
        judgement = judge(published, found, tolerance)
        against = self._rests_on[claim.id] if judgement.verdict == "off" else []
        rounded = sum(_leeway(self.file.stated.ways[name].claim) for name in against)
        if (
            against
            and judgement.ratio
            and judgement.ratio > 0
            and abs(math.log(judgement.ratio)) <= tolerance + rounded
        ):
            say = (
                f"{judgement.sentence} What it rests on ({', '.join(against)}) is taken so roughly that it may be that."
            )
            judgement, against = judgement._replace(sentence=say), []
        readings = [self._reading(statement, tolerance) for statement in ways.readings]
        first = next((each for each in readings if each.judgement.verdict == "holds"), None)
        if judgement.verdict != "holds" and first is not None:
            shown, against = first.found, []
            verdict = first.judgement._replace(
                sentence=f"{judgement.sentence} Read as {first.noun}: {_lowered(first.judgement.sentence)}"
            )
        else:
            shown, first = found, None
            verdict = judgement._replace(verdict="contradicts") if against else judgement
        rescues = [self._reading(statement, tolerance) for statement in ways.would_hold_if]
        statement = ways.written if first is None else first.statement
        kind = published.kind
        worked = [shown, found, *(each.found for each in (*readings, *rescues))]
        return Checked(
            source=self.file.name,
            id=claim.id,
            says=claim.says,
            at=claim.at,
            calculation=None if ways.written is None else ways.written.calculation,
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
            ratio=verdict.ratio,
            end=verdict.end,
            tolerance=tolerance,
            verdict=verdict.verdict,
            read_as="" if first is None else first.statement.reading,
            reading="; ".join(filter(None, ("" if first is None else first.statement.reading, verdict.reading))),
            contradicts=against,
            readings=[each.other() for each in readings],
            would_hold_if=[each.other() for each in rescues],
            explanation=_explanation(claim, verdict, against, readings, rescues),
            inputs={} if statement is None else inputs_of(statement, shown.given),
            steps=shown.steps,
            charges=shown.charges,
            assumptions=list(dict.fromkeys(each for found in worked for each in found.assumptions)),
            warnings=list(dict.fromkeys(each for found in worked for each in found.warnings)),
        )

    def _reading(self, statement: Statement, tolerance: float) -> _Read:
        found = self._worked_out(statement)
        return _Read(statement, found, judge(statement.published, found, tolerance))

    def _published_below(self, ways: Ways) -> list[str]:
        """The claims whose published figures this one rests on as written, through recomputed ones too."""
        found: dict[str, None] = {}
        for link in ways.links():
            if link.reading:
                continue
            if link.figure == "recomputed":
                found |= dict.fromkeys(self._rests_on[link.of])
            elif self.file.stated.ways[link.of].claim.published.kind != "never":
                found.setdefault(link.of)
        return list(found)

    def _recomputed(self, ways: Ways) -> Recomputed:
        """The claim worked out as it is written."""
        claim = ways.claim
        if ways.written is None:
            return Recomputed("", Figure(None), claim.published.unit, missing=claim.missing or "")
        return self._worked_out(ways.written)

    def _worked_out(self, statement: Statement) -> Recomputed:
        watched: list[tuple[Any, Callable[[Any], Any], Mapping[Any, Figure]]] = []

        def watch(tree: Any, headline: Callable[[Any], Any], figures: Mapping[Any, Figure]) -> None:
            watched.append((tree, headline, figures))

        setting = self.setting._replace(sampling=self.setting.sampling._replace(watch=watch))
        asked = Asked(statement, statement.given, setting)
        try:
            asked = asked._replace(given=self._resolved(statement.given))
            found = _CALCULATE[statement.calculation](asked)
        except LlmcostError as error:
            raise placed(asked, error) from None
        return found._replace(
            follows=found.follows or _follows(found.figure, watched),
            missing=_missing(statement, found.missing),
            warnings=[*statement.warnings, *found.warnings],
        )

    def _resolved(self, tree: Any) -> Any:
        """The inputs with each reference replaced by the figure that it names."""
        found = reference(tree)
        if found is not None:
            kind, name = found
            return (
                recomputed_of(name, self._done[name])
                if kind == "recomputed"
                else published_of(name, self.file.stated.ways[name].claim.published)
            )
        if isinstance(tree, Mapping):
            return {key: self._resolved(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self._resolved(value) for value in tree]
        return tree


def _leeway(claim: Claim) -> float:
    """How far off a figure that others rest on may be, as a share of it: by how it is printed, or by a tolerance of its own."""
    return max(claim.published.rounding, claim.tolerance or 0.0)


def _missing(statement: Statement, missing: str) -> str:
    """What is not known, and of a reference whose figure it would have been."""
    whose = {".".join(map(str, path)): f"{kind} of {name}" for path, kind, name in references_in(statement.given)}
    return ", ".join(f"{name} ({whose[name]})" if name in whose else name for name in missing.split(", ") if name)


def _follows(
    figure: Figure, watched: Iterable[tuple[Any, Callable[[Any], Any], Mapping[Any, Figure]]]
) -> Follows | None:
    """What a range among these evaluations is worked out from."""
    for tree, headline, figures in watched:
        for name, own in figures.items():
            if own is figure and figure.bounds is not None:
                return Follows(tree, partial(_named, headline, name), resting_on(tree))
    return None


def _named(headline: Callable[[Any], Any], name: Any, tree: Any) -> Any:
    return value_of(headline(tree)[name])


def _explanation(
    claim: Claim, judgement: Judgement, against: list[str], readings: list[_Read], rescues: list[_Read]
) -> str:
    """What the arithmetic gives, in a sentence or a few."""
    parts = [judgement.sentence]
    if against:
        parts.append(
            f"It rests on what the source itself publishes elsewhere ({', '.join(against)}): both cannot be true."
        )
    holds = judgement.verdict == "holds"
    for each in readings:
        verdict, sentence = each.judgement.verdict, _lowered(each.judgement.sentence)
        if verdict == "not checkable":
            parts.append(f"Read as {each.noun} it cannot be checked: {sentence}")
        elif verdict != "holds":
            parts.append(f"{'Not so' if holds else 'Nor'} when read as {each.noun}: {sentence}")
    for each in rescues:
        reading, found = each.statement.reading, each.found
        if each.judgement.verdict == "not checkable":
            parts.append(f"Whether it would hold if {reading} cannot be checked: {_lowered(each.judgement.sentence)}")
            continue
        say = "It would hold if" if each.judgement.verdict == "holds" else "It would not hold even if"
        parts.append(f"{say} {reading} ({spanned(found.figure, found.unit)}).")
    if claim.note:
        parts.append(claim.note if claim.note.endswith((".", "!", "?")) else f"{claim.note}.")
    return " ".join(parts)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
