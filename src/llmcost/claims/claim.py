"""What a claims file holds: a source, and what it publishes, each claim with the inputs that it has to follow from.

`given` is kept as it was written until a
claim is worked out, since it may refer to other claims: `{published: ID}` and `{recomputed: ID}`.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, model_validator

from llmcost.claims.published import Published, tolerance_of
from llmcost.quantity import QuantityError, shown
from llmcost.workload import Strict, refuse

TOLERANCE = 0.02
SCENARIO_CALCULATIONS = ("route", "tco", "host", "breakeven", "compare")

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
CALCULATIONS: tuple[str, ...] = get_args(Calculation)


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
    """The day, month or year as it was written: a month is no day."""
    text = str(written).strip()
    try:
        return text if re.fullmatch(r"\d{4}", text) else (_day(written), text)[1]
    except QuantityError as error:
        raise QuantityError(error.what, "type a day, a month or a year: 2026-05-31, 2026-05 or 2026") from None


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


class Reading(Question):
    """Another way to read a claim's sentence: what differs from the claim as it is written."""

    reading: Line
    published: Published | None = None

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
    published: Published
    at: str = ""
    tolerance: Tolerance | None = None
    readings: list[Reading] = []
    would_hold_if: list[Reading] = []
    missing: Line | None = None
    note: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def _publishes_something(cls, written: Any) -> Any:
        if isinstance(written, dict) and "published" not in written and {*written} <= {*cls.model_fields}:
            refuse(
                f"claim {written.get('id', '')}: nothing is published", "add published: $1,980, or 67%, or at least 90%"
            )
        return written

    @model_validator(mode="after")
    def _says_what_is_worked_out(self) -> "Claim":
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
