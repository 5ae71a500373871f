"""Every number of every example turned into something else: each command answers, or says what is wrong.

The whole is slow (some thousand changes, each with every command); a sample of it runs with the quick tests.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fuzz.oracle import problems
from in_process import run

from llmcost.catalog.files import read_yaml
from llmcost.quantity import QuantityError, Range, quantity

EXAMPLES = Path(__file__).parents[2] / "examples"
SCENARIOS = sorted([*EXAMPLES.glob("*.yaml"), *(EXAMPLES / "ci").glob("*.yaml")])
CLAIMS = sorted((EXAMPLES / "claims").glob("*.yaml"))
DAY = ("--as-of", "2026-11-22")
FEW = ("--samples", "256")
COMMANDS = (
    ("compare", *DAY, *FEW, "-f", "json"),
    ("tco", *DAY, *FEW, "-f", "json"),
    ("breakeven", *DAY, *FEW, "-f", "json"),
    ("route", *DAY, *FEW, "-f", "json"),
    ("host", *DAY, *FEW, "-f", "json"),
    ("policy", *DAY, "-f", "json"),
    ("sensitivity", *DAY, *FEW, "-f", "json"),
    ("decide", "--unknown-rest", *DAY, *FEW, "-f", "json"),
    ("report", *DAY, *FEW, "-f", "markdown"),
)
OTHERS = ("a range", "a string", "null", "a list", "a negative", "too large")
Path_ = tuple[Any, ...]


def numbers(tree: Any, path: Path_ = ()) -> Iterator[tuple[Path_, float]]:
    """Every number of a document, and what stands for one, such as `1M` or `5k..9k`, with its path."""
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from numbers(value, (*path, key))
    elif isinstance(tree, int | float | str) and not isinstance(tree, bool):
        try:
            found = quantity(str(tree), "signed")
        except QuantityError:
            return
        yield path, found.middle if isinstance(found, Range) else found


def otherwise(number: float, what: str) -> Any:
    """What stands in place of a number."""
    share = f"{number * 0.5:.6g}..{number * 0.9:.6g}" if 0 < number <= 1 else f"{number * 0.5:.12g}..{number * 2:.12g}"
    return {
        "a range": share if number > 0 else "0..1",
        "a string": "a lot",
        "null": None,
        "a list": [number, number, number],
        "a negative": -abs(number) - 1,
        "too large": 1e308,
    }[what]


def put(tree: Any, path: Path_, value: Any) -> Any:
    """The document with another value at a path."""
    changed = copy.deepcopy(tree)
    here = changed
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return changed


def changes(path: Path) -> Iterator[tuple[str, Any]]:
    """Every change of one example: its name, and the changed document."""
    document = read_yaml(str(path)).data
    for at, number in numbers(document):
        for what in OTHERS:
            changed = put(document, at, otherwise(number, what))
            yield f"{'.'.join(map(str, at))} as {what}", alone(changed, at)


def alone(document: Any, at: Path_) -> Any:
    """Of a claims file the claim that is changed, and those that any other rests on: each is worked out by itself."""
    if at[0] != "claims":
        return document
    named = set(re.findall(r'"(?:published|recomputed)": "([^"]+)"', json.dumps(document, default=str)))
    kept = [claim for i, claim in enumerate(document["claims"]) if i == at[1] or claim["id"] in named]
    return {**document, "claims": kept}


def wrong_with(document: Any, file: Path, commands: tuple[tuple[str, ...], ...]) -> list[str]:
    """What is wrong with any command on the changed document; a file that is refused is refused by all alike."""
    file.write_text(json.dumps(document, default=str), encoding="utf-8")
    found = []
    for name, *rest in commands:
        done = run(name, str(file), *rest)
        found += [f"{name}: {each}" for each in problems(done)]
        if done.code == 2 and (file.name in done.err or found):
            break
    return found


def failures(path: Path, folder: Path, commands: tuple[tuple[str, ...], ...], every: int, first: int) -> list[str]:
    """The wrong ones of every so many changes of an example."""
    found = []
    for i, (what, document) in enumerate(changes(path)):
        if i % every == first % every:
            found += [f"{path.name}: {what}: {each}" for each in wrong_with(document, folder / path.name, commands)]
    return found


AUDIT = (("audit", "-f", "json"),)


@pytest.mark.parametrize("position", range(len(SCENARIOS)), ids=[path.stem for path in SCENARIOS])
def test_a_sample_of_the_numbers_of_an_example(position: int, tmp_path: Path) -> None:
    assert not failures(SCENARIOS[position], tmp_path, COMMANDS, 67, position)


@pytest.mark.parametrize("position", range(len(CLAIMS)), ids=[path.stem for path in CLAIMS])
def test_a_sample_of_the_numbers_of_claims(position: int, tmp_path: Path) -> None:
    assert not failures(CLAIMS[position], tmp_path, AUDIT, 67, position)


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_number_of_an_example(path: Path, tmp_path: Path) -> None:
    assert not failures(path, tmp_path, COMMANDS, 1, 0)


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.stem)
def test_every_number_of_claims(path: Path, tmp_path: Path) -> None:
    assert not failures(path, tmp_path, AUDIT, 1, 0)
