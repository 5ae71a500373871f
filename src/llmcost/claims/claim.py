"""A claims file: a source, and what it publishes, each claim with the inputs that it has to follow from.

Read strictly like a scenario; every error names the place. `given` is kept as it was written until a
claim is worked out, since it may refer to other claims: `{published: ID}` and `{recomputed: ID}`.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from llmcost.claims.inputs import Path, references_in
from llmcost.claims.published import Published, tolerance_of
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError, shown
from llmcost.validation import validated
from llmcost.workload import Strict, refuse

TOLERANCE = 0.02
SCENARIO_CALCULATIONS = ("route", "tco", "host", "breakeven", "compare")
CALCULATIONS = (*SCENARIO_CALCULATIONS, "cascade", "review_savings", "labelling", "training_run", "arithmetic")

Calculation = Literal[
    "route",
    "tco",
    "host",
    "breakeven",
    "compare",
    "cascade",
    "review_savings",
    "labelling",
    "training_run",
    "arithmetic",
]


def _day(written: Any) -> date:
    if isinstance(written, date):
        return written
    match = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", str(written).strip())
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        pass
    raise QuantityError(f"{shown(str(written))} is not a day", "type a day such as 2026-11-22, or a month")


def _published_on(written: Any) -> str:
    """The day or month as it was written: a month is no day."""
    _day(written)
    return str(written).strip()


def _names(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


def _id(written: Any) -> str:
    if not isinstance(written, str) or not re.fullmatch(r"[A-Za-z][\w-]{0,79}", written):
        raise QuantityError(
            f"{shown(written)} is no id", "type a letter, then letters, digits, - and _, such as routed-month"
        )
    return written


def _statement(written: Any) -> str:
    if not isinstance(written, str) or not written.strip() or "\n" in written.strip():
        raise QuantityError(f"{shown(written)} is not one line of text", "say in one line what is claimed")
    return written.strip()


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=str)]
Names = Annotated[list[str], BeforeValidator(_names, json_schema_input_type=str | list[str])]
Id = Annotated[str, BeforeValidator(_id)]
Line = Annotated[str, BeforeValidator(_statement)]
Tolerance = Annotated[float, BeforeValidator(tolerance_of, json_schema_input_type=float | str)]


class ClaimSource(Strict):
    """Where the claims were published. What is not known is left out, never invented."""

    title: Line
    url: str | None = None
    file: str | None = None
    date: Annotated[str, BeforeValidator(_published_on)] | None = None


class Question(Strict):
    """What is worked out: a calculation, its inputs, and which figure of its result is meant."""

    calculation: Calculation | None = None
    uses: Names = []
    given: dict[str, Any] = {}
    of: str | None = None
    figure: str | None = None
    expression: Line | None = None
    unit: Literal["USD", "share", "times"] | None = None
    whole: Line | None = None
    published: Published | None = None


class Reading(Question):
    """Another way to read a claim's sentence: what differs from the claim as it is written."""

    reading: Line

    @model_validator(mode="after")
    def _changes_something(self) -> "Reading":
        if self.model_fields_set <= {"reading"}:
            refuse(
                f"the reading {shown(self.reading)} changes nothing", "say what differs: given: {…}, or expression: …"
            )
        return self


class Claim(Question):
    """One published statement, in the auditor's own words, and what it has to follow from."""

    id: Id
    says: Line
    at: str = ""
    tolerance: Tolerance | None = None
    readings: list[Reading] = []
    would_hold_if: list[Reading] = []
    missing: Line | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _says_what_is_worked_out(self) -> "Claim":
        if self.published is None:
            refuse(f"claim {self.id}: nothing is published", "add published: $1,980, or 67%, or at least 90%")
        if self.missing is None and self.calculation is None and self.expression is None:
            refuse(
                f"claim {self.id} says no calculation",
                f"add calculation: one of {', '.join(CALCULATIONS)}; or missing: WHAT IS MISSING, where it cannot be checked",
            )
        if self.missing is not None and (self.calculation is not None or self.expression is not None):
            refuse(
                f"claim {self.id} has a calculation and says that its inputs are missing",
                "leave out missing, or the calculation; a single unknown quantity is written as null",
                "missing",
            )
        return self


