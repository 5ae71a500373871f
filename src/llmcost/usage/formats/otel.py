"""OpenTelemetry: spans with the generative AI attributes (`gen_ai.*`), as OTLP/JSON or flat.

OTLP/JSON holds attributes as `[{key, value: {intValue: "123"}}]`, whole numbers as text; other
exporters write a map, or a column an attribute. The conventions are still in development and were
renamed (`prompt_tokens` became `input_tokens`, `cache_creation` became `cache_write`); of two names
for one count the newer is taken, never both. They ask that input includes the cached tokens and
output the reasoning, which emitters break: the lines prove it.

Only inference counts: an `invoke_agent` or `invoke_workflow` span may repeat what the calls below it
used. What other operations are is not known, so one that carries token counts is rejected aloud, and so
is a span whose counts bear other names. Two instrumentations of one call write two spans with one
response id. Embeddings put out no tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from llmcost.usage.convention import INCLUSIVE
from llmcost.usage.elements import elements
from llmcost.usage.json_text import from_text
from llmcost.usage.reader import Reader, task_of
from llmcost.usage.record import Entry, NotACall, Rejected
from llmcost.usage.written_counts import NOTHING

_INFERENCE = (
    "chat",
    "generate_content",
    "text_completion",
    "embeddings",
    "response",
    "responses",
    "completion",
    "message",
)
_EMBEDDINGS = "embeddings"
_AROUND = (
    "create_agent",
    "invoke_agent",
    "invoke_workflow",
    "execute_tool",
    "fetch_response",
    "retrieval",
    "plan",
    "create_memory_store",
    "delete_memory_store",
    "create_memory",
    "update_memory",
    "upsert_memory",
    "delete_memory",
    "search_memory",
)
# The names of a count below `gen_ai.usage.`, the present one first.
_COUNTS = {
    "input": ("input_tokens", "prompt_tokens"),
    "output": ("output_tokens", "completion_tokens"),
    "cache_read": (
        "cache_read.input_tokens",
        "cache_read_input_tokens",
        "input_cached_tokens",
        "input_tokens.cached",
        "details.cache_read_tokens",
    ),
    "cache_write": (
        "cache_write.input_tokens",
        "cache_creation.input_tokens",
        "cache_creation_input_tokens",
        "input_tokens.cache_write",
        "details.cache_write_tokens",
    ),
    "reasoning": ("reasoning.output_tokens", "reasoning_tokens", "output_tokens.reasoning", "details.reasoning_tokens"),
    "total": ("total_tokens",),
    "usd": ("cost",),
}
_NAMES = {
    "model": ("gen_ai.response.model", "gen_ai.request.model"),
    "tier": ("openai.response.service_tier", "gen_ai.openai.response.service_tier"),
    **{field: tuple(f"gen_ai.usage.{name}" for name in names) for field, names in _COUNTS.items()},
}
_TIMES = ("startTimeUnixNano", "start_time_unix_nano", "startTime", "start_time", "Timestamp", "timestamp")
_SPAN_NAMES = ("name", "SpanName", "span_name")
_ATTRIBUTES = ("attributes", "SpanAttributes", "span_attributes")
_RESOURCES = ("resource", "ResourceAttributes", "resource_attributes")


class Span(NamedTuple):
    """One span with the resource that it ran on, as they are written."""

    span: Any
    resource: Any


class Otel(Reader):
    """Spans of the GenAI semantic conventions."""

    name = "otel"
    about = "OpenTelemetry GenAI spans (OTLP/JSON, or flat with gen_ai.* attributes)"
    convention = INCLUSIVE
    duplicates = "by response id, else by trace and span id, the largest total is kept"

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        if isinstance(_first(document, ("resourceSpans", "resource_spans")), list):
            return True
        if any(isinstance(key, str) and key.startswith("gen_ai.") for key in document):
            return True
        return any(name in document for name in _ATTRIBUTES) and any(name in document for name in _TIMES)

    def records(self, document: Any) -> Iterator[Span]:
        for each in elements(document):
            groups = _first(each, ("resourceSpans", "resource_spans"))
            if not isinstance(groups, list):
                yield Span(each, _first(each, _RESOURCES))
                continue
            for group in groups:
                yield from _spans(group)

    def entry(self, record: Span) -> Entry:
        span, resource = record
        if not isinstance(span, Mapping):
            raise Rejected("not a JSON object")
        written = next((span[name] for name in _ATTRIBUTES if span.get(name) is not None), None)
        attributes = _plain(span if written is None else written)
        operation = attributes.get("gen_ai.operation.name")
        if operation and operation not in _INFERENCE:
            if operation not in _AROUND and _counts_tokens(attributes):
                raise Rejected("token counts of an unknown operation")
            raise NotACall("an agent's, tool's or other span around model calls")
        values = {field: _first(attributes, names) for field, names in _NAMES.items()}
        if values["input"] is None and values["output"] is None:
            if _counts_tokens(attributes):
                raise Rejected("token counts by other names than gen_ai.usage")
            raise NotACall("a span without token usage")
        if values["output"] is None and operation == _EMBEDDINGS:
            values["output"] = 0
        return Entry(
            **values,
            at=_first(span, _TIMES),
            task=self._task(span, attributes, resource),
            id=_first(attributes, ("gen_ai.response.id",)) or _span_id(span),
        )

    def _task(self, span: Mapping[str, Any], attributes: Mapping[str, Any], resource: Any) -> str | None:
        """A prompt's name, else the service's; `key` is the service, `path` the span's name."""
        if self.task_source == "path":
            return task_of(_first(span, _SPAN_NAMES))
        if self.task_source not in ("tag", "key"):
            found = _first(attributes, (self.task_source,))
            return task_of(found if found is not None else span.get(self.task_source))
        named = _first(attributes, ("gen_ai.prompt.name",)) if self.task_source == "tag" else None
        if named is None:
            named = _first(attributes, ("service.name",))
        if named is None and resource is not None:
            inner = from_text(resource)
            inner = inner.get("attributes", inner) if isinstance(inner, Mapping) else inner
            named = _first(_plain(inner), ("service.name",))
        return task_of(named)


