"""DuckDB, imported where logs are read first, and what its failures mean."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from llmcost.errors import InputError
from llmcost.usage.spool import folder

_MEMORY = "4GB"


class QueryFailed(Exception):
    """A query that DuckDB gave up; the message says why, in one line."""


@lru_cache(maxsize=1)
def connection() -> Any:
    """The one connection of this process, in UTC; it spills to a folder that is removed with the process."""
    import duckdb

    found = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": folder()})
    found.execute("SET TimeZone = 'UTC'")
    return found


def connected(memory: str | None) -> Any:
    """The connection under a limit of memory, beyond which it spills. Raises InputError."""
    import duckdb

    found = connection()
    try:
        found.execute(f"SET memory_limit = '{memory or _MEMORY}'")
    except duckdb.Error:
        raise InputError(
            f"DuckDB cannot work with {memory} of memory", where="--memory", hint=f"type --memory {_MEMORY}"
        ) from None
    return found


def fetched(connection: Any, query: str, by: str = "fetchall") -> Any:
    """What a query gives. Raises QueryFailed."""
    import duckdb

    try:
        return getattr(connection.execute(query), by)()
    except (duckdb.Error, RuntimeError) as error:
        if "interrupt" in str(error).lower():  # DuckDB has caught Ctrl-C itself
            raise KeyboardInterrupt from None
        raise QueryFailed(str(error).split("\n", 1)[0]) from None
