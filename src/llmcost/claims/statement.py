"""The ways to work the claims of a file out, as written and under each reading, once all of them make sense.

What needs no figure is refused here, with its place, before anything is worked out: an expression beside a
calculation, a name that is not given, a reference to a claim that is not there, claims that rest on each other.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from llmcost.claims.claim import Claim, Claims, Question, Reading
from llmcost.claims.expression import NAME, Expression
from llmcost.claims.inputs import REFERENCES, Path, leaves, merged, misspelt, placed, reference, references_in
from llmcost.claims.published import Published
from llmcost.claims.references import Link, in_order
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Warning
from llmcost.quantity import QuantityError

_MEASURED = ("payback_month", "saving", "saving_share")  # against the baseline


class Where(Protocol):
    """Gives the place of the path of which the document holds the most."""

    def __call__(self, paths: Iterable[Path], *, key: bool = False) -> str:
        """The place; with `key` that of the last key itself."""


class PlaceOfInput(str):
    """A place in the document of claims. What else an error calls its place is a path of the scenario, or a flag."""

    __slots__ = ()


class Statement(NamedTuple):
    """One way to work a claim out. `given` are the inputs that it takes, references still in them.

    `place` gives the place of a path below the claim, and `given_place` of one below its inputs. `typed` says
    that it comes from the command line, where places are flags.
    """

    claim: str
    reading: str
    calculation: str
    given: dict[str, Any]
    of: str | None
    figure: str | None
    expression: Expression | None
    unit: str | None
    whole: Expression | None
    published: Published
    place: Callable[[Path], PlaceOfInput]
    given_place: Callable[[Any, bool], PlaceOfInput]
    typed: bool
    warnings: tuple[Warning, ...] = ()


class Ways(NamedTuple):
    """A claim as it is written, None where it says what is missing; its readings; and what would rescue it."""

    claim: Claim
    written: Statement | None
    readings: list[Statement]
    would_hold_if: list[Statement]

    def links(self) -> Iterator[Link]:
        """The figures of other claims that it takes, in all its ways."""
        ways = [*([self.written] if self.written is not None else []), *self.readings, *self.would_hold_if]
        for i, way in enumerate(ways, start=self.written is None):
            holds = i <= len(self.readings)
            for path, figure, of in references_in(way.given):
                yield Link(way.claim, i, holds, figure, of, partial(way.given_place, path, False))


class Stated(NamedTuple):
    """The claims of a file by id, with every way to work them out; `order` puts each after those it rests on."""

    ways: dict[str, Ways]
    order: list[str]


def stated(claims: Claims, where: Where, *, typed: bool) -> Stated:
    """Every one of the claims. Raises InputError for what makes no sense, with its place."""
    found: dict[str, Ways] = {}
    ids = dict.fromkeys(claim.id for claim in claims.claims)  # in the order of the file
    for name, block in claims.given.items():
        _check_references(f"given.{name}", block, ("given", name), ids, where)
    blocks = {name: placed(block, f"given {name}") for name, block in claims.given.items()}
    for position, claim in enumerate(claims.claims):
        if claim.id in found:
            place = where([("claims", position, "id")])
            raise InputError(f"two claims are called {claim.id!r}", where=place, hint="give each an id of its own")
        found[claim.id] = _Claimed(where, typed, claim, position, blocks, ids).ways()
    return Stated(found, in_order(found, (link for each in found.values() for link in each.links())))


def _check_references(whose: str, given: Mapping[str, Any], at: Path, ids: Collection[str], where: Where) -> None:
    """Raise InputError, in a block of inputs, for a reference that is misspelt, to no claim, or in place of the block."""
    if reference(given) is not None:
        raise InputError(
            f"{whose}: a figure stands where named inputs are meant",
            where=where([at]),
            hint="name what it is: {requests: {published: ID}}",
        )
    for path in misspelt(given, ids):
        raise InputError(
            f"{whose}: {path[-1]!r} is neither published nor recomputed",
            where=where([(*at, *path)], key=True),
            hint=did_you_mean(str(path[-1]), REFERENCES),
        )
    for path, kind, name in references_in(given):
        if name not in ids:
            raise InputError(
                f"{whose} refers to the {kind} figure of {name!r}, and no claim has that id",
                where=where([(*at, *path)]),
                hint=did_you_mean(name, ids) or f"claims: {', '.join(ids)}",
            )


class _Claimed:
    """One claim of a file while it is looked at."""

    def __init__(
        self,
        where: Where,
        typed: bool,
        claim: Claim,
        position: int,
        blocks: Mapping[str, dict[str, Any]],
        ids: Collection[str],
    ) -> None:
        self.where = where
        self.typed = typed
        self.claim = claim
        self.at: Path = ("claims", position)
        self.blocks = blocks
        self.ids = ids

    def ways(self) -> Ways:
        claim = self.claim
        self._check_names(claim, ())
        written = None if claim.missing is not None else self._statement(None, ())
        parts: dict[str, list[Statement]] = {}
        for field, written_parts in (("readings", claim.readings), ("would_hold_if", claim.would_hold_if)):
            parts[field] = []
            for i, part in enumerate(written_parts):
                self._check_names(part, (field, i))
                parts[field].append(self._statement(part, (field, i)))
        return Ways(claim, written, parts["readings"], parts["would_hold_if"])

    def _check_names(self, part: Question, below: Path) -> None:
        """Blocks and other claims that it builds on are there."""
        for name in part.uses:
            if name not in self.blocks:
                raise InputError(
                    f"claim {self.claim.id} uses {name!r}, which the file's given does not hold",
                    where=self.where([(*self.at, *below, "uses")]),
                    hint=did_you_mean(name, self.blocks) or f"blocks of given: {', '.join(self.blocks) or 'none'}",
                )
        at = (*self.at, *below, "given")
        _check_references(f"claim {self.claim.id}", part.given, at, self.ids, self.where)
        for path, kind, name in references_in(part.given):
            if name == self.claim.id and kind == "published":
                raise InputError(
                    f"claim {self.claim.id} rests on its own published figure",
                    where=self.where([(*at, *path)]),
                    hint="give the quantity that it follows from, or refer to another claim",
                )

    def _given(self, part: Question, name: str) -> dict[str, Any]:
        """The blocks that are used, in order, under its own inputs."""
        found: dict[str, Any] = {}
        for block in part.uses:
            found = merged(found, self.blocks[block])
        return merged(found, placed(part.given, name))

    def _statement(self, part: Reading | None, below: Path) -> Statement:
        claim = self.claim
        at, where = self.at, self.where

        def place(path: Path) -> PlaceOfInput:
            return PlaceOfInput(where([(*at, *below, *path), (*at, *path)]))

        def given_place(path: Any, key: bool = False) -> PlaceOfInput:
            blocks = [name for each in (part, claim) if each is not None for name in reversed(each.uses)]
            tail = tuple(path)
            ways: list[Path] = [(*at, *below, "given", *tail), (*at, "given", *tail)]
            ways += [("given", block, *tail) for block in blocks]
            return PlaceOfInput(where(ways if tail else [at], key=key))

        own = claim.calculation or "arithmetic"
        question: Question = claim if part is None else part
        calculation = question.calculation or ("arithmetic" if question.expression is not None else own)
        self._check_fields(question, calculation, place)
        if part is not None and below[0] == "readings" and part.published is not None:
            raise InputError(
                f"claim {claim.id}: a reading reads what is published otherwise, it does not change it",
                where=place(("published",)),
                hint="write it under would_hold_if",
            )
        alike = calculation == own
        expression = self._parsed(question.expression or (claim.expression if alike else None), "expression", place)
        whole = self._parsed(question.whole or (claim.whole if alike else None), "whole", place)
        under = self._given(claim, f"claim {claim.id}") if alike or calculation == "arithmetic" else {}
        given = under if part is None else merged(under, self._given(part, f"claim {claim.id} {below}"))
        unused: tuple[Warning, ...] = ()
        if calculation == "arithmetic":
            if expression is None:
                raise InputError(
                    f"claim {claim.id} has no expression",
                    where=place(()),
                    hint="add expression: requests * (share_before - share_after) * usd_per_review, over names of given",
                )
            given, unused = self._named(question, given, {"expression": expression, "whole": whole}, place)
        figure = question.figure or (claim.figure if alike else None)
        of = question.of or (claim.of if alike else None)
        if of is not None and figure in _MEASURED and of == given.get("baseline"):
            raise InputError(
                f"claim {claim.id}: {of} is the baseline, which {figure} is measured against",
                where=place(("of",)),
                hint="name another architecture, or another baseline",
            )
        return Statement(
            claim=claim.id,
            reading="" if part is None else part.reading,
            calculation=calculation,
            given=given,
            of=of,
            figure=figure,
            expression=expression,
            unit=question.unit or (claim.unit if alike else None),
            whole=whole,
            published=(None if part is None else part.published) or claim.published,
            place=place,
            given_place=given_place,
            typed=self.typed,
            warnings=unused,
        )

    def _check_fields(self, question: Question, calculation: str, place: Callable[[Path], str]) -> None:
        """Fields that do not go with this calculation are refused."""
        if question.expression is not None and calculation != "arithmetic":
            raise InputError(
                f"claim {self.claim.id} has an expression, and {calculation} has formulas of its own",
                where=place(("expression",)),
                hint="take it out, or write calculation: arithmetic",
            )
        for field in ("unit", "whole") if calculation != "arithmetic" else ("of", "figure"):
            if getattr(question, field) is not None:
                only = "an expression alone" if calculation != "arithmetic" else "a command's result"
                raise InputError(
                    f"claim {self.claim.id}: {field} goes with {only}, and this is {calculation}",
                    where=place((field,)),
                    hint="take it out" if calculation != "arithmetic" else "take it out: an expression is the figure",
                )

    def _parsed(self, text: str | None, field: str, place: Callable[[Path], str]) -> Expression | None:
        if text is None:
            return None
        try:
            return Expression(text)
        except QuantityError as error:
            raise InputError(f"claim {self.claim.id}: {error.what}", where=place((field,)), hint=error.hint) from None

    def _named(
        self,
        question: Question,
        given: dict[str, Any],
        expressions: Mapping[str, Expression | None],
        place: Callable[[Path], str],
    ) -> tuple[dict[str, Any], tuple[Warning, ...]]:
        """Of the inputs those that the expression names, and a warning of its own that it does not."""
        names: set[str] = set()
        for field, expression in expressions.items():
            if expression is None:
                continue
            try:
                expression.check_names(given)
            except QuantityError as error:
                raise InputError(
                    f"claim {self.claim.id}: {error.what}", where=place((field,)), hint=error.hint
                ) from None
            names.update(expression.names)
        for name in question.given:
            if not NAME.fullmatch(str(name)):
                raise InputError(
                    f"claim {self.claim.id}: {name!r} is no name that an expression could use",
                    where=place(("given", name)),
                    hint="use letters, digits and _, such as usd_per_review",
                )
        idle = [name for name in question.given if name not in names]
        text = f"{', '.join(idle)} of claim {self.claim.id} {'is' if len(idle) == 1 else 'are'} given, and not used"
        warned = (Warning("unused_input", text),) if idle and question is self.claim else ()
        return {name: value for name, value in given.items() if name in names}, warned


def inputs_of(statement: Statement, given: Mapping[str, Any]) -> dict[str, str]:
    """The inputs as they were written, by path; of another claim's figure the value, and whose it is."""
    found = {".".join(map(str, path)): text for path, text in leaves(given)}
    for path, kind, name in references_in(statement.given):
        key = ".".join(map(str, path))
        ends = [found.pop(f"{key}.{end}", None) for end in ("low", "mid", "high", "shape")]
        value = found.get(key, f"{ends[0]} to {ends[2]}")
        value = re.sub(r"\d[\d.e+-]*", lambda digits: f"{float(digits[0]):.10g}", value)
        found[key] = f"{value} ({kind} of {name})"
    return found
