"""`llmcost usage`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcost.cli.draft import draft_from
from llmcost.cli.help import command_app
from llmcost.cli.logs import (
    LOG_ENGINE,
    LOG_FORMAT,
    PRICED_AS,
    meaningless,
    options_of,
    same_as,
)
from llmcost.cli.options import OUTPUT, Values, flag_of, shared, takes
from llmcost.cli.outcomes import DAY_PRICES, OutcomeRemarks, catalog_of, own_prices
from llmcost.cli.reading import asked, day
from llmcost.cli.writing import format_of, write
from llmcost.errors import InputError
from llmcost.estimate import Assumption, Warning

if TYPE_CHECKING:
    from llmcost.usage.predicted import Against
    from llmcost.usage.pricing import CellPrices
    from llmcost.usage.reading import LogResult

LOGS = (
    inspect.Parameter(
        "logs",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[
            list[str] | None,
            typer.Argument(
                help="Log files, folders, globs, or - for standard input.", metavar="LOGS", show_default=False
            ),
        ],
    ),
)
# What has a part in the query of `usage sql`, and what waits for the cube that comes back.
_OF_THE_QUERY = {
    *("logs", "dialect", "table", "map", "convention", "model", "step"),
    *("catalog", "as_of", "strict", "output_file", "force"),
}
_OF_THE_CUBE = {"cube", "all", "save_workload", "against", "architecture", "priced_as", "price", "format_"}
OWN = (
    shared("step", "What the profile counts by: minute, hour or day (hour).", "STEP"),
    *PRICED_AS,
    shared("cube", "What the query of `usage sql` gave (CSV, JSONL or Parquet), instead of logs.", "FILE"),
    shared("dialect", "Of `usage sql`: bigquery, snowflake, trino, spark, postgres, clickhouse …", "NAME"),
    shared("table", "Of `usage sql`: the table of calls (llm_calls).", "NAME"),
    shared("all", "List every model and task, not the 20 largest.", "", on=True),
    shared("save_workload", "Write what was measured as a scenario, which every command takes.", "FILE"),
    shared("against", "A scenario: what it predicts beside what was logged.", "SCENARIO"),
    shared("architecture", "Which of its architectures was run; left out, the one that fits the models.", "NAME"),
)


@takes(LOGS, LOG_FORMAT, OWN, LOG_ENGINE, DAY_PRICES, tuple(each for each in OUTPUT if each.name != "explain"))
def command(flags: Values) -> int:
    """What the traffic of real logs is, and what it costs at today's prices.

    `llmcost usage logs/` reads every log of a folder, whatever tool wrote it.
    `llmcost usage sql --dialect NAME` prints the query that makes the cube in your own warehouse.
    """
    from llmcost.quality.spending import DayPrices
    from llmcost.usage.pricing import CellPrices
    from llmcost.usage.read import check_names
    from llmcost.usage.remarks import remarks_of, stand_ins
    from llmcost.usage.summary import shortened, usage_of

    if flags["logs"] and flags["logs"][0] == "sql" and not os.path.exists("sql"):
        return _sql(flags)
    format_of(flags)
    as_of = day(flags.get("as_of"))
    _refuse_without_meaning(flags)
    if not flags["logs"] and flags.get("cube") is None:
        raise InputError(
            "no log is named", where="LOGS", hint="name a log file, a folder of logs, or - for standard input"
        )
    catalog = catalog_of(flags)
    prices = CellPrices(DayPrices(catalog, own_prices(flags)), as_of, same_as(flags))
    reading = _read(flags, catalog.long_context_thresholds())
    check_names(same_as(flags), reading)
    result = usage_of(reading, prices)
    lost: list[str] = []
    if flags.get("save_workload") is not None:
        from llmcost.architectures.prices import Prices
        from llmcost.output_file import write_atomically
        from llmcost.usage.traffic import traffic_of
        from llmcost.usage.workload_file import saved_workload

        # What is saved serves from now on, where a retired model keeps no price.
        serving = Prices(catalog, own_prices(flags))
        traffic = traffic_of(reading, result, prices)
        saved = saved_workload(traffic, serving, as_of)
        write_atomically(flags["save_workload"], saved.text, force=bool(flags.get("force")))
        lost = saved.lost
    assumed, warned = remarks_of(reading, prices)
    warned += [Warning("not_saved", f"{flags['save_workload']}: {each}") for each in lost]
    assumed += stand_ins(result)
    if flags.get("against") is not None:
        result = result._replace(against=_against(flags, reading, prices))
        if flags.get("architecture") is None and result.against is not None:
            why = f"its models carry {result.against.matched:.1%} of the logged {result.against.matched_by}"
            assumed.append(Assumption("architecture", result.against.architecture, why))

    if flags.get("task_from") is not None and not any(task.task for task in result.tasks):
        warned.append(Warning("no_task", f"no line names a task by {flags['task_from']}"))
    if format_of(flags) == "csv":
        left_out = "the CSV has the models only; tasks, sizes, hours and files are in -f json"
        warned.append(Warning("first_table_only", left_out))

    if not flags.get("all"):
        result = shortened(result)

    def page() -> Any:
        from llmcost.render.pages.usage import page

        return page(result)

    write("usage", flags, as_of, result, page, OutcomeRemarks(assumed, warned))
    return 0


def _refuse_without_meaning(flags: Values) -> None:
    """Flags that would change nothing: whoever types one expects that it does. Raises InputError."""
    if flags.get("architecture") is not None and flags.get("against") is None:
        raise meaningless("architecture", "--against", "add --against SCENARIO, or leave it out")
    for name in ("dialect", "table"):
        if flags.get(name) is not None:
            raise meaningless(name, "usage sql", "type llmcost usage sql --dialect NAME --table NAME")
    if flags.get("cube") is not None:
        for each in (*LOG_FORMAT, *LOG_ENGINE):
            if flags.get(each.name) not in (None, []):
                hint = "leave it out: a cube is as its query was written, where --map, --convention and --model belong"
                raise meaningless(each.name, "logs", hint)


def _sql(flags: Values) -> int:
    """Print the query. Raises InputError for what it has no part of."""
    if len(flags["logs"]) > 1:
        raise InputError(
            "`usage sql` prints a query and reads no log",
            where=flags["logs"][1],
            hint="type llmcost usage sql --dialect NAME --table NAME, run the query, and hand its CSV to llmcost usage --cube FILE",
        )
    for name in flags:
        if name not in _OF_THE_QUERY and flags[name] not in (None, [], False):
            hint = "type --map task=COLUMN" if name == "task_from" else "leave it out"
            if name in _OF_THE_CUBE:
                hint = "give it to llmcost usage --cube FILE, with what the query gave"
            raise InputError(f"{flag_of(name)} has no part in a query", where=flag_of(name), hint=hint)
    from llmcost.cli.writing import deliver
    from llmcost.usage.warehouse import warehouse_query

    if flags.get("dialect") is None:
        raise InputError("which warehouse?", where="--dialect", hint="type --dialect bigquery, snowflake, trino …")
    request = options_of(flags, catalog_of(flags).long_context_thresholds()).request
    deliver(warehouse_query(flags["dialect"], flags.get("table") or "llm_calls", request) + "\n", flags)
    return 0


def _read(flags: Values, thresholds: Sequence[int]) -> LogResult:
    """The logs, or the cube that a warehouse made of them."""
    options = options_of(flags, thresholds)
    if flags.get("cube") is None:
        from llmcost.usage.read import read

        return read(flags["logs"], options)
    if flags["logs"]:
        raise InputError("both logs and a cube are named", where="--cube", hint="name one of them")
    from llmcost.usage.warehouse import read_cube

    return read_cube(flags["cube"], options.request, step_stated=flags.get("step") is not None)


def _against(flags: Values, reading: LogResult, prices: CellPrices) -> Against:
    """What the scenario predicts, beside what was read."""
    from llmcost.usage.predicted import against

    path = flags["against"]
    given = {"scenario": path, **{name: flags.get(name) for name in ("price", "catalog", "as_of")}}
    question = asked(draft_from(given), given)
    return against(reading, prices, question.scenario, question.prices, flags.get("architecture"), path)


app = command_app(command)
