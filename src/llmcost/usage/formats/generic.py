"""Any table of calls: CSV, JSONL or Parquet with a column for each figure.

Columns are named by `--map FIELD=COLUMN` (a dotted column walks into an object); what is not mapped
is looked for under the names that logs commonly use. Duplicates are looked for only where `id` is
mapped: without it every row counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from llmcost.errors import InputError, did_you_mean
from llmcost.usage.coverage import end_of
from llmcost.usage.reader import FlatReader, Path, ReaderOptions, first_of, keys_of, value_at

# What a user calls a figure in --map, and the field of Entry that it is.
COLUMNS = {
    "model": "model",
    "time": "at",
    "input_tokens": "input",
    "output_tokens": "output",
    "cached_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "cache_write_5m_tokens": "cache_write_5m",
    "cache_write_1h_tokens": "cache_write_1h",
    "reasoning_tokens": "reasoning",
    "total_tokens": "total",
    "cost_usd": "usd",
    "tier": "tier",
    "task": "task",
    "id": "id",
    "calls": "calls",
}
BY_ID = "by the mapped id, the largest total is kept"
END = "end_time"  # in --map: when the slot of a row that sums up many calls ends
COMMON: dict[str, tuple[str, ...]] = {
    "model": ("model", "response_model", "request_model", "model_name"),
    "at": ("timestamp", "time", "created_at", "start_time", "start_time_iso", "startTime"),
    "input": ("input_tokens", "prompt_tokens", "tokens_in"),
    "output": ("output_tokens", "completion_tokens", "tokens_out"),
    "cache_read": ("cached_tokens", "cache_read_tokens", "cached_input_tokens", "cache_read_input_tokens"),
    "cache_write": ("cache_write_tokens", "cache_creation_input_tokens"),
    "cache_write_5m": ("cache_write_5m_tokens",),
    "cache_write_1h": ("cache_write_1h_tokens",),
    "reasoning": ("reasoning_tokens",),
    "total": ("total_tokens",),
    "usd": ("cost_usd", "cost", "spend"),
    "tier": ("tier", "service_tier"),
    "task": ("task",),
}


class Generic(FlatReader):
    """A table whose columns are named by the user, or bear common names."""

    name = "generic"
    about = "any CSV, JSONL or Parquet table of calls, with --map"
    task_from = "task"
    weight = 0

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:  # noqa: B008 - frozen
        super().__init__(options)
        self._end = options.columns.get(END)
        figures = {name: column for name, column in options.columns.items() if name != END}
        unknown = [name for name in figures if name not in COLUMNS]
        if unknown:
            raise InputError(
                f"--map knows no field {unknown[0]!r}",
                where=f"--map {unknown[0]}={options.columns[unknown[0]]}",
                hint=did_you_mean(unknown[0], (*COLUMNS, END)) or f"fields: {', '.join((*COLUMNS, END))}",
            )
        if "id" in options.columns:
            self.duplicates = BY_ID
        self._known: set[str] = set()
        if "calls" in options.columns:
            self.grain = "bucket"  # a row sums up many calls
        self._paths: dict[str, Sequence[Path]] = {**COMMON}
        if options.task_from is not None:
            self._paths["task"] = (options.task_from,)
        for name, column in figures.items():
            self._paths[COLUMNS[name]] = (column,)

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        names = {str(key).lower() for key in document}
        return not names.isdisjoint(COMMON["input"]) and not names.isdisjoint(COMMON["output"])

    def begin(self, sample: Sequence[Mapping[str, Any]], header: Sequence[str] | None) -> None:
        """A mapped column that is one key with dots in it is taken whole; a table must have its columns.

        Common names are found in any case of letters.
        """
        known = dict.fromkeys([*(header or ()), *chain.from_iterable(sample)])
        for field, names in COMMON.items():
            if self._paths.get(field) is names:
                lowered = {name.lower() for name in names}
                folded = [key for key in known if key not in names and key.lower() in lowered]
                theirs = {key.lower() for key in folded}
                self._paths[field] = (*folded, *(name for name in names if name.lower() not in theirs))
        for name, column in self.options.columns.items():
            if column in known and name != END:
                self._paths[COLUMNS[name]] = ((column,),)
            elif header is not None and keys_of(column)[0] not in known:
                raise InputError(
                    f"there is no column {column!r}",
                    where=f"--map {name}={column}",
                    hint=did_you_mean(column, known) or f"columns: {', '.join(list(header)[:12])}",
                )
        calls = next((key for key in known if key.lower() == "calls"), None)
        if header is not None and calls is not None and "calls" not in self.options.columns:
            self._paths["calls"], self.grain = ((calls,),), "bucket"  # a table of sums says so by this name
        if header is not None:
            for field in ("input", "output"):
                if not any(keys_of(path)[0] in known for path in self._paths[field]):
                    raise InputError(
                        f"no column holds the {field} tokens",
                        hint=f"name it: --map {field}_tokens=COLUMN (columns: {', '.join(list(header)[:12])})",
                    )
        self._plans.clear()
        self._known = set(known)

    def slot_end(self, record: Any) -> Any:
        """As the mapped column has it; a time that is written as a day lasts the day."""
        end = None if self._end is None else record.get(self._end, value_at(record, self._end))
        return end_of(first_of(record, *self._paths["at"]), end)

    def finish(self) -> None:
        """A mapped column that stands in no line is a slip of the pen."""
        seen = self._known | self.keys_seen
        for name, column in self.options.columns.items():
            if column not in seen and keys_of(column)[0] not in seen:
                raise InputError(
                    f"no line has {column!r}",
                    where=f"--map {name}={column}",
                    hint=did_you_mean(column, seen) or f"keys: {', '.join(sorted(seen)[:12])}",
                )

    def places(self) -> dict[str, Sequence[Path]]:
        return self._paths
