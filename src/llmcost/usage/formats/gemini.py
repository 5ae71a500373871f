"""Gemini: responses with their `usageMetadata`, from the Gemini API, Vertex AI, or the Python SDK (snake_case).

The prompt includes what was read from the cache; what tools put into the prompt stands beside it and
is input too. Thinking is counted beside the answer's tokens (`thoughtsTokenCount`) and billed as
output; where it is named in the total alone, the difference is added to the output and counted as
repaired. An answer of no tokens has no count: JSON made from protocol buffers leaves out a 0. Chunks
of one stream share the response id and their counts grow. Lines of only a `key` and a response, and
those with a `processed_time`, are results of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmcost.usage.convention import Convention
from llmcost.usage.formats.openai import THINKING
from llmcost.usage.reader import FlatReader, first_of, value_at
from llmcost.usage.record import Entry, NotACall
from llmcost.usage.rule import BATCH
from llmcost.usage.written_counts import added

_USAGE = ("usageMetadata", "usage_metadata", "response.usageMetadata", "response.usage_metadata")


def _in_usage(camel: str, snake: str) -> tuple[str, ...]:
    return tuple(f"{usage}.{snake if usage.endswith('usage_metadata') else camel}" for usage in _USAGE)


_BATCH_RESULT = frozenset({"key", "response", "status", "error"})
_TOOLS = ("toolUsePromptTokenCount", "tool_use_prompt_token_count")


class Gemini(FlatReader):
    """Responses of generateContent, its stream and its batches."""

    name = "gemini"
    about = "Gemini responses with their usageMetadata"
    convention = Convention(cache_in_input=True, reasoning_in_output=False)
    duplicates = "by response id, the largest total is kept"
    fields = {
        "model": ("modelVersion", "model_version", "model", "response.modelVersion", "response.model_version"),
        "at": ("timestamp", "createTime", "create_time", "response.createTime", "response.create_time"),
        "input": _in_usage("promptTokenCount", "prompt_token_count"),
        "output": (
            *_in_usage("candidatesTokenCount", "candidates_token_count"),
            *_in_usage("responseTokenCount", "response_token_count"),  # of the Live API
        ),
        "cache_read": _in_usage("cachedContentTokenCount", "cached_content_token_count"),
        "reasoning": _in_usage("thoughtsTokenCount", "thoughts_token_count"),
        "total": _in_usage("totalTokenCount", "total_token_count"),
        "tier": _in_usage("trafficType", "traffic_type"),
        "id": ("responseId", "response_id", "response.responseId", "response.response_id"),
    }
    tasks = {
        "tag": ("metadata.task", "labels", "request.labels", "tags", "task"),
        "key": ("key", "user"),
        "path": ("endpoint", "url", "path"),
    }
    plain = {**dict.fromkeys(_in_usage(*_TOOLS), ("0",)), "key": ("",), "processed_time": ("",)}

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        usages = [value_at(document, path) for path in _USAGE]
        return any(
            isinstance(usage, Mapping) and any("TokenCount" in key or "token_count" in key for key in usage)
            for usage in usages
        )

    def entry(self, record: Any) -> Entry:
        found = super().entry(record)
        usage = first_of(record, *_USAGE)
        if not isinstance(usage, Mapping):
            raise NotACall("no usageMetadata")
        if found.input is None and found.output is None and found.total is None:
            raise NotACall("no token counts yet")
        if found.output is None:
            found = found._replace(output=0)
        if not found.reasoning:
            found = found._replace(rest=THINKING)
        tools = first_of(usage, *_TOOLS)
        if tools:
            found = found._replace(input=added(found.input, tools))
        if record.get("processed_time") or ("key" in record and _BATCH_RESULT.issuperset(record)):
            found = found._replace(tier=BATCH)
        return found