def _spans(group: Any) -> Iterator[Span]:
    """The spans of one resource; what is not in order comes as it is, to be counted as rejected."""
    scopes = _first(group, ("scopeSpans", "scope_spans", "instrumentationLibrarySpans"))
    if not isinstance(scopes, list):
        yield Span(None, None)
        return
    for scope in scopes:
        spans = scope.get("spans") if isinstance(scope, Mapping) else None
        if not isinstance(spans, list):
            yield Span(None, None)
            continue
        for span in spans:
            yield Span(span, group.get("resource"))


def _plain(written: Any) -> Mapping[str, Any]:
    """Attributes as a map, whether written as one, as OTLP's list of pairs, or as either in text."""
    written = from_text(written)
    if isinstance(written, Mapping):
        return written
    if not isinstance(written, list):
        return {}
    return {
        pair["key"]: _value(pair.get("value"))
        for pair in written
        if isinstance(pair, Mapping) and isinstance(pair.get("key"), str)
    }


def _counts_tokens(attributes: Mapping[str, Any]) -> bool:
    """Whether some attribute counts tokens that were used, in the words of whatever convention."""
    return any(
        value not in NOTHING and "token" in key and ("usage" in key or "count" in key)
        for key, value in attributes.items()
        if isinstance(key, str)
    )


def _value(written: Any) -> Any:
    """What an OTLP value says. A whole number is text there by the rules, so it is no repair to read it."""
    if not isinstance(written, Mapping):
        return written
    whole = written.get("intValue", written.get("int_value"))
    if whole is not None:
        try:
            return int(whole) if isinstance(whole, str) else whole
        except ValueError:
            return whole
    return _first(written, ("stringValue", "doubleValue", "boolValue", "string_value", "double_value", "bool_value"))


def _first(values: Any, names: tuple[str, ...]) -> Any:
    if isinstance(values, Mapping):
        for name in names:
            found = values.get(name)
            if found is not None and found != "":
                return found
    return None


def _span_id(span: Mapping[str, Any]) -> str | None:
    context = span.get("context")
    where = context if isinstance(context, Mapping) else span
    span_id = _first(where, ("spanId", "span_id", "SpanId"))
    trace_id = _first(where, ("traceId", "trace_id", "TraceId"))
    return None if span_id is None else f"{trace_id} {span_id}"
