"""The fields that catalog files are made of: figures, days, sources; unknown keys are refused."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic import ValidationInfo as Info
from pydantic_core import PydanticCustomError

from llmcost.catalog.units import BY_FIELD
from llmcost.errors import did_you_mean
from llmcost.quantity import QuantityError, number


def _not_negative(written: Any) -> float:
    try:
        value = number(written)
    except QuantityError as error:
        raise PydanticCustomError("quantity", "{what}", {"what": error.what, "hint": error.hint}) from None
    if value < 0:
        hint = "type a number that is zero or more, or leave the key out where it is unknown"
        raise PydanticCustomError("quantity", "{what}", {"what": f"{written} is negative", "hint": hint})
    return value


def _day(written: Any) -> Any:
    return f"{written}-01" if isinstance(written, str) and len(written) == 7 else written


_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"


_WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)"


Amount = Annotated[float, BeforeValidator(_not_negative)]


Tokens = Annotated[int, BeforeValidator(_not_negative)]


Day = Annotated[date, BeforeValidator(_day)]


class Strict(BaseModel):
    """No unknown keys: a misspelt price must not be a missing one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def _billed_by(cls) -> bool:
        """Whether the fields of all billable units are keys, too."""
        return cls.model_config.get("extra") == "allow"

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            for key in raw:
                if key not in cls.model_fields and not (cls._billed_by() and key in BY_FIELD):
                    known = ", ".join(cls.model_fields)
                    near = [*cls.model_fields, *(BY_FIELD if cls._billed_by() else ())]
                    hint = did_you_mean(str(key), near) or f"the keys here are {known}"
                    raise PydanticCustomError("unknown_key", "unknown key {key}", {"key": key, "hint": hint})
        return raw


class SourceFields(Strict):
    """Where a figure was published, and when it was looked at."""

    title: str
    url: str | None = None
    checked_on: Day | None = None
    published_in: str | None = None
    packaged_on: Day | None = None


class Sourced(Strict):
    """An entry that names its source; only the user's own files may leave it out."""

    source: SourceFields | None = None

    @model_validator(mode="after")
    def _has_source(self, info: Info) -> Sourced:
        if self.source is None and not (info.context or {}).get("user"):
            raise PydanticCustomError("missing", "a source is missing", {"hint": "add source: {title: ...}"})
        return self


def require_order(days: list[date | None]) -> None:
    known = [day or date.min for day in days]
    if any(later <= earlier for earlier, later in pairwise(known)):
        raise PydanticCustomError(
            "order", "the dated entries are not in order", {"hint": "put the oldest first, one entry a day"}
        )
