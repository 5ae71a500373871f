"""OpenRouter: the activity export (CSV, a row a generation) and the answers of its generation API.

Prompt tokens include the cached ones (`cost_cache` takes a discount off the whole prompt's cost) and
completion tokens the reasoning; the API gives counts of the model's own tokenizer too, which are the
billed ones. Cache writes are not exported. The order of the columns has changed before: they are
read by name. A row billed to one's own key (BYOK) costs nothing here, its cost upstream is added. A
`:free` variant is a model of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.places import under
from llmcost.usage.reader import FlatReader, first_of
from llmcost.usage.record import Entry

_UPSTREAM = ("byok_usage_inference", "data.upstream_inference_cost", "upstream_inference_cost")
_FREE = "free"


def _counts(kind: str) -> tuple[str, ...]:
    return under(("", "data"), f"native_tokens_{kind}", f"tokens_{kind}")


class OpenRouter(FlatReader):
    """Generations of OpenRouter."""

    name = "openrouter"
    about = "OpenRouter activity export (CSV) and generation records"
    convention = INCLUSIVE
    duplicates = "by generation id, the largest total is kept"
    fields = {
        "model": ("model_permaslug", "model", "data.model"),
        "at": ("created_at", "data.created_at"),
        "input": _counts("prompt"),
        "output": _counts("completion"),
        "cache_read": _counts("cached"),
        "reasoning": _counts("reasoning"),
        "usd": ("cost_total", "total_cost", "data.total_cost"),
        "id": ("generation_id", "id", "data.id"),
    }
    tasks = {"tag": ("app_name",), "key": ("api_key_name",), "path": ("user",)}
    plain = {**dict.fromkeys(_UPSTREAM, ("", "0", "0.0")), "variant": ("", "standard")}

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        record = document.get("data") if isinstance(document.get("data"), Mapping) else document
        return isinstance(record, Mapping) and "tokens_prompt" in record and "tokens_completion" in record

    def entry(self, record: Any) -> Entry:
        found = super().entry(record)
        upstream = first_of(record, *_UPSTREAM)
        if upstream not in (None, "", 0, "0"):
            with suppress(TypeError, ValueError, OverflowError):  # the common code says what is wrong with a cost
                found = found._replace(usd=float(found.usd or 0) + float(upstream))
        if first_of(record, "variant") == _FREE and not str(found.model).endswith(f":{_FREE}"):
            found = found._replace(model=f"{found.model}:{_FREE}")
        return found
