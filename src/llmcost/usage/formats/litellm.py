"""LiteLLM: the proxy's `LiteLLM_SpendLogs` table, and the standard logging payload of its callbacks.

Both normalise to OpenAI's way: prompt tokens include what was read from and written to the cache,
for Anthropic's models too. Cached tokens stand only in `metadata.usage_object` (older versions:
`metadata.additional_usage_values`). `cache_hit` is LiteLLM's own response cache, not the prompt cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.json_text import from_text
from llmcost.usage.reader import FlatReader
from llmcost.usage.record import Entry, NotACall

_USAGE = ("metadata.usage_object", "metadata.additional_usage_values")


def _in_usage(*paths: str) -> tuple[str, ...]:
    return tuple(f"{usage}.{path}" for usage in _USAGE for path in paths)


class LiteLlm(FlatReader):
    """Spend logs and standard payloads."""

    name = "litellm"
    about = "LiteLLM spend logs and standard logging payloads"
    convention = INCLUSIVE
    duplicates = "by request id, the largest total is kept"
    fields = {
        "model": ("model",),
        "at": ("startTime",),
        "input": ("prompt_tokens",),
        "output": ("completion_tokens",),
        "cache_read": _in_usage(
            "cache_read_input_tokens", "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens"
        ),
        "cache_write": _in_usage("cache_creation_input_tokens", "prompt_tokens_details.cache_creation_tokens"),
        "cache_write_5m": _in_usage(
            "cache_creation.ephemeral_5m_input_tokens",
            "prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens",
        ),
        "cache_write_1h": _in_usage(
            "cache_creation.ephemeral_1h_input_tokens",
            "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
        ),
        "reasoning": _in_usage("completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"),
        "total": ("total_tokens",),
        "usd": ("spend", "response_cost"),
        "tier": ("cost_breakdown.service_tier", *_in_usage("service_tier")),
        "id": ("request_id", "id"),
    }
    tasks = {
        "tag": ("request_tags",),
        "key": ("metadata.user_api_key_alias", "api_key"),
        "path": ("model_group",),
    }

    plain = {"cache_hit": ("False", "false"), "status": ("success",)}

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        calls = "prompt_tokens" in document and "startTime" in document
        return calls and ("request_id" in document or "litellm_call_id" in document or "response_cost" in document)

    def entry(self, record: Any) -> Entry:
        # A database export writes the JSON columns as text.
        if isinstance(record, Mapping):
            for key in ("metadata", "request_tags"):
                if isinstance(record.get(key), str):
                    record = {**record, key: from_text(record[key])}
            if record.get("cache_hit") in (True, "True", "true"):
                raise NotACall("answered from LiteLLM's response cache")
            if record.get("status") == "failure" and not record.get("total_tokens"):
                raise NotACall("failed request without tokens")
        return super().entry(record)
