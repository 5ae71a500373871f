"""A team's own evaluation: which model answered which query how well, with how many tokens.

Rows are read in blocks into numpy arrays, models × queries, queries in the order of their ids: the
order of the rows changes nothing. What is missing, double or not a number is counted and named,
never guessed. A query that a model answered twice counts with the mean of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.errors import InputError, did_you_mean
from llmcost.quality.columns import OF_A_MODEL, Layout, layout_of
from llmcost.quality.rows import not_text, rows_of
from llmcost.quality.values import Place, blank, chosen_rows, distinct, holds, numbers
from llmcost.quantity import shown

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_JOIN = "\x1f"
_NAMED = 3  # how many examples a remark names


class Reading(NamedTuple):
    """How a file is to be read: column names, names of models, rows kept, what to do with NaN."""

    columns: Mapping[str, str] = {}
    rename: Mapping[str, str] = {}
    where: tuple[tuple[str, str, str], ...] = ()  # column, "=" or "!=", value
    models: tuple[str, ...] = ()
    drop_missing: bool = False


class Outcomes(NamedTuple):
    """Scores, tokens and costs, models × queries; NaN where a model did not answer a query.

    `fields` holds input_tokens, output_tokens, cost_usd, router_score, accepted where the file does.
    """

    name: str
    models: list[str]
    queries: list[str]
    scores: Array
    fields: dict[str, Array]
    tasks: list[str]
    task_of: Array | None
    rows: int
    duplicates: int
    duplicate_names: list[str]
    dropped: int
    left_out: int  # rows that --where set aside
    unread: list[str]

    @property
    def missing(self) -> dict[str, int]:
        """By model, the queries that it has no outcome for; models without a gap are left out."""
        import numpy as np

        gaps = np.isnan(self.scores).sum(axis=1)
        return {model: int(count) for model, count in zip(self.models, gaps, strict=True) if count}

    def row(self, model: str) -> int:
        """The row of a model. Raises InputError with a suggestion for one that the file lacks."""
        if model not in self.models:
            raise InputError(
                f"{self.name} has no outcomes of {model!r}",
                hint=did_you_mean(model, self.models) or f"its models: {', '.join(self.models)}",
            )
        return self.models.index(model)

    def paired(self, models: Iterable[str]) -> Outcomes:
        """These models only, on the queries that all of them answered. Raises InputError for none."""
        import numpy as np

        chosen = list(models)
        rows = [self.row(model) for model in chosen]
        whole = rows == list(range(len(self.models)))
        scores = self.scores if whole else self.scores[rows]
        complete = ~np.isnan(scores).any(axis=0)
        if not complete.any():
            raise InputError(
                f"no query was answered by all of {', '.join(chosen)}",
                where=self.name,
                hint="name the models to compare with --models, or give outcomes on the same queries",
            )
        if complete.all():
            fields = self.fields if whole else {name: value[rows] for name, value in self.fields.items()}
            return self._replace(models=chosen, scores=scores, fields=fields)
        kept = np.flatnonzero(complete)
        return self._replace(
            models=chosen,
            queries=[self.queries[i] for i in kept],
            scores=scores[:, kept],
            fields={name: value[rows][:, kept] for name, value in self.fields.items()},
            task_of=None if self.task_of is None else self.task_of[kept],
        )


def read_outcomes(path: str, reading: Reading | None = None) -> Outcomes:
    """The outcomes in a CSV, JSONL or Parquet file. Raises InputError with the place."""
    reading = reading or Reading()
    table = rows_of(path)
    collected: _Collected | None = None
    try:
        with _without_collector():
            for line, columns in table.blocks:
                if collected is None:
                    first = [column[0] for column in columns]
                    layout = layout_of(table.header, first, reading.columns, table.name)
                    collected = _Collected(table.name, table.header, layout, reading)
                collected.add(line, columns)
    except UnicodeDecodeError as error:
        raise not_text(table.name, error) from None
    if collected is None:
        raise InputError("the file has a header and no rows", where=table.name, hint="give a row for each answer")
    return collected.outcomes()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows come and go by the million and never in circles: the collector would only walk them."""
    import gc

    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Collected:
    """What the blocks have brought so far."""

    def __init__(self, name: str, header: list[str], layout: Layout, reading: Reading) -> None:
        self.name, self.header, self.layout, self.reading = name, header, layout, reading
        self.query_at: dict[str, int] = {}
        self.model_at: dict[str, int] = {}
        self.parts: dict[str, list[Array]] = {}
        self.rows = self.left_out = 0
        self.nan_scores: list[str] = []
        self.nan_count = 0
        self._wheres = [(self._column(column), equal, value) for column, equal, value in reading.where]

    def _column(self, column: str) -> int:
        if column not in self.header:
            raise InputError(
                f"{self.name} has no column {shown(column)}",
                where=f"--where {column}",
                hint=did_you_mean(column, self.header) or f"its columns: {', '.join(self.header)}",
            )
        return self.header.index(column)

    def add(self, line: int, columns: list[Any]) -> None:
        """One block of rows."""
        import numpy as np

        lines = None
        if self._wheres:
            tested = [([*columns[c]], op, v) for c, op, v in self._wheres]
            kept = [i for i in range(len(columns[0])) if all(holds(each[i], op, v) for each, op, v in tested)]
            self.left_out += len(columns[0]) - len(kept)
            if not kept:
                return
            columns = [chosen_rows(column, kept) for column in columns]
            lines = [line + i for i in kept]
        count = len(columns[0])
        self.rows += count
        queries = self._queries(columns, count)
        at = Place(self.name, line, lines)
        if self.layout.long:
            labels, which = distinct(columns[self.layout.of_query["model"]])
            code: dict[Any, int] = {}
            for written in dict.fromkeys(labels):
                label = "" if written is None else str(written).strip()
                if not label:
                    raise InputError(
                        "a row names no model",
                        where=at(int(np.argmax(which == labels.index(written)))),
                        hint="name the model in every row",
                    )
                code[written] = self.model_at.setdefault(self.reading.rename.get(label, label), len(self.model_at))
            models = np.array([code[label] for label in labels], dtype=np.int32)[which]
            self._take(queries, models, self.layout.of_model[""], columns, at)
            return
        answered: Sequence[int]
        for label, own in self.layout.of_model.items():
            model = self.model_at.setdefault(self.reading.rename.get(label, label), len(self.model_at))
            scores = columns[own["score"]]
            if "" not in scores and None not in scores:
                answered = range(count)
            else:
                answered = [i for i in range(count) if any(not blank(columns[p][i]) for p in own.values())]
            if len(answered) == count:
                chosen, here, place = columns, queries, at
            else:
                chosen = [chosen_rows(column, answered) for column in columns]
                here, place = queries[list(answered)], Place(self.name, line, [at.line(i) for i in answered])
            if not len(here):
                continue
            shared = {f: p for f, p in self.layout.of_query.items() if f in OF_A_MODEL and f not in own}
            self._take(here, np.full(len(here), model, dtype=np.int32), {**own, **shared}, chosen, place)

    def _queries(self, columns: list[Any], count: int) -> Array:
        """The number of each row's query; ids are told apart within their task."""
        import numpy as np

        of_query = self.layout.of_query
        known = self.query_at
        which: Any = None
        if "query_id" not in of_query:
            ids = [f"row {len(known) + i + 1}" for i in range(count)]
        elif "task" in of_query:
            tasks = ["" if task is None else str(task).strip() for task in columns[of_query["task"]]]
            ids = [f"{task}{_JOIN}{each}" for task, each in zip(tasks, columns[of_query["query_id"]], strict=True)]
        else:
            ids, which = distinct(columns[of_query["query_id"]])
        found: list[int | None] = [*map(known.get, ids)]
        if None in found:
            found = [known.setdefault(each, len(known)) for each in ids]
        codes = np.array(found, dtype=np.int32)
        return codes if which is None else codes[which]

    def _take(self, queries: Array, models: Array, own: dict[str, int], columns: list[Any], at: Place) -> None:
        import numpy as np

        found = {field: numbers(columns[own[field]], field, at) for field in OF_A_MODEL if field in own}
        scores = found["score"]
        for field in ("input_tokens", "output_tokens", "cost_usd"):
            if field in found and (found[field] < 0).any():
                i = int(np.flatnonzero(found[field] < 0)[0])
                raise InputError(f"{field} is negative", where=at(i), hint="give zero or more, or leave it empty")
        bad = np.flatnonzero(np.isnan(scores))
        if bad.size:
            self.nan_count += int(bad.size)
            names = list(self.model_at)
            self.nan_scores += [f"{at(int(i))} ({names[models[i]]})" for i in bad[:_NAMED]]
        for field, values in {"query": queries, "model": models, **found}.items():
            self.parts.setdefault(field, []).append(values)
        size = len(queries)
        for field in self.parts:  # a wide file may carry a field for some models only
            if field not in found and field not in ("query", "model"):
                self.parts[field].append(np.full(size, np.nan))
        for field in found:
            before = sum(map(len, self.parts["query"])) - size
            if sum(map(len, self.parts[field])) < before + size:
                self.parts[field].insert(0, np.full(before, np.nan))

    def outcomes(self) -> Outcomes:
        """Everything as arrays, models by name and queries by id."""
        import numpy as np

        if not self.parts:
            raise InputError(
                "no row is left", where=self.name, hint="look at --where: no row of the file has these values"
            )
        if self.nan_count and not self.reading.drop_missing:
            shown_rows = ", ".join(self.nan_scores[:_NAMED])
            raise InputError(
                f"{self.nan_count:,} score{'s are' if self.nan_count > 1 else ' is'} not a number: {shown_rows}",
                where=self.name,
                hint="give every score, or set these rows aside with --drop-missing",
            )
        queries, models = self._joined("query"), self._joined("model")
        names, ids = list(self.model_at), list(self.query_at)
        model_order = sorted(range(len(names)), key=names.__getitem__)
        query_order = sorted(range(len(ids)), key=ids.__getitem__)
        flat = _inverse(model_order)[models].astype(np.int64) * len(ids) + _inverse(query_order)[queries]
        del queries, models
        names = [names[i] for i in model_order]
        ids = [ids[i] for i in query_order]
        cells = len(names) * len(ids)
        times = np.bincount(flat, minlength=cells)
        double = np.flatnonzero(times > 1)
        fields = {
            field: _placed(self._joined(field), flat, times, double.size > 0).reshape(len(names), len(ids))
            for field in OF_A_MODEL
            if field in self.parts
        }
        scores = fields.pop("score")
        tasks, task_of, plain_ids = self._tasks(ids)
        found = Outcomes(
            name=self.name,
            models=names,
            queries=plain_ids,
            scores=scores,
            fields=fields,
            tasks=tasks,
            task_of=task_of,
            rows=self.rows,
            duplicates=int((times[double] - 1).sum()),
            duplicate_names=[f"{plain_ids[c % len(ids)]} ({names[c // len(ids)]})" for c in double[:_NAMED]],
            dropped=self.nan_count,
            left_out=self.left_out,
            unread=self.layout.unread,
        )
        if not self.reading.models:
            return found
        rows = [found.row(model) for model in self.reading.models]
        return found._replace(
            models=[names[i] for i in rows],
            scores=scores[rows],
            fields={name: value[rows] for name, value in fields.items()},
        )

    def _tasks(self, ids: list[str]) -> tuple[list[str], Array | None, list[str]]:
        import numpy as np

        if "task" not in self.layout.of_query:
            return [], None, ids
        split = [each.split(_JOIN, 1) for each in ids]
        names = sorted({task for task, _ in split})
        at = {task: i for i, task in enumerate(names)}
        codes = np.fromiter((at[task] for task, _ in split), dtype=np.int32, count=len(ids))
        return names, codes, [each for _, each in split]

    def _joined(self, field: str) -> Array:
        import numpy as np

        parts = self.parts.pop(field)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _inverse(order: list[int]) -> Array:
    import numpy as np

    found = np.empty(len(order), dtype=np.int32)
    found[order] = np.arange(len(order), dtype=np.int32)
    return found


def _placed(values: Array, flat: Array, times: Array, doubles: bool) -> Array:
    """The values in their cells, NaN in the rest; the mean where a cell has several."""
    import numpy as np

    if doubles:
        sums = np.bincount(flat, weights=values, minlength=times.size)
        return np.where(times > 0, sums / np.maximum(times, 1), np.nan)
    placed = np.full(times.size, np.nan)
    placed[flat] = values
    return placed
