"""From an outcome file and flags to paired outcomes with their costs: what `frontier` and `gate` share."""

import inspect
from datetime import date
from typing import Annotated, Any, NamedTuple

import typer

from llmcost.cli.draft import Draft, draft_from, pairs
from llmcost.cli.options import OUTPUT, PRICES, Values, shared
from llmcost.cli.reading import day, number_flag
from llmcost.cli.writing import Remarks
from llmcost.errors import InputError, did_you_mean
from llmcost.estimate import Assumption, Warning
from llmcost.quality.outcomes import Outcomes, Reading, read_outcomes
from llmcost.quality.spending import BASES, Spending, spending
from llmcost.quantity import QuantityError, quantity, ranges_in, shown

OUTCOMES = (
    inspect.Parameter(
        "outcomes",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[
            str,
            typer.Argument(help="A CSV, JSONL or Parquet file, or - for standard input.", metavar="OUTCOMES"),
        ],
    ),
    shared("map", "What a column is, such as score=acc or task=.", "FIELD=COLUMN", many=True),
    shared("rename", "A model's name in the file = its name here.", "OLD=NEW", many=True),
    shared("where", "Only rows whose column has (or, with !=, has not) this value.", "COLUMN=VALUE", many=True),
    shared("drop_missing", "Set rows aside whose score is not a number.", "", on=True),
    shared("tokens", "Tokens of answers that record none, assumed.", "[MODEL=]INPUT,OUTPUT", many=True),
    shared("costs", "today (tokens × the day's price), recorded, or either.", "BASIS"),
    shared("rounds", "Rounds of the bootstrap (1000).", "N"),
    shared("seed", "Moves the bootstrap's draws.", "N"),
)
DAY_PRICES = tuple(each for each in PRICES if each.name in ("price", "catalog", "as_of", "strict"))
REPORT = OUTPUT


class Evaluation(NamedTuple):
    """Paired outcomes with their costs, and what has to be said about them."""

    outcomes: Outcomes
    spent: Spending
    as_of: date
    prices: Any
    rounds: int
    seed: int
    assumptions: list[Assumption]
    warnings: list[Warning]


class OutcomeRemarks(Remarks):
    """The assumptions and warnings of an evaluation."""

    def __init__(self, assumptions: list[Assumption], warnings: list[Warning]) -> None:
        self.assumptions = assumptions
        self.warnings = warnings
        self.worked_out = {}  # an evaluation has no architectures whose charges could be shown


def evaluation(flags: Values, models: list[str] | None = None, read: Outcomes | None = None) -> Evaluation:
    """Read the outcomes (unless they are), keep the queries that all the models answered, and price every answer."""
    from llmcost.architectures.prices import Prices

    as_of = day(flags.get("as_of"))
    rounds, seed = _whole(flags, "rounds", 1000), _whole(flags, "seed", 0)
    if not 100 <= rounds <= 100_000:
        raise InputError(f"{rounds} rounds", where="--rounds", hint="type a number from 100 to 100000, such as 1000")
    basis: Any = flags.get("costs") or "today"
    if basis not in BASES:
        hint = did_you_mean(basis, BASES) or f"type one of: {', '.join(BASES)}"
        raise InputError(f"unknown basis {basis!r}", where="--costs", hint=hint)
    prices = Prices(catalog_of(flags), own_prices(flags))
    whole = read or read_outcomes(flags["outcomes"], reading_of(flags))
    paired = whole.paired(models or whole.models)
    spent = spending(paired, prices, as_of, _tokens(flags), basis)
    warned = [*remarks_of(whole, paired), *spent.warnings]
    return Evaluation(paired, spent, as_of, prices, rounds, seed, list(spent.assumptions), warned)


def reading_of(flags: Values) -> Reading:
    """How the file is to be read, from the flags."""
    wheres = []
    for text in flags.get("where") or ():
        op = "!=" if "!=" in text else "="
        column, found, value = text.partition(op)
        if not found or not column:
            raise InputError(f"{shown(text)} is not COLUMN=VALUE", where="--where", hint="type --where contaminated=0")
        wheres.append((column.strip(), op, value.strip()))
    return Reading(
        columns=pairs(flags.get("map"), "--map", "FIELD=COLUMN", "score=acc", empty=True),
        rename=pairs(flags.get("rename"), "--rename", "OLD=NEW", "haiku3=claude-3-haiku"),
        where=tuple(wheres),
        models=tuple(names(flags.get("models"))),
        drop_missing=bool(flags.get("drop_missing")),
    )


