"""Claude Code: the transcripts of sessions below `~/.claude/projects`, one JSONL file a session.

Most lines are no model call. A call is written once for each block of its answer, with counts that
grow, and again where a session was continued or a sub-agent ran: message and request id together
tell it, the session's own line is kept before a sub-agent's copy, then the largest total. Usage is
Anthropic's: input excludes what was read from and written to the cache, and an advisor's part is
a call of its own.

The task is the project directory: the last part of the first working directory that a file names,
also for the directories below it that a session changes into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llmcost.usage.convention import EXCLUSIVE
from llmcost.usage.elements import elements
from llmcost.usage.formats.anthropic import steps_beside
from llmcost.usage.reader import Quick, Reader, ReaderOptions, task_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected

_SYNTHETIC = "<synthetic>"
# What a line of a session never has at its top: calls of other logs that name a session too.
_OTHERS = frozenset(
    ("traceId", "usage", "response", "attributes", "model", "input_tokens", "output_tokens", "prompt_tokens")
)
_NO_CALL = NotACall("no model call")
_TASKS = {"tag": "gitBranch", "key": "sessionId"}


class ClaudeCode(Reader):
    """Transcripts of Claude Code."""

    name = "claude-code"
    about = "Claude Code session transcripts"
    convention = EXCLUSIVE
    duplicates = "by message and request id, the session's own line before a sub-agent's, then the largest total"
    task_from = "path"

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:  # noqa: B008 - frozen
        super().__init__(options)
        self._projects: dict[str, str] = {}
        self._roots: list[str] = []

    def quick(self) -> Quick:
        """Most lines by a typed decoder, a tenth of the time of a document; what is written in any other way is None."""
        from msgspec import DecodeError, json

        from llmcost.usage.transcript_line import Line

        decode, entry = json.Decoder(Line).decode, self._quick_entry

        def read(line: bytes) -> Entry | NotACall | None:
            try:
                found = decode(line)
            except (DecodeError, ValueError, RecursionError):  # of a type that is not stated, or nested too deeply, too
                return None
            return entry(found)

        return read

    def _quick_entry(self, line: Any) -> Entry | NotACall | None:
        message = line.message
        usage = None if message is None else message.usage
        if self.task_source == "path":
            task = self._project(line.cwd)
        elif self.task_source in _TASKS:
            task = line.git_branch if self.task_source == "tag" else line.session_id
        else:
            return None
        if usage is None:
            return None if line.type == "assistant" else _NO_CALL
        if usage.iterations or usage.speed == "fast" or message.model == _SYNTHETIC:
            return None
        split = usage.cache_creation
        return Entry(
            message.model,
            line.timestamp,
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_input_tokens,
            usage.cache_creation_input_tokens,
            None if split is None else split.ephemeral_5m_input_tokens,
            None if split is None else split.ephemeral_1h_input_tokens,
            None,
            None,
            line.cost_usd,
            usage.service_tier,
            task,
            f"{message.id} {line.request_id}" if message.id and line.request_id else message.id,
            0 if line.is_sidechain else 1,
        )

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        kind = document.get("type")
        if isinstance(document.get("message"), Mapping) and "timestamp" in document:
            return "sessionId" in document or isinstance(value_at(document, "message.usage"), Mapping)
        if not isinstance(kind, str) or not kind.islower() or _OTHERS & document.keys():
            return False
        return (
            "sessionId" in document
            or (kind == "summary" and "leafUuid" in document)
            or (kind == "file-history-snapshot" and "snapshot" in document)
        )

    def records(self, document: Any) -> Iterator[Any]:
        for each in elements(document):
            yield each
            message = each.get("message") if isinstance(each, Mapping) else None
            if value_at(message, "usage.iterations"):
                for step in steps_beside(message):
                    yield {**each, "message": step}

    def entry(self, record: Any) -> Entry:
        if not isinstance(record, Mapping):
            raise Rejected("not a JSON object")
        task = self._task(record)  # a line that is no call may be the first to name the project
        message = record.get("message")
        usage = message.get("usage") if isinstance(message, Mapping) else None
        if not isinstance(message, Mapping) or usage is None:
            if record.get("type") == "assistant" and value_at(message, "model") not in (None, _SYNTHETIC):
                raise Rejected("a model's answer without usage")  # some gateways give none
            raise NotACall("no model call")
        if not isinstance(usage, Mapping):
            raise Rejected("usage is no JSON object")
        model = message.get("model")
        if model == _SYNTHETIC:
            raise NotACall("a message of Claude Code's own, no model call")
        split = usage.get("cache_creation")
        if not isinstance(split, Mapping):
            split = {}
        message_id, request_id = message.get("id"), record.get("requestId")
        return Entry(
            model=model,
            at=record.get("timestamp"),
            input=usage.get("input_tokens"),
            output=usage.get("output_tokens"),
            cache_read=usage.get("cache_read_input_tokens"),
            cache_write=usage.get("cache_creation_input_tokens"),
            cache_write_5m=split.get("ephemeral_5m_input_tokens"),
            cache_write_1h=split.get("ephemeral_1h_input_tokens"),
            usd=record.get("costUSD"),
            tier="fast" if usage.get("speed") == "fast" else usage.get("service_tier"),
            task=task,
            id=f"{message_id} {request_id}" if message_id and request_id else message_id,
            rank=0 if record.get("isSidechain") else 1,
        )

    def _task(self, record: Mapping[str, Any]) -> str | None:
        if self.task_source != "path":
            return task_of(value_at(record, _TASKS.get(self.task_source, self.task_source)))
        return self._project(record.get("cwd"))

    def _project(self, cwd: Any) -> str | None:
        if not isinstance(cwd, str):
            return None
        found = self._projects.get(cwd)
        if found is None:
            path = cwd.replace("\\", "/").rstrip("/")
            root = next((each for each in self._roots if path == each or path.startswith(f"{each}/")), path)
            if root and root not in self._roots:
                self._roots.append(root)
            found = self._projects[cwd] = root.rpartition("/")[2] or cwd
        return found
