"""A saved result: the JSON document that `compare`, `route` or `tco` printed, checked before it is believed."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from llmcost.errors import InputError
from llmcost.quantity import shown

FIGURES = {
    "compare": (
        *("one_time_cost", "monthly_cost", "total_cost", "cost_per_mtok", "cost_per_request", "saving"),
        *("saving_share", "quality_kept", "payback_month", "net_present_value"),
    ),
    "route": ("monthly_cost", "cost_per_mtok", "cost_per_request", "saving", "saving_share", "quality_kept"),
    "tco": (
        *("one_time_cost", "monthly_cost", "total_cost", "cost_per_mtok", "cost_per_request", "saving"),
        *("saving_share", "payback_month", "net_present_value"),
    ),
}
ROWS = {"compare": "architectures", "route": "mixes"}
MAX_BYTES = 32 * 1024 * 1024
CONTRACT = 2
_SCHEMA = re.compile(r"llmcost\.([a-z]+)/(\d{1,9})")


class Text(NamedTuple):
    """What a file, a pipe or standard input holds, read once, and what it is called in messages."""

    text: str
    name: str


def read_text(path: str) -> Text:
    """The UTF-8 text of a file, or of standard input for `-`. Raises InputError."""
    name = "<stdin>" if path == "-" else path
    try:
        if path == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        elif os.path.isdir(path):
            raise InputError(f"{path} is a directory", where=path, hint="name a scenario or a saved result")
        else:
            with open(path, "rb") as file:
                raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "name a scenario such as scenario.yaml, or a result saved with -f json"
        raise InputError(f"there is no file {path}", where=path, hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read {path}: {reason.lower()}", where=path, hint="name a readable file") from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"the file is larger than {MAX_BYTES // 1024**2} MiB", where=name, hint="name a smaller file")
    if b"\0" in raw:
        raise InputError("the file is binary", where=name, hint="name a scenario or a result saved with -f json")
    try:
        return Text(raw.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("the file is not UTF-8 text", where=f"{name}:{line}", hint="save it as UTF-8") from None


def saved_result(given: Text) -> dict[str, Any] | None:
    """The checked document of a saved result; None where the text is none, and so a scenario.

    Raises InputError for broken JSON, another command's result, another major version of the
    contract, and for figures that are no numbers.
    """
    if not given.text.lstrip().startswith("{"):
        if given.name.endswith(".json"):
            raise InputError("the file holds no JSON object", where=f"{given.name}:1:1", hint=_SAVE_AGAIN)
        return None
    try:
        document = json.loads(given.text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        if '"llmcost.' not in given.text[:200]:
            return None  # YAML in braces; its own reader says what is wrong with it
        place = f"{given.name}:{error.lineno}:{error.colno}"
        raise InputError(f"cannot read the JSON: {error.msg.lower()}", where=place, hint=_SAVE_AGAIN) from None
    except InputError as error:
        raise error.at(given.name) from None
    except (ValueError, RecursionError):
        raise InputError("the JSON holds what no result holds", where=given.name, hint=_SAVE_AGAIN) from None
    if "schema" not in document:
        return None
    _check(document, given.name)
    return dict(document)


_SAVE_AGAIN = "save it again: llmcost compare scenario.yaml -o result.json"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError(f"the key {shown(twice)} stands twice", hint="keep one of the two")
    return found


def _refuse_constant(word: str) -> NoReturn:
    raise InputError(f"{word} is no number of a result", hint=_SAVE_AGAIN)


class _Part(BaseModel):
    """A part of a saved document: what is read from it has its type, what is not may be anything."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


_Number = float | None
_Ends = Annotated[list[_Number], Field(min_length=2, max_length=2)] | None


class _Source(_Part):
    title: str
    url: str | None = None
    published_in: str | None = None


class _Factor(_Part):
    name: str
    value: _Number
    origin: str
    rule: str
    source: _Source | None = None


class _Charge(_Part):
    group: str
    name: str
    cadence: Literal["one_time", "monthly"]
    cost: _Number
    factors: list[_Factor]


class _Row(_Part):
    charges: list[_Charge]


class _Gated(_Row):
    failed_gates: list[str]
    unknown_gates: list[str]
    gate_reasons: dict[str, str]


class _Month(_Part):
    cost: _Number


class _Assumption(_Part):
    name: str
    value: str | bool | float | None


class _Envelope(_Part):
    version: str
    currency: Literal["USD"]
    prices_as_of: str
    assumptions: list[_Assumption]


def _result_model(command: str) -> type[BaseModel]:
    """What a result of this command has to hold."""
    figures: dict[str, Any] = dict.fromkeys(FIGURES[command], (_Number, ...))
    figures |= {f"{name}_range": (_Ends, None) for name in FIGURES[command]}
    horizon: dict[str, Any] = {"horizon_months": (Annotated[int, Field(ge=1)], ...)}
    if command == "tco":
        of_its_own: dict[str, Any] = {"architecture": (str, ...), "months": (list[_Month], ...)}
        return create_model("Saved", __base__=_Row, **of_its_own, **figures, **horizon)
    row = create_model("SavedRow", __base__=_Gated if command == "compare" else _Row, name=(str, ...), **figures)
    rows: Any = (Annotated[list[row], Field(min_length=1)], ...)
    fields: dict[str, Any] = {ROWS[command]: rows, "baseline": (str, ...), "cheapest": (str | None, ...)}
    return create_model("Saved", __base__=_Part, **fields, **(horizon if command == "compare" else {}))


def _check(document: dict[str, Any], name: str) -> None:
    """The document is a result of a command that can be compared. Raises InputError with its path."""
    schema = document["schema"]
    match = _SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    if match is None:
        raise InputError(f"{shown(schema)} is no schema of llmcost", where=f"{name}: schema", hint=_SAVE_AGAIN)
    command, version = match[1], int(match[2])
    if command not in FIGURES:
        hint = "save a result of compare, route or tco"
        raise InputError(f"a result of {command} cannot be compared", where=f"{name}: schema", hint=hint)
    if version != CONTRACT:
        what = f"{schema} is not version {CONTRACT} of the contract, which this llmcost reads"
        raise InputError(what, where=f"{name}: schema", hint=_SAVE_AGAIN)
    _validated(_Envelope, document, name, ())
    _validated(_result_model(command), document.get("result"), name, ("result",))
    try:
        date.fromisoformat(document["prices_as_of"])
    except ValueError:
        what = f"{shown(document['prices_as_of'])} is not a day"
        raise InputError(what, where=f"{name}: prices_as_of", hint=_SAVE_AGAIN) from None
    if command == "tco":
        return
    names = [row["name"] for row in document["result"][ROWS[command]]]
    cheapest = document["result"]["cheapest"]
    if len(set(names)) < len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise InputError(f"{shown(twice)} stands twice", where=f"{name}: result.{ROWS[command]}", hint=_SAVE_AGAIN)
    # The choice of `route` is over all architectures, its rows are the mixes alone.
    if cheapest is not None and cheapest not in names and command != "route":
        what = f"the cheapest, {shown(cheapest)}, has no row"
        raise InputError(what, where=f"{name}: result.cheapest", hint=_SAVE_AGAIN)


def _validated(model: type[BaseModel], data: Any, name: str, path: tuple[str, ...]) -> None:
    try:
        model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(map(str, (*path, *first["loc"])))
        message = "it is missing" if first["type"] == "missing" else first["msg"][:1].lower() + first["msg"][1:]
        what = f"this is no result of llmcost: {message}"
        raise InputError(what, where=f"{name}: {at}", hint=_SAVE_AGAIN) from None
