"""Anthropic: messages with their usage, and the results of message batches.

Input tokens exclude both what was read from the cache and what was written to it; output tokens are
the billed total, thinking included. The split of writes by lifetime may cover only the first step of
a call with server tools: the whole written part counts, the rest of it at five minutes. A message
carries no time; a log puts one beside it. An event of a stream is no whole message: one that carries
counts is rejected aloud. Batch results are one line a request; only those that
succeeded are billed.

What the server did for a message besides answering it, making the context compact or asking an
advisor, another model, is billed too and stands in `usage.iterations` only, not in the sums: each is
a call of its own here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llmcost.usage.convention import EXCLUSIVE
from llmcost.usage.elements import elements
from llmcost.usage.places import under
from llmcost.usage.reader import FlatReader, first_of, value_at
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.rule import BATCH

_MESSAGES = ("", "response", "result.message")
_USAGES = ("usage", "response.usage", "result.message.usage", "")
_SPEEDS = ("usage.speed", "response.usage.speed", "result.message.usage.speed")
_OUTCOMES = ("succeeded", "errored", "canceled", "expired")
_BESIDE = ("compaction", "advisor_message")
_STREAMED = ("message_start", "message_delta", "message_stop", "content_block_")


class Anthropic(FlatReader):
    """Messages API responses and batch results."""

    name = "anthropic"
    about = "Anthropic messages with their usage, and message batch results"
    convention = EXCLUSIVE
    duplicates = "by message id, the largest total is kept"
    fields = {
        "model": under(_MESSAGES, "model"),
        "at": ("timestamp", "created_at", "response.created_at"),
        "input": under(_USAGES, "input_tokens"),
        "output": under(_USAGES, "output_tokens"),
        "cache_read": under(_USAGES, "cache_read_input_tokens"),
        "cache_write": under(_USAGES, "cache_creation_input_tokens"),
        "cache_write_5m": under(_USAGES, "cache_creation.ephemeral_5m_input_tokens"),
        "cache_write_1h": under(_USAGES, "cache_creation.ephemeral_1h_input_tokens"),
        "reasoning": under(_USAGES, "output_tokens_details.thinking_tokens"),
        "total": under(_USAGES, "total_tokens"),
        "tier": under(_USAGES, "service_tier"),
        "id": under(_MESSAGES, "id"),
    }
    tasks = {
        "tag": ("metadata.task", "tags", "task"),
        "key": ("metadata.user_id", "custom_id"),
        "path": ("endpoint", "url", "path"),
    }
    plain = {
        "type": ("message",),
        "result.type": ("",),  # a batch result may name no tier
        "usage.speed": ("standard",),
        "response.usage.speed": ("standard",),
        "usage.iterations": ("",),
        "response.usage.iterations": ("",),
    }

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        if "custom_id" in document and value_at(document, "result.type") in _OUTCOMES:
            return True
        if str(document.get("type")).startswith(_STREAMED):
            return True
        for where in ("", "response"):
            message = value_at(document, where) if where else document
            usage = value_at(message, "usage")
            if isinstance(usage, Mapping) and "input_tokens" in usage:
                return not _openai(usage) and (_cached(usage) or _claude(message) or "service_tier" in usage)
        return "input_tokens" in document and _cached(document)

    def records(self, document: Any) -> Iterator[Any]:
        for each in elements(document):
            yield each
            for where in _MESSAGES:
                message = value_at(each, where) if where else each
                for step in steps_beside(message):
                    around = {key: value for key, value in each.items() if key not in ("response", "result")}
                    if "result" in each and step["usage"]["service_tier"] is None:
                        step["usage"]["service_tier"] = BATCH
                    yield around | step

    def entry(self, record: Any) -> Entry:
        found = super().entry(record)
        outcome = value_at(record, "result.type")
        if outcome is not None and outcome != "succeeded":
            raise NotACall("a batch request that did not succeed")
        if str(value_at(record, "type")).startswith(_STREAMED):
            counted = first_of(record, "usage", "message.usage") is not None
            raise (Rejected if counted else NotACall)("an event of a stream, no whole message")
        if found.input is None and found.output is None:
            raise NotACall("no usage")
        if first_of(record, *_SPEEDS) == "fast":
            return found._replace(tier="fast")  # it has prices of its own
        return found._replace(tier=BATCH) if outcome is not None and found.tier is None else found


def steps_beside(message: Any) -> Iterator[dict[str, Any]]:
    """The billed steps of a message that its own usage leaves out, each as a message."""
    steps = value_at(message, "usage.iterations")
    if not isinstance(steps, list):
        return
    usage = message["usage"]
    for number, step in enumerate(steps, 1):
        if isinstance(step, Mapping) and step.get("type") in _BESIDE:
            yield {
                "type": "message",
                "id": f"{message['id']} step {number}" if message.get("id") else None,
                "model": step.get("model") or message.get("model"),
                "usage": {"service_tier": usage.get("service_tier"), "speed": usage.get("speed"), **step},
            }


def _openai(usage: Mapping[str, Any]) -> bool:
    """The Responses API names its input tokens alike."""
    if "input_tokens_details" in usage or ("output_tokens_details" in usage and "total_tokens" in usage):
        return True
    return "total_tokens" in usage and "cache_read_input_tokens" not in usage


def _cached(usage: Mapping[str, Any]) -> bool:
    return "cache_read_input_tokens" in usage and (
        "cache_creation_input_tokens" in usage or isinstance(usage.get("cache_creation"), Mapping)
    )


def _claude(message: Mapping[str, Any]) -> bool:
    return (
        message.get("type") == "message"
        or str(message.get("id")).startswith("msg_")
        or "claude" in str(message.get("model"))
    )
