"""The flags that commands share, each declared once, and the decorator that gives them to a command."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from llmcost.cli.outputs import refuse_over_typed

Values = dict[str, Any]


def flag_of(name: str) -> str:
    """The flag as it is typed, whose value stands under `name`."""
    return "--" + name.rstrip("_").replace("_", "-")


def shared(
    name: str, help_text: str, metavar: str, *flags: str, many: bool = False, on: bool = False
) -> inspect.Parameter:
    """A flag that several commands share, for `takes`; its value stands under `name`."""
    flag = flag_of(name)
    kind: Any = bool if on else (list[str] | None if many else str | None)
    info = typer.Option(flag, *flags, help=help_text, metavar=None if on else metavar, show_default=False)
    default = False if on else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


def option(flag: str, help_text: str, metavar: str) -> Any:
    """An option of one command, for `Annotated`."""
    return typer.Option(flag, help=help_text, metavar=metavar, show_default=False)


SCENARIO = (
    inspect.Parameter(
        "scenario",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[
            str | None,
            typer.Argument(help="A scenario file, or - for standard input.", metavar="[SCENARIO]", show_default=False),
        ],
    ),
)
WORKLOAD = (
    shared("requests", "Requests a month.", "N"),
    shared("input", "Input tokens a request.", "TOKENS"),
    shared("output", "Output tokens a request, reasoning included.", "TOKENS"),
    shared("monthly_input", "Input tokens a month, in place of the three above.", "TOKENS"),
    shared("monthly_output", "Output tokens a month.", "TOKENS"),
    shared("cached", "Share of the input read from the prompt cache.", "SHARE"),
    shared("cache_write", "Share of the input written to the prompt cache.", "SHARE"),
    shared("cache_write_1h", "Share of the input written to it for an hour, beside those.", "SHARE"),
    shared("batch", "Share of the requests sent in batches.", "SHARE"),
    shared("growth", "Growth of the volume a month.", "SHARE"),
    shared("peak", "Peak over average traffic.", "RATIO"),
)
HORIZON = (
    shared("start", "The first month; left out, the month after today.", "YYYY-MM"),
    shared("horizon", "Months looked at.", "MONTHS"),
    shared("hours_per_month", "Hours in a month (730 unless given).", "HOURS"),
    shared("discount", "Discount rate a year, for the net present value.", "SHARE"),
    shared("price_change", "Yearly change of API prices, such as -20%.", "SHARE"),
)
PRICES = (
    shared("baseline", "The architecture or model that savings are measured against.", "NAME"),
    shared(
        "price",
        "Your own price: MODEL.input=0.80 (also .output, .cached_input, .cache_write, .cache_write_1h, .web_searches; MODEL.flex.input for a tier).",
        "MODEL.FIELD=USD",
        many=True,
    ),
    shared("region", "Where requests are kept, such as eu or us: the provider's surcharge is added.", "REGION"),
    shared("catalog", "A catalog file of your own over the shipped one.", "FILE", many=True),
    shared("successor", "What replaces a model that retires: OLD=NEW.", "OLD=NEW", many=True),
    shared("as_of", "The day to price for; left out, today.", "YYYY-MM-DD"),
    shared("strict", "Leave with 4 on a stale or undated price.", "", on=True),
)
GATES = (
    shared("max_monthly", "Gate: no month may cost more.", "USD"),
    shared("min_quality_kept", "Gate: the least quality kept.", "SHARE"),
    shared("payback_within", "Gate: pays back within so many months.", "MONTHS"),
)
CHART = (shared("chart", "Draw the cumulative cost over the months.", "", on=True),)
DRAWS = (
    shared("samples", "Draws for ranges, a power of two (4096).", "N"),
    shared("seed", "Moves the draws.", "N"),
    shared("range_covers", "What a range means: 90% or 80% of the distribution.", "SHARE"),
)
OUTPUT = (
    shared("format_", "table, json, csv or markdown.", "FORMAT", "-f"),
    shared("output_file", "Write to a file; its ending says the format.", "FILE", "-o"),
    shared("force", "Overwrite an existing file.", "", on=True),
    shared("details", "Show every table, assumption and range.", "", on=True),
    shared("explain", "Show every charge as quantity × price, with its sources.", "", on=True),
)


def takes(*groups: tuple[inspect.Parameter, ...]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the shared flags of these groups, as one `flags` dict before its own."""
    shared = [parameter for group in groups for parameter in group]
    names = [parameter.name for parameter in shared]

    def wrap(function: Callable[..., int]) -> Callable[..., int]:
        signature = inspect.signature(function, eval_str=True)
        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in signature.parameters.values()
            if parameter.name != "flags"
        ]

        def command(**values: Any) -> int:
            refuse_over_typed(values)
            flags = {name: values.pop(name) for name in names}
            return function(flags, **values)

        command.__name__ = function.__name__
        command.__doc__ = function.__doc__
        parameters = [*shared, *own]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return wrap


def flags_given(flags: Values, *groups: tuple[inspect.Parameter, ...]) -> list[str]:
    """The flags of these groups as they were typed, in a fixed order: what repeats a command."""
    parts: list[str] = []
    for name in sorted(parameter.name for group in groups for parameter in group):
        value = flags.get(name)
        flag = flag_of(name)
        if value is True:
            parts.append(flag)
        for each in value if isinstance(value, list) else [value] if isinstance(value, str) else []:
            parts += [flag, each]
    return parts
