"""Reads a claims file, strictly like a scenario: every error names the place, in the file or on the command line."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol

from llmcost.claims.claim import Claims
from llmcost.claims.inputs import Path
from llmcost.claims.statement import Stated, stated
from llmcost.errors import InputError
from llmcost.validation import validated

_START_FROM = (
    "write source: {title: …} and claims: [{id: …, says: …, calculation: …, given: {…}, published: …}]; "
    "llmcost schema claims says what may stand there"
)


class Written(Protocol):
    """A document as it was read: its data, and the place of each path in it."""

    @property
    def name(self) -> str:
        """What the document is called in messages."""

    @property
    def typed(self) -> bool:
        """Whether it was typed on the command line: places are flags, and hints are what to type."""

    @property
    def data(self) -> Any:
        """Mappings, lists and texts."""

    @property
    def place(self) -> Any:
        """The places of what stands in it, as a tree."""

    def where(self, path: Any = (), *, key: bool = False) -> str:
        """The place of a path, or of its key."""


class ClaimsFile:
    """The claims with the places at which they were written."""

    def __init__(self, claims: Claims, document: Written) -> None:
        self.claims = claims
        self.name = document.name
        self._document = document

    @cached_property
    def stated(self) -> Stated:
        """Every way to work the claims out. Raises InputError for what makes no sense."""
        typed = self._document.typed
        try:
            return stated(self.claims, self.where, typed=typed)
        except InputError as error:
            raise (error if typed else error.in_a_file()) from None

    def where(self, paths: Iterable[Path], *, key: bool = False) -> str:
        """The place of the path of which the file holds the most; the first of equals."""
        best = max(paths, key=lambda path: _held(self._document.place, path), default=())
        return self._document.where(best, key=key)


def _held(place: Any, path: Path) -> int:
    depth = 0
    for step in path:
        if step not in place.children:
            break
        _, place = place.children[step]
        depth += 1
    return depth


def load_claims(path: str) -> ClaimsFile:
    """The claims in a YAML file (`-` for standard input). Raises InputError with its place."""
    from llmcost.catalog.files import read_yaml

    return claims_from(read_yaml(path, start_from=_START_FROM))


def claims_from(document: Written) -> ClaimsFile:
    """The claims of a document that was read."""
    data = document.data
    if "claims" not in data:
        other = "; this is a scenario" if "architectures" in data or "workload" in data else ""
        raise InputError(
            f"the file makes no claims{other}",
            where=document.where(),
            hint=_START_FROM,
        )
    try:
        found = validated(Claims, data, (), lambda at, key: document.where(at, key=key))
    except InputError as error:
        raise error.said(what=_with_id(error.what, data["claims"])) from None
    file = ClaimsFile(found, document)
    _ = file.stated  # what makes no sense is refused here
    return file


def _with_id(what: str, claims: Any) -> str:
    """`claims.0.published: …` with the claim's id in place of where it stands."""
    found = re.match(r"claims\.(\d+)\.?", what)
    if found is None:
        return what.replace("what is given lacks", "the file lacks")
    claim = claims[int(found[1])]
    name = claim.get("id") if isinstance(claim, dict) else None
    rest = what[found.end() :].lstrip()
    return (
        f"claim {name or int(found[1]) + 1}: {rest}"
        if not rest.startswith("lacks")
        else f"claim {name or int(found[1]) + 1} {rest}"
    )
