"""A schema that DuckDB holds every line to: given by an example, a key that the example lacks is an error.

Told its columns, DuckDB passes over every other key, so that a field first seen late has to be a column of
its own: a dozen of them, empty in nearly every line, take a fifth of the time. A schema that it detects it
enforces. So it detects ours, from one line in front of the log. Where it then stumbles over anything, the
log is read again with every place as a column: nothing is lost but time.
"""

from __future__ import annotations

import json
import tempfile
from glob import escape

from llmcost.usage.convention import Convention
from llmcost.usage.cube_sql import Calls
from llmcost.usage.projection import DUCKDB, LONGEST_LINE, NotFlat, calls_of, literal
from llmcost.usage.reader import FlatReader, keys_of
from llmcost.usage.reading import Opened
from llmcost.usage.schema import json_schema

# What DuckDB detects as the type; half a token is none, so that the example itself is never counted as a call.
_EXAMPLES = {"DOUBLE": 0.5, "VARCHAR": "text", "TIMESTAMPTZ": "2026-01-01T00:00:00.000Z"}
_DETECTED = {"DOUBLE": "DOUBLE", "VARCHAR": "VARCHAR", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}


class Example:
    """One line that shows every key of a log and the type of its value, in a file of its own."""

    def __init__(self, found: Opened, reader: FlatReader, folder: str) -> None:
        """Writes it into `folder`. Raises NotFlat where not every key of the first documents is read, or one is nested."""
        documents = [*found.sample.documents, *found.sample.further]
        self.reader = reader
        self.schema = json_schema(reader, documents, '"', quickly=True, closed=True)
        if any(key not in self.schema.tree for each in documents for key in each):
            raise NotFlat("a key that is not read")
        if any(kind not in _EXAMPLES for kind in self.schema.tree.values()):
            raise NotFlat("a nested key")
        self.types = {key: _DETECTED[kind] for key, kind in self.schema.tree.items()}
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".jsonl", delete=False) as file:
            file.write(json.dumps({key: _EXAMPLES[kind] for key, kind in self.schema.tree.items()}) + "\n")
        self.source = (
            f"read_json([{literal(file.name)}, {literal(escape(found.file.path))}], format = 'newline_delimited', "
            f"sample_size = 1, maximum_sample_files = 1, maximum_object_size = {LONGEST_LINE})"
        )

    def calls(self, convention: Convention, *, model: str) -> Calls:
        """The projection of the example and the log. Raises NotFlat."""
        # Keys are enforced only while every column is read, which an id would not be that nothing is asked of.
        columns = self.schema.columns
        ids = [columns[keys].sql for keys in map(keys_of, self.reader.places().get("id", ())) if keys in columns]
        only = [*self.schema.always, *(f"({each} IS NULL OR {each} <> '')" for each in ids)]
        return calls_of(self.reader, columns, convention, DUCKDB, self.source, model=model, only=only)