def names(text: str | None) -> list[str]:
    """`a,b,c`, each once."""
    return list(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))


def remarks_of(whole: Outcomes, paired: Outcomes) -> list[Warning]:
    """What was missing, double or set aside, counted and named."""
    found = []
    missing = {model: gap for model, gap in whole.missing.items() if model in paired.models}
    if missing:
        dropped = len(whole.queries) - len(paired.queries)
        gaps = ", ".join(f"{model} lacks {gap:,}" for model, gap in missing.items())
        found.append(
            Warning(
                "missing_rows",
                f"{dropped:,} of {len(whole.queries):,} queries are left out, since not every model has an outcome: {gaps} "
                f"(such as {', '.join(_without(whole, paired))})",
            )
        )
    if whole.duplicates:
        which = ", ".join(whole.duplicate_names)
        found.append(
            Warning("duplicate_rows", f"{whole.duplicates:,} duplicate rows, counted with their mean: {which}")
        )
    if whole.dropped:
        found.append(Warning("dropped_scores", f"{whole.dropped:,} scores are not a number and were set aside"))
    if (abs(paired.scores) > 2).any():
        found.append(Warning("score_scale", "scores lie far outside 0 to 1: points and margins are in their own unit"))
    if whole.unread:
        listed = ", ".join(whole.unread[:8]) + (", …" if len(whole.unread) > 8 else "")
        found.append(Warning("unread_columns", f"columns not read: {listed}"))
    return found


def _without(whole: Outcomes, paired: Outcomes) -> list[str]:
    """The first queries that a model did not answer."""
    import numpy as np

    rows = [whole.row(model) for model in paired.models]
    gaps = np.flatnonzero(np.isnan(whole.scores[rows]).any(axis=0))
    return [whole.queries[i] for i in gaps[:3]]


def share_flag(text: str, flag: str) -> float:
    """A share from a flag."""
    try:
        value = quantity(text, "share")
    except QuantityError as error:
        raise InputError(error.what, where=flag, hint=error.hint) from None
    if not isinstance(value, float | int):
        raise InputError(f"{shown(text)} is a range", where=flag, hint="type one share, such as 95%")
    return float(value)


def _tokens(flags: Values) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for text in flags.get("tokens") or ():
        model, equals, sizes = text.rpartition("=")
        parts = sizes.split(",")
        if len(parts) != 2 or (equals and not model):
            raise InputError(
                f"{shown(text)} is not INPUT,OUTPUT", where="--tokens", hint="type --tokens 500,300 or MODEL=500,300"
            )
        found[model.strip()] = (number_flag(parts[0], "--tokens"), number_flag(parts[1], "--tokens"))
    return found


def catalog_of(flags: Values) -> Any:
    """The catalog under the user's own files."""
    from llmcost.catalog import load_catalog

    if not flags.get("catalog"):
        return load_catalog()
    from llmcost.catalog.files import read_yaml

    return load_catalog().overlaid([read_yaml(path) for path in flags["catalog"]])


def own_prices(flags: Values) -> Any:
    """`--price` as the scenario would have it. Raises InputError for a range: what was answered has one price."""
    from llmcost.architectures.own_prices import OwnPrice
    from llmcost.validation import validated

    draft: Draft = draft_from({"price": flags.get("price")})
    written = draft.data.get("prices", {})
    own = {model: validated(OwnPrice, body, ("prices", model), draft.where) for model, body in written.items()}
    for model, price in own.items():
        for field, found in ranges_in(price):
            raise InputError(
                f"the price {model}.{field} is a range",
                where=draft.where(("prices", model, *field.split("."))),
                hint=f"type one price, such as {found.middle:.4g}: what was answered is priced at one",
            )
    return own


def _whole(flags: Values, name: str, default: int) -> int:
    text = flags.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"{shown(text)} is not a whole number", where=f"--{name}", hint=f"type --{name} {default}")
    return int(text)