class Claims(Strict):
    """A whole claims file."""

    source: ClaimSource
    as_of: Day | None = None
    tolerance: Tolerance = TOLERANCE
    given: dict[str, dict[str, Any]] = {}
    claims: list[Claim]

    @model_validator(mode="after")
    def _claims_something(self) -> "Claims":
        if not self.claims:
            refuse("the file makes no claim", "add claims: [{id: …, says: …, calculation: …, published: …}]", "claims")
        return self


class ClaimsFile:
    """The claims with the places at which they were written."""

    def __init__(self, claims: Claims, document: Any) -> None:
        self.claims = claims
        self.name: str = document.name
        self._document = document

    def where(self, paths: Iterable[Path], *, key: bool = False) -> str:
        """The place of the path of which the file holds the most; the first of equals."""
        best = max(paths, key=lambda path: _held(self._document.place, path), default=())
        return str(self._document.where(best, key=key))


def _held(place: Any, path: Path) -> int:
    depth = 0
    for step in path:
        if step not in place.children:
            break
        _, place = place.children[step]
        depth += 1
    return depth


def load_claims(path: str) -> ClaimsFile:
    """The claims in a YAML file (`-` for standard input). Raises InputError with its place."""
    from llmcost.catalog.files import read_yaml

    return claims_from(read_yaml(path))


def claims_from(document: Any) -> ClaimsFile:
    """The claims of a document that was read."""
    data = document.data
    if "claims" not in data:
        other = "; this is a scenario" if "architectures" in data or "workload" in data else ""
        raise InputError(
            f"the file makes no claims{other}",
            where=document.where(),
            hint="write source: {title: …} and claims: [{id: …, says: …, calculation: …, given: {…}, published: …}]; "
            "llmcost schema claims says what may stand there",
        )
    found = validated(Claims, data, (), lambda at, key: document.where(at, key=key))
    file = ClaimsFile(found, document)
    ids = dict.fromkeys(each.id for each in found.claims)
    seen: set[str] = set()
    for position, claim in enumerate(found.claims):
        if claim.id in seen:
            place = file.where([("claims", position, "id")])
            raise InputError(f"two claims are called {claim.id!r}", where=place, hint="give each an id of its own")
        seen.add(claim.id)
        _check_names(claim, ("claims", position), file, ids)
    return file


def _check_names(claim: Claim, at: Path, file: ClaimsFile, ids: Collection[str]) -> None:
    """Blocks and other claims that a claim builds on are there."""
    blocks = file.claims.given
    parts: list[tuple[Question, Path]] = [(claim, at)]
    for field in ("readings", "would_hold_if"):
        parts += [(each, (*at, field, i)) for i, each in enumerate(getattr(claim, field))]
    for part, place in parts:
        for name in part.uses:
            if name not in blocks:
                near = did_you_mean(name, blocks) or f"blocks of given: {', '.join(blocks) or 'none'}"
                raise InputError(
                    f"claim {claim.id} uses {name!r}, which the file's given does not hold",
                    where=file.where([(*place, "uses")]),
                    hint=near,
                )
        for path, kind, name in references_in(part.given):
            if name == claim.id and kind == "published":
                raise InputError(
                    f"claim {claim.id} rests on its own published figure",
                    where=file.where([(*place, "given", *path)]),
                    hint="give the quantity that it follows from, or refer to another claim",
                )
            if name not in ids:
                raise InputError(
                    f"claim {claim.id} refers to the {kind} figure of {name!r}, and no claim has that id",
                    where=file.where([(*place, "given", *path)]),
                    hint=did_you_mean(name, ids) or f"claims: {', '.join(ids)}",
                )
