"""What a reader of one log format is: it recognises the format and says what each record holds.

A reader is one file in `usage/formats/` with one subclass of `Reader`; nothing else lists it. A flat
format is data: a `FlatReader` names the paths of each field, and the same table becomes the Python
that reads a line and the SQL that an engine runs. A nested or cumulative format writes `entry`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, NamedTuple

from llmcost.errors import InputError, did_you_mean
from llmcost.usage.convention import Convention
from llmcost.usage.elements import elements
from llmcost.usage.json_text import name_of
from llmcost.usage.logs import NotALog
from llmcost.usage.record import Entry, NotACall, Rejected

# See Reader.quick.
Quick = Callable[[bytes], Entry | NotACall | None]
# A place in a record: `usage.prompt_tokens` walks down; a tuple holds keys that themselves carry dots.
Path = str | tuple[str, ...]


class ReaderOptions(NamedTuple):
    """What the command line says about reading, and the file that is read."""

    path: str = ""
    task_from: str | None = None
    columns: Mapping[str, str] = {}
    model: str | None = None


class Reader:
    """One log format. An instance reads one file from its first record to its last, so it may keep state.

    `convention` is what the format's documentation says (None: it says nothing, the lines must prove
    it). `duplicates` says in words which of several records with one id is counted ("" where the
    format needs none). `grain` is `call`, or `bucket` where a record sums up many calls: then there
    is no distribution of sizes. `weight` decides where two readers recognise equally many records.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    grain: str = "call"
    convention: ClassVar[Convention | None] = None
    duplicates: str = ""
    task_from: ClassVar[str] = "tag"
    weight: ClassVar[int] = 1

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:  # noqa: B008 - frozen
        self.options = options
        self.task_source = options.task_from or self.task_from

    @classmethod
    def recognises(cls, document: Mapping[str, Any]) -> bool:
        """Whether one document of a file (a line of JSONL, a row of CSV as a dict) is of this format."""
        raise NotImplementedError

    def begin(self, sample: Sequence[Mapping[str, Any]], header: Sequence[str] | None) -> None:
        """Look at the first documents of the file, and at a table's header, before reading it."""

    def records(self, document: Any) -> Iterator[Any]:
        """The records of one document, each at most one call: most formats have one, the document itself."""
        yield from elements(document)

    def entry(self, record: Any) -> Entry:
        """What a record says, in the format's own terms.

        Raises Rejected for a record that cannot be counted, NotACall for one that is no billed call.
        """
        raise NotImplementedError

    def quick(self) -> Quick | None:
        """What reads most lines of JSONL without making a document of them, where that pays.

        It takes a line's bytes and gives its entry, or why it is no call, or None: then `records` and `entry` see it.
        """
        return None

    def slot_end(self, record: Any) -> Any:
        """When the slot that a record of an aggregated export sums up ends, as it is written; None: it does not say."""
        return None

    def finish(self) -> None:
        """Called after the last record. Raises InputError where the whole file was not what was asked for."""


@lru_cache(maxsize=4096)
def keys_of(path: Path) -> tuple[str, ...]:
    """The keys that a path walks down."""
    return tuple(path.split(".")) if isinstance(path, str) else path


def value_at(record: Any, path: Path) -> Any:
    """What stands at a path; None where anything on the way is missing or is no mapping."""
    for key in keys_of(path):
        if type(record) is not dict and not isinstance(record, Mapping):  # the quick question first
            return None
        record = record.get(key)
    return record


def first_of(record: Any, *paths: Path) -> Any:
    """The first value that is there at one of these paths."""
    for path in paths:
        value = value_at(record, path)
        if value is not None:
            return value
    return None


def task_of(tags: Any) -> str | None:
    """The task that tags name: the one written `task:NAME`, else the first that is no user agent."""
    if isinstance(tags, str) or tags is None:
        return tags
    if isinstance(tags, Mapping):
        named = tags.get("task")
        return name_of(named if named is not None else next((v for v in tags.values() if v is not None), None))
    if not isinstance(tags, list):
        return name_of(tags)
    texts = [tag for tag in tags if isinstance(tag, str) and not tag.startswith("User-Agent:")]
    return next((tag[5:] for tag in texts if tag.startswith("task:")), texts[0] if texts else None)


