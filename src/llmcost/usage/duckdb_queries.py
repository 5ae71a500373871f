"""DuckDB (extra `logs`), imported where it is needed first, and what its failures mean."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from llmcost.errors import InputError


class QueryFailed(Exception):
    """A query that DuckDB gave up; the message says why, in one line."""


def installed() -> bool:
    """Whether DuckDB is there."""
    return find_spec("duckdb") is not None


def duckdb(lacking: str, where: str) -> Any:
    """The module. Raises InputError, with what is `lacking` without it, where it is not installed."""
    try:
        return import_module("duckdb")
    except ImportError:
        raise InputError(lacking, where=where, hint="pip install 'llmcost-cli[logs]'") from None


def fetched(connection: Any, query: str, by: str = "fetchall") -> Any:
    """What a query gives. Raises QueryFailed."""
    try:
        return getattr(connection.execute(query), by)()
    except (import_module("duckdb").Error, RuntimeError) as error:
        if "interrupt" in str(error).lower():  # DuckDB has caught Ctrl-C itself
            raise KeyboardInterrupt from None
        raise QueryFailed(str(error).split("\n", 1)[0]) from None
