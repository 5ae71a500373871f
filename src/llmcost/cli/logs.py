"""The flags that say how logs are read: what `usage` and `compare --usage` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmcost.cli.draft import pairs
from llmcost.cli.options import Values, flag_of, shared
from llmcost.cli.outputs import keep_apart
from llmcost.errors import InputError

if TYPE_CHECKING:
    from llmcost.usage.read import LogOptions

LOG_FORMAT = (
    shared("format_in", "The logs' format, such as litellm; left out, it is told from their content.", "FORMAT"),
    shared("map", "A column of a table of your own, such as input_tokens=ContextTokens.", "FIELD=COLUMN", many=True),
    shared(
        "convention",
        "Whether input includes cached tokens: inclusive or exclusive; left out, the format or the lines tell.",
        "RULE",
    ),
    shared("task_from", "What names a call's task: tag, key or path, or a field of the log.", "SOURCE"),
    shared("model", "The model of logs that name none.", "MODEL"),
)
LOG_ENGINE = (
    shared("engine", "stdlib, duckdb or spark; left out, duckdb for large and Parquet logs.", "ENGINE"),
    shared("spark_remote", "A Spark Connect server; left out, Spark runs here.", "URL"),
    shared("memory", "Memory that DuckDB may use before it spills to the disk (4GB).", "SIZE"),
)
PRICED_AS = (
    shared(
        "priced_as",
        "Which model of the catalog a logged name is, such as azure/my-gpt=gpt-5.",
        "LOGGED=MODEL",
        many=True,
    ),
)
USAGE = (
    shared("usage", "Logs whose traffic takes the workload's place: a file, folder or glob.", "LOGS", many=True),
    *PRICED_AS,
    *(each for each in (*LOG_FORMAT, *LOG_ENGINE) if each.name != "model"),
)
_AS_NAMED = ("format_in", "convention", "task_from", "model", "step", "engine", "spark_remote", "memory")


def same_as(flags: Values) -> dict[str, str]:
    """What `--priced-as` says."""
    return pairs(flags.get("priced_as"), "--priced-as", "LOGGED=MODEL", "azure/my-gpt=gpt-5")


def options_of(flags: Values, thresholds: Sequence[int], *, base: str = "") -> LogOptions:
    """How the logs are to be read, as the flags say."""
    from llmcost.cli.progress import Bar
    from llmcost.usage.read import LogOptions

    return LogOptions(
        columns=pairs(flags.get("map"), "--map", "FIELD=COLUMN", "input_tokens=ContextTokens"),
        thresholds=thresholds,
        base=base,
        about_to_read=lambda path: keep_apart(path, flags),
        bar=Bar,
        **{name: flags.get(name) for name in _AS_NAMED},
    )


def refuse_without_logs(flags: Values) -> None:
    """Refuse what says how logs are read where none are: whoever types it means some. Raises InputError."""
    for each in USAGE:
        if flags.get(each.name) not in (None, []):
            raise meaningless(each.name, "logs", f"add --usage LOGS, or leave {flag_of(each.name)} out")


def meaningless(name: str, needs: str, hint: str) -> InputError:
    """The refusal of a flag that would change nothing: whoever types one expects that it does."""
    return InputError(f"{flag_of(name)} means nothing without {needs}", where=flag_of(name), hint=hint)