class FlatReader(Reader):
    """A format whose records have every figure at a fixed path: data, not code.

    `fields` gives for a field of Entry the paths at which it may stand, the first one that is there
    counts. `tasks` gives the same for each of `tag`, `key` and `path`. `plain` is what has to stand
    at a path (or nothing at all) for a record to be counted without a second look: an engine that runs
    SQL leaves every other record to `entry`, which may refuse it. `sql` is False where `entry` knows
    more of plain records than these tables say: then Python reads them all.
    """

    fields: ClassVar[Mapping[str, Sequence[Path]]]
    tasks: ClassVar[Mapping[str, Sequence[Path]]] = {}
    plain: ClassVar[Mapping[str, Sequence[str]]] = {}
    sql: ClassVar[bool] = True

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:  # noqa: B008 - frozen
        super().__init__(options)
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def places(self) -> dict[str, Sequence[Path]]:
        """The paths of every field, the task's as `--task-from` asks: what both Python and SQL read."""
        return {**self.fields, "task": self.tasks.get(self.task_source, (self.task_source,))}

    def entry(self, record: Any) -> Entry:
        try:
            plan = self._plans.get(tuple(record))
            if plan is None:
                plan = self._planned(record)
            values = tuple(map(record.get, plan.keys)) + _REST
            if plan.deep:
                filled = list(values)
                for index, paths in plan.deep:
                    filled[index] = first_of(record, *paths)
                values = tuple(filled)
        except (TypeError, AttributeError):
            if isinstance(record, Mapping):
                raise
            raise Rejected("not a JSON object") from None
        tags = values[_TASK]
        if tags is not None and type(tags) is not str:
            values = (*values[:_TASK], task_of(tags), *values[_TASK + 1 :])
        return tuple.__new__(Entry, values)  # a third faster than naming every field

    @property
    def keys_seen(self) -> set[str]:
        """The keys of all records read so far."""
        return {key for shape in self._plans for key in shape}

    def _planned(self, record: Mapping[str, Any]) -> _Plan:
        """Where each field stands in records with these keys; kept, because they come again and again."""
        keys: list[str | None] = [None] * (len(_FIELDS) - len(_REST))
        deep: list[tuple[int, tuple[Path, ...]]] = []
        for field, paths in self.places().items():
            index = _FIELDS[field]
            there = tuple(path for path in paths if keys_of(path)[0] in record)
            if len(there) == 1 and len(keys_of(there[0])) == 1 and index < len(keys):
                keys[index] = keys_of(there[0])[0]
            elif there:
                deep.append((index, there))
        plan = _Plan(tuple(keys), deep)
        if len(self._plans) < _MOST_PLANS:
            self._plans[tuple(record)] = plan
        return plan


class _Plan(NamedTuple):
    keys: tuple[str | None, ...]  # the key of each field but the last ones; None where there is none
    deep: list[tuple[int, tuple[Path, ...]]]


_FIELDS = {field: index for index, field in enumerate(Entry._fields)}
_TASK = _FIELDS["task"]
_REST = Entry()[_FIELDS["rank"] :]
_MOST_PLANS = 1000


def readers() -> dict[str, type[Reader]]:
    """Every reader by name, found in `usage/formats/`."""
    from llmcost.usage import formats as package

    found: dict[str, type[Reader]] = {}
    for module in iter_modules(package.__path__):
        for value in vars(import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Reader) and value.__module__.startswith(package.__name__):
                found[value.name] = value
    return dict(sorted(found.items()))


def reader_named(name: str) -> type[Reader]:
    """The reader that `--format-in` names. Raises InputError."""
    known = readers()
    if name not in known:
        raise InputError(
            f"unknown log format {name!r}",
            where="--format-in",
            hint=did_you_mean(name, known) or f"type one of: {', '.join(known)}",
        )
    return known[name]


def recognised(sample: Sequence[Mapping[str, Any]], where: str) -> type[Reader]:
    """The reader that recognises most documents of a sample. Raises InputError for none, or for a tie.

    One without weight, which takes any table, comes last: a line that its own format does not know must
    not turn a whole file into it.
    """
    known = readers()
    shares = {name: sum(map(reader.recognises, sample)) for name, reader in known.items()}
    own = max((count for name, count in shares.items() if known[name].weight), default=0)
    if own and 2 * own >= max(shares.values()):
        shares = {name: count for name, count in shares.items() if known[name].weight}
    most = max(((count, known[name].weight) for name, count in shares.items()), default=(0, 0))
    best = [name for name, count in shares.items() if (count, known[name].weight) == most]
    if not most[0]:
        keys = ", ".join(list(dict.fromkeys(key for each in sample for key in each))[:8])
        raise NotALog(
            f"no format is recognised (keys: {keys})" if keys else "no format is recognised",
            where=where,
            hint="name the columns: --map input_tokens=COLUMN --map output_tokens=COLUMN, or give --format-in",
        )
    if len(best) > 1:
        raise InputError(f"this could be {' or '.join(best)}", where=where, hint=f"say which: --format-in {best[0]}")
    return known[best[0]]
