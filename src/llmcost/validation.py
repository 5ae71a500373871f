"""What pydantic finds wrong in a user's file, said in our three lines with the place at which it was written."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from llmcost.errors import InputError, LlmcostError, did_you_mean
from llmcost.quantity import QuantityError, shown

Model = TypeVar("Model", bound=BaseModel)
Path = Sequence[str | int]
Where = Callable[[Path, bool], str]


def validated(model: type[Model], data: Any, path: Path, where: Where) -> Model:
    """The model from the data; the first thing wrong as an InputError with its place."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise as_input_error(error, path, where) from None


def as_input_error(error: ValidationError, path: Path, where: Where) -> LlmcostError:
    """The first problem that pydantic found, in our three lines."""
    first = error.errors(include_url=False)[0]
    loc: list[str | int] = [*path, *(part for part in first["loc"] if not str(part).startswith("function-"))]
    context = first.get("ctx", {})
    field = str(loc[-1]) if loc else ""
    cause = context.get("error")
    if first["type"] == "unknown_key":
        return InputError(context["what"], where=where([*loc, context["key"]], True), hint=context["hint"])
    if isinstance(cause, QuantityError):
        return InputError(f"{_named(loc)}: {cause.what}", where=where(loc, False), hint=cause.hint)
    if "what" in context:
        loc += context.get("at", ())
        return InputError(context["what"], where=where(loc, False), hint=context.get("hint", ""))
    if first["type"] == "missing":
        return InputError(
            f"{_named(loc[:-1]) or 'what is given'} lacks {field!r}",
            where=where(loc[:-1], False),
            hint=f"add {field}: ...",
        )
    if first["type"] == "literal_error":
        known = re.findall(r"'([^']+)'", str(context.get("expected", "")))
        hint = did_you_mean(str(first["input"]), known) or f"type one of: {', '.join(known)}"
        return InputError(f"{_named(loc)}: {shown(first['input'])} is not known", where=where(loc, False), hint=hint)
    if first["type"] in _WRONG_KIND:
        what, hint = _WRONG_KIND[first["type"]]
        return InputError(f"{_named(loc) or 'the file'} is {what}", where=where(loc, False), hint=hint)
    message = first["msg"].removeprefix("Value error, ")
    return InputError(
        f"{_named(loc)}: {message[:1].lower()}{message[1:]}",
        where=where(loc, False),
        hint="`llmcost schema` says what may stand here",
    )


_MAPPING = ("not a mapping", "type a mapping: {KEY: VALUE}")
_LOGICAL = ("neither true nor false", "type true or false")
_WRONG_KIND = {
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": ("not a list", "type a list: [A, B]"),
    "bool_type": _LOGICAL,
    "bool_parsing": _LOGICAL,
    "string_type": ("not a text", "type a text, in quotes where it looks like a number"),
}


def _named(loc: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in loc)
