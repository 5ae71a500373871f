"""Which column of an outcome file is what: the long form, one row an answer, or one column a model.

Long: `query_id, model, score, input_tokens, output_tokens[, cost_usd][, router_score][, task]
[, accepted]`. Wide: no `model` column, but `<model>_score`, `<model>_in`, `<model>_out`,
`<model>_cost_usd` and the like, or, where no column ends so, a plain column of scores a model.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import shown

# Each field with the headings that mean it, the first one being its own name.
FIELDS: dict[str, tuple[str, ...]] = {
    "query_id": ("query_id", "id", "question_id", "sample_id", "prompt_id", "example_id", "qid"),
    "model": ("model", "model_name"),
    "score": ("score", "correct", "is_correct", "accuracy", "quality", "performance"),
    "input_tokens": ("input_tokens", "prompt_tokens", "tokens_in", "in"),
    "output_tokens": ("output_tokens", "completion_tokens", "tokens_out", "out"),
    "cost_usd": ("cost_usd", "cost", "total_cost", "usd"),
    "router_score": ("router_score",),
    "task": ("task", "dataset", "category", "task_type", "eval_name"),
    "accepted": ("accepted", "verifier_accept"),
}
# What a model's own columns may carry.
OF_A_MODEL = ("score", "input_tokens", "output_tokens", "cost_usd", "router_score", "accepted")
_ENDINGS = {alias: field for field in OF_A_MODEL for alias in FIELDS[field]}
_ENDING = re.compile(
    r"(?P<model>.+?)[_|.:](?P<field>" + "|".join(sorted(map(re.escape, _ENDINGS), key=len, reverse=True)) + r")",
    re.IGNORECASE,
)


class Layout(NamedTuple):
    """Where each field stands: of the query, and of each model (long form: of the one in `model`)."""

    of_query: dict[str, int]
    of_model: dict[str, dict[str, int]]  # by model; by "" in the long form
    unread: list[str]

    @property
    def long(self) -> bool:
        """Whether each row is one answer, with its model named in it."""
        return "model" in self.of_query


def layout_of(header: Sequence[str], first: Sequence[Any], named: Mapping[str, str], where: str) -> Layout:
    """The layout of a header, with the columns that the user named. `first` is the first row.

    Raises InputError where there is no score, or where a named column does not exist.
    """
    chosen = _named(header, named, where)
    taken = set(chosen.values())
    folded = {name.lower(): position for position, name in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for field, headings in FIELDS.items():
        if field in named:
            if field in chosen:
                found[field] = chosen[field]
            continue
        position = next((folded[h] for h in headings if h in folded and folded[h] not in taken), None)
        if position is not None:
            found[field] = position
    if "model" in found:
        return _long(header, found, where)
    return _wide(header, first, found, chosen, where)


def _named(header: Sequence[str], named: Mapping[str, str], where: str) -> dict[str, int]:
    """`--map FIELD=COLUMN`; an empty column says that the file has no such field."""
    chosen: dict[str, int] = {}
    for field, column in named.items():
        own = field in FIELDS or (field.rpartition(".")[2] in OF_A_MODEL and field.rpartition(".")[0])
        if not own:
            known = [*FIELDS, *(f"MODEL.{each}" for each in OF_A_MODEL)]
            raise InputError(
                f"there is no field {shown(field)}",
                where=f"--map {field}={column}",
                hint=did_you_mean(field, known) or f"fields: {', '.join(known)}",
            )
        if column == "":
            continue
        if column not in header:
            raise InputError(
                f"{where} has no column {shown(column)}",
                where=f"--map {field}={column}",
                hint=did_you_mean(column, header) or f"its columns: {', '.join(header)}",
            )
        chosen[field] = list(header).index(column)
    return chosen


def _long(header: Sequence[str], found: dict[str, int], where: str) -> Layout:
    for field in ("query_id", "score"):
        if field not in found:
            raise InputError(
                f"the outcomes have no {field}",
                where=f"{where}:1",
                hint=f"name the column that carries it: --map {field}=COLUMN (columns: {', '.join(header)})",
            )
    own = {field: position for field, position in found.items() if field in OF_A_MODEL}
    query = {field: position for field, position in found.items() if field not in OF_A_MODEL}
    used = set(found.values())
    return Layout(query, {"": own}, [name for i, name in enumerate(header) if i not in used])


def _wide(
    header: Sequence[str], first: Sequence[Any], found: dict[str, int], chosen: dict[str, int], where: str
) -> Layout:
    query: dict[str, int] = {field: found[field] for field in found if field in ("query_id", "task", "router_score")}
    taken = set(query.values())
    by_model: dict[str, dict[str, int]] = {}
    for field, position in chosen.items():
        model, dot, own = field.rpartition(".")
        if dot:
            by_model.setdefault(model, {})[own] = position
            taken.add(position)
    for position, name in enumerate(header):
        match = _ENDING.fullmatch(name)
        if position not in taken and match is not None:
            by_model.setdefault(match["model"], {}).setdefault(_ENDINGS[match["field"].lower()], position)
    scored = {model: own for model, own in by_model.items() if "score" in own}
    if not scored:
        scored = {
            name: {"score": position, **by_model.get(name, {})}
            for position, name in enumerate(header)
            if position not in taken and name and _ENDING.fullmatch(name) is None and _is_number(first[position])
        }
    if not scored:
        raise InputError(
            "no column holds scores",
            where=f"{where}:1",
            hint="give query_id, model, score, or a column MODEL_score for each model; or name one: "
            f"--map score=COLUMN (columns: {', '.join(header)})",
        )
    used = taken | {position for own in scored.values() for position in own.values()}
    return Layout(query, scored, [name for i, name in enumerate(header) if i not in used])


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return str(value).strip().lower() in ("true", "false")
    return True
