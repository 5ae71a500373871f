"""OpenAI: the `usage` of chat completions and of the Responses API, and of the many that answer like it.

A line is a response as it came back (whole, or under `response` beside what a gateway adds), a chunk
of a stream, or the usage alone. Prompt tokens include what was read from and written to the cache,
completion tokens include the reasoning. Servers that count the reasoning beside the completion
(x.ai) are proven to by their total. Of a stream only the last chunk carries usage, and only when
`stream_options.include_usage` was asked for.

Gemini's OpenAI-compatible endpoint bills its thinking but names it only in the total
(758 + 102 of 1,725): there the difference is added to the output, and counted as repaired.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.places import under
from llmcost.usage.reader import FlatReader, value_at
from llmcost.usage.record import Entry, NotACall

THINKING = "output that only the total names (Gemini's thinking)"
_RESPONSES = ("", "response")
_USAGES = ("usage", "response.usage", "")
_OBJECTS = ("chat.completion", "chat.completion.chunk", "text_completion", "response")
# The counts of a usage: what the chat and the Responses API call each, and compatible servers besides.
COUNTS = {
    "input": ("prompt_tokens", "input_tokens"),
    "output": ("completion_tokens", "output_tokens"),
    "cache_read": (
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "input_token_details.cached_tokens",  # of the Realtime API
        "cached_tokens",
        "prompt_cache_hit_tokens",
        "cache_read_input_tokens",
    ),
    "cache_write": (
        "prompt_tokens_details.cache_write_tokens",
        "input_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_creation_tokens",
        "cache_creation_input_tokens",
    ),
    "reasoning": ("completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"),
    "total": ("total_tokens",),
    "usd": ("cost",),
}


class OpenAi(FlatReader):
    """Responses of the chat, completions, embeddings and Responses endpoints."""

    name = "openai"
    about = "OpenAI responses with their usage (chat completions, Responses API and compatible servers)"
    convention = INCLUSIVE
    duplicates = "by response id, the largest total is kept"
    fields = {
        "model": under(_RESPONSES, "model"),
        "at": ("timestamp", *under(_RESPONSES, "created_at", "created")),
        **{field: under(_USAGES, *keys) for field, keys in COUNTS.items()},
        "tier": under(_RESPONSES, "service_tier"),
        "id": under(_RESPONSES, "id"),
    }
    tasks = {
        "tag": ("metadata.task", "response.metadata.task", "tags", "task"),
        "key": ("safety_identifier", "user", "response.safety_identifier", "response.user"),
        "path": ("endpoint", "url", "path"),
    }

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        if "custom_id" in document or ("prompt_tokens" in document and "startTime" in document):
            return False  # a batch; LiteLLM's payload holds such a response too
        if document.get("object") in _OBJECTS or str(document.get("type")).startswith("response."):
            return True
        for usage in (document.get("usage"), value_at(document, "response.usage")):
            if isinstance(usage, Mapping):
                return "prompt_tokens" in usage or ("input_tokens" in usage and not _anthropic(usage))
        return isinstance(document.get("prompt_tokens_details", document.get("input_tokens_details")), Mapping)

    def entry(self, record: Any) -> Entry:
        found = super().entry(record)
        if found.input is None and found.output is None and found.total is None:
            raise NotACall("no usage: a chunk of a stream, or a failed call")
        return with_thinking(with_output(found))


def with_output(found: Entry) -> Entry:
    """The entry, with an output of 0 where all of the total is input: an embedding puts nothing out."""
    embedding = found.output is None and found.input is not None and found.input == found.total
    return found._replace(output=0) if embedding else found


def with_thinking(found: Entry) -> Entry:
    """The entry, and of Gemini's what the rest of its total is."""
    return found._replace(rest=THINKING) if not found.reasoning and "gemini" in str(found.model).lower() else found


def _anthropic(usage: Mapping[str, Any]) -> bool:
    """Whether a usage with input and output tokens is written Anthropic's way."""
    if "input_tokens_details" in usage or "output_tokens_details" in usage:
        return False
    return "cache_read_input_tokens" in usage or "total_tokens" not in usage
