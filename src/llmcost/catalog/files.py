"""The only reader of YAML: catalog files, scenarios, answers and claims all come through here.

Text stays text (`1e-4`, `1:30`, `no`, `2026-12`); only plain `true`, `false` and `null` are
resolved, so the quantity parser sees what the person wrote. Every value and key keeps its place,
and whatever could hurt (duplicate keys, alias bombs, python tags, binary, 50 MB) is refused with it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import Shared

MAX_BYTES = 1024 * 1024
MAX_NODES = 100_000
MAX_DEPTH = 50
_START_FROM = "llmcost init writes a scenario to start from"
_TOO_DEEP = f"the values are nested more than {MAX_DEPTH} deep"

_BOOLEANS = {word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())}
_PLAIN: dict[str, bool | None] = {**_BOOLEANS, "": None, "~": None, "null": None, "Null": None, "NULL": None}
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = {"str", "int", "float", "bool", "null"}


class Place(NamedTuple):
    """Where a value stands (both from 1), with the places of what it holds.

    `children` maps a key or an index to the place of the key (the value's own for a list item) and
    of the value.
    """

    line: int
    column: int
    children: dict[str | int, tuple[Place, Place]]


class Document(NamedTuple):
    """What a file says, as plain dict/list/str/bool/None, where it says it, and its text."""

    data: dict[str, Any]
    name: str
    place: Place
    text: str = ""
    typed: bool = False  # a document of flags is

    def where(self, path: Sequence[str | int] = (), *, key: bool = False) -> str:
        """`file:line:column` of the deepest existing node on a path such as pydantic's `loc`.

        Steps that the file does not hold (a missing field, the tag of a union) are passed over.
        With `key` the place is that of the last key itself, not of its value.
        """
        place = self.place
        for step in path:
            if step in place.children:
                key_place, place = place.children[step]
                if key and step == path[-1]:
                    place = key_place._replace(children=place.children)
        return f"{self.name}:{place.line}:{place.column}"


def read_yaml(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES, start_from: str = _START_FROM) -> Document:
    """The document in a file, or on standard input for `-`. Raises InputError for all else.

    `start_from` is the hint for someone who has no such file yet, or an empty one.
    """
    name = os.fspath(path)
    if name == "-":
        text = _text(sys.stdin.buffer.read(max_bytes + 1), "<stdin>", max_bytes)
        return parse_yaml(text, "<stdin>", start_from=start_from)
    try:
        if os.path.isdir(name):
            raise InputError(f"{name} is a directory", hint="name a YAML file, such as scenario.yaml")
        if os.stat(name).st_size > max_bytes:
            _refuse_size(name, max_bytes)
        with open(name, "rb") as file:
            raw = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise InputError(f"there is no file {name}", hint=_similar_files(name) or start_from) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read {name}: {reason.lower()}", hint="name a readable YAML file") from None
    return parse_yaml(_text(raw, name, max_bytes), name, start_from=start_from)


def parse_yaml(text: str, name: str, *, start_from: str = _START_FROM) -> Document:
    """The one mapping that a YAML (or JSON) text holds. Raises InputError with the place."""
    import yaml

    try:
        plain = text.removeprefix("\ufeff")
        return _Builder(name, start_from).document(yaml.parse(plain, _loader()))._replace(text=plain)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        problem = error.problem or error.context or "it is not YAML"
        if "nesting depth" in problem:  # PyYAML from 6.0.4 on stops by itself
            raise InputError(_TOO_DEEP, where=where, hint="flatten the file") from None
        raise InputError(f"cannot read the YAML: {problem}", where=where, hint=_syntax_hint(problem)) from None
    except yaml.YAMLError:
        raise InputError(
            "the file holds a character that YAML does not allow",
            where=name,
            hint="save it as plain UTF-8 text, without control characters",
        ) from None


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Builder:
    """Builds plain data and places from YAML's events, counting what aliases expand to."""

    def __init__(self, name: str, start_from: str) -> None:
        self.name = name
        self.start_from = start_from
        self.nodes = 0
        self.anchors: dict[str, tuple[Any, Place, int] | None] = {}
        self.anchored = 0  # how many anchored values this one stands in

    def document(self, events: Iterator[Any]) -> Document:
        self.events = events
        next(events)  # the start of the stream
        start = next(events)
        if type(start).__name__ == "StreamEndEvent":
            self.refuse_empty()
        first = next(events)
        data, place = self.node(first, depth=0)
        next(events)  # the end of the document
        further = next(events)
        if type(further).__name__ != "StreamEndEvent":
            self.refuse(
                "the file holds more than one YAML document",
                further,
                "keep one document: remove the --- line",
            )
        if data is None:
            self.refuse_empty()
        if not isinstance(data, dict):
            kind = "a list" if isinstance(data, list) else "a single value"
            self.refuse(f"the file holds {kind}, not keys with values", first, "start with a key, such as name: ...")
        return Document(data, self.name, place)

    def node(self, event: Any, depth: int) -> tuple[Any, Place]:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self.alias(event)
        self.count(1, event)
        if depth > MAX_DEPTH:
            self.refuse(_TOO_DEEP, event, "flatten the file")
        started_at = self.nodes
        if event.anchor:
            self.anchors[event.anchor] = None
            self.anchored += 1
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1, {})
        value: Any
        if kind == "ScalarEvent":
            value = self.scalar(event)
        elif kind == "SequenceStartEvent":
            self.tag(event, {"seq"})
            value = self.sequence(place, depth)
        else:
            self.tag(event, {"map"})
            value = self.mapping(place, depth)
        if event.anchor:
            self.anchored -= 1
            self.anchors[event.anchor] = value, place, self.nodes - started_at + 1
        return value, place

    def alias(self, event: Any) -> tuple[Any, Place]:
        if event.anchor not in self.anchors:
            self.refuse(f"*{event.anchor} refers to an anchor that is not above it", event, f"write &{event.anchor}")
        anchored = self.anchors[event.anchor]
        if anchored is None:
            self.refuse(f"*{event.anchor} stands inside itself", event, "write the value out")
        value, place, nodes = anchored
        self.count(nodes, event)
        return value, Place(event.start_mark.line + 1, event.start_mark.column + 1, place.children)

    def sequence(self, place: Place, depth: int) -> list[Any]:
        items: list[Any] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            value, item_place = self.node(event, depth + 1)
            place.children[len(items)] = item_place, item_place
            items.append(value)
        return items

    def mapping(self, place: Place, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                self.refuse("a key must be plain text", event, "type a word before the colon")
            self.tag(event, {"str"})
            key: str = event.value
            if key == "<<" and not event.style:
                self.refuse("merge keys (<<) are not supported", event, "write the keys out, or alias a whole value")
            if not key:
                self.refuse("a key is empty", event, "type a word before the colon")
            if key in values:
                first, again = place.children[key][0].line, event.start_mark.line + 1
                self.refuse(
                    f"the key {key} stands twice, on line {first} and on line {again}",
                    event,
                    "keep one of the two",
                )
            key_place = Place(event.start_mark.line + 1, event.start_mark.column + 1, {})
            value, value_place = self.node(next(self.events), depth + 1)
            values[key] = value
            place.children[key] = key_place, value_place
        return values

    def scalar(self, event: Any) -> str | bool | None:
        tag = self.tag(event, _SCALAR_TAGS)
        text: str = event.value
        if tag == "bool" or tag == "null":
            if text not in _PLAIN or (_PLAIN[text] is None) != (tag == "null"):
                self.refuse(f"!!{tag} does not fit this value", event, "leave the tag out")
            return _PLAIN[text]
        if self.anchored:
            shared = Shared(text)
            shared.place = f"{event.start_mark.line + 1}:{event.start_mark.column + 1}"
            text = shared
        return text if event.style or tag else _PLAIN.get(text, text)

    def tag(self, event: Any, allowed: set[str]) -> str:
        """The short name of an explicit core tag, empty where there is none."""
        if event.tag is None or event.tag == "!":
            return "str" if event.tag == "!" else ""
        short = event.tag.removeprefix(_TAG)
        if short not in allowed or short == event.tag:
            written = f"!!{short}" if short != event.tag else str(event.tag)
            self.refuse(f"the tag {written} is not allowed", event, "leave the tag out: plain text and numbers do")
        return str(short)

    def count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self.refuse(f"the file expands to more than {MAX_NODES:,} values", event, "use fewer aliases and values")

    def refuse(self, what: str, event: Any, hint: str) -> NoReturn:
        mark = event.start_mark
        raise InputError(what, where=f"{self.name}:{mark.line + 1}:{mark.column + 1}", hint=hint)

    def refuse_empty(self) -> NoReturn:
        raise InputError("the file is empty", where=self.name, hint=self.start_from)


def _text(raw: bytes, name: str, max_bytes: int) -> str:
    if len(raw) > max_bytes:
        _refuse_size(name, max_bytes)
    if b"\0" in raw:
        raise InputError("the file is binary", where=name, hint="name a YAML file, saved as UTF-8 text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise InputError(
            "the file is not UTF-8 text", where=f"{name}:{line}:{column}", hint="save it as UTF-8"
        ) from None


def _refuse_size(name: str, max_bytes: int) -> NoReturn:
    raise InputError(
        f"the file is larger than {max_bytes / 1024**2:g} MiB",
        where=name,
        hint="name a YAML file of that size or less",
    )


def _similar_files(name: str) -> str:
    folder, base = os.path.split(name)
    try:
        siblings = [entry for entry in os.listdir(folder or ".") if entry.endswith((".yaml", ".yml", ".json"))]
    except OSError:
        return f"there is no directory {folder}"
    return did_you_mean(base, siblings)


def _syntax_hint(problem: str) -> str:
    if "cannot start any token" in problem:
        return "indent with spaces, not tabs; put text that starts with a special character in quotes"
    if "mapping values are not allowed" in problem:
        return "put text that holds a colon and a space in quotes, and check the indentation"
    return "check the quotes, brackets and indentation at and just before this place"
