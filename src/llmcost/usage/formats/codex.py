"""Codex: the rollouts of sessions (`rollout-….jsonl`), whose token counts are a running total.

A `token_count` event carries the total since the session began and, mostly, what the last call used;
without that the total is differenced, and one that falls began anew (after a context was full). An
event that repeats its total is no further call: it reports limits. The model and the working
directory stand in the `turn_context` lines before. A sub-agent's or forked session begins with its
parent's events, all written within one second: these are not counted again.

Input includes the cached tokens, output the reasoning. The task is the session's working directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.reader import Reader, ReaderOptions, task_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected

_KINDS = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")
_COUNTS = {
    "input": "input_tokens",
    "cache_read": "cached_input_tokens",
    "cache_write": "cache_write_input_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_output_tokens",
    "total": "total_tokens",
}
_TASKS = {"tag": "git_branch", "key": "session"}
_SECOND = len("2026-01-01T00:00:00")


class Codex(Reader):
    """Rollouts of Codex."""

    name = "codex"
    about = "Codex session rollouts"
    convention = INCLUSIVE
    task_from = "path"

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:  # noqa: B008 - frozen
        super().__init__(options)
        self._total: tuple[int, ...] | None = None
        self._model: Any = None
        self._cwd: str | None = None
        self._tasks: dict[str, Any] = {}
        self._replayed: str | None = None

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        return document.get("type") in _KINDS and isinstance(document.get("payload"), Mapping)

    def begin(self, sample: Sequence[Mapping[str, Any]], header: Sequence[str] | None) -> None:
        """A session that has a parent repeats its events first, all within one second."""
        metas = [value_at(each, "payload") for each in sample if each.get("type") == "session_meta"]
        if not any(value_at(each, "forked_from_id") or _is_spawned(each) for each in metas):
            return
        counts = [each for each in sample if _is_count(each) and isinstance(value_at(each, "payload.info"), Mapping)]
        seconds = [str(each.get("timestamp"))[:_SECOND] for each in counts[:2]]
        if len(seconds) == 2 and seconds[0] == seconds[1]:
            self._replayed = seconds[0]

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        payload = record.get("payload")
        if not _is_count(record):
            if isinstance(payload, Mapping) and record.get("type") in ("session_meta", "turn_context"):
                self._context(payload)
            raise NotACall("no model call")
        info = value_at(payload, "info")
        if not isinstance(info, Mapping):
            raise NotACall("limits without a call")
        written, used = self._used(info)
        at = record.get("timestamp")
        if self._replayed is not None:
            if str(at)[:_SECOND] == self._replayed:
                raise NotACall("a call of the parent session, repeated")
            self._replayed = None
        if not any(used[:-1]):
            raise NotACall("a mark of a full context, no call")
        # A count that was text goes on as text, so that the repair is counted.
        counts: dict[str, Any] = {
            field: str(count) if isinstance(written.get(name), str) else count
            for (field, name), count in zip(_COUNTS.items(), used, strict=True)
        }
        counts["total"] = counts["total"] or None
        return Entry(model=info.get("model") or self._model, at=at, task=self._task(), **counts)

    def _used(self, info: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[int, ...]]:
        """What the call of an event used, with the usage that says so. Raises NotACall, Rejected."""
        total, last = info.get("total_token_usage"), info.get("last_token_usage")
        before = self._total
        if isinstance(total, Mapping):
            self._total = _counts(total)
            if self._total == before:
                raise NotACall("a total that was reported before")
        if isinstance(last, Mapping) and last:
            return last, _counts(last)
        if isinstance(total, Mapping) and self._total is not None:
            return total, _since(before, self._total)
        raise NotACall("limits without a call")

    def _context(self, payload: Mapping[str, Any]) -> None:
        """What a session's or a turn's beginning says of the calls that follow."""
        self._model = payload.get("model") or self._model
        if self._cwd is None and isinstance(payload.get("cwd"), str):
            self._cwd = payload["cwd"]
        self._tasks["session"] = self._tasks.get("session") or payload.get("id", payload.get("session_id"))
        self._tasks["git_branch"] = self._tasks.get("git_branch") or value_at(payload, "git.branch")

    def _task(self) -> str | None:
        if self.task_source != "path":
            return task_of(self._tasks.get(_TASKS.get(self.task_source, self.task_source)))
        if self._cwd is None:
            return None
        return self._cwd.replace("\\", "/").rstrip("/").rpartition("/")[2] or self._cwd


def _is_count(record: Any) -> bool:
    return (value_at(record, "type"), value_at(record, "payload.type")) == ("event_msg", "token_count")


def _is_spawned(meta: Any) -> bool:
    return value_at(meta, "source.subagent.thread_spawn") is not None


def _counts(usage: Mapping[str, Any]) -> tuple[int, ...]:
    """The counts of a usage; a missing one is 0. Raises Rejected."""
    try:
        counts = tuple(int(count) if isinstance(count, str) else count for count in map(usage.get, _COUNTS.values()))
    except ValueError:
        raise Rejected("tokens are no whole number") from None
    if any(count is not None and (type(count) is not int or count < 0) for count in counts):
        raise Rejected("tokens are no whole number")
    return tuple(count or 0 for count in counts)


def _since(before: tuple[int, ...] | None, now: tuple[int, ...]) -> tuple[int, ...]:
    """What was used between two totals; all of the present one where the counter began anew."""
    if before is None:
        return now
    if any(b > n for b, n in zip(before, now, strict=True)):
        return *now[:-1], 0  # the sum of all may still count what came before
    return tuple(n - b for b, n in zip(before, now, strict=True))
