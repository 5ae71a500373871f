"""What holds of every run, whatever was put in: three lines of error, or a result that keeps its own sums."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from in_process import Done
from jsonschema import Draft202012Validator

from llmcost.render.json_schema import RESULTS, command_schema

COSTS = ("one_time_cost", "monthly_cost", "total_cost", "cumulative_cost", "cost_per_mtok", "cost_per_request")
# What a terminal or an editor acts on; line ends and nothing else may stand in a text output.
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NEAR = 1e-6  # ten digits are printed of each factor, and an amount may be a difference of larger ones


def problems(done: Done, *, schema: bool = False) -> Iterator[str]:
    """What is wrong with a run; nothing where all is well."""
    if done.raised:
        yield f"internal error: {done.raised.strip().splitlines()[-1]}"
        return
    if done.code not in (0, 2, 3, 4):
        yield f"exit code {done.code}"
    yield from _refusal(done)
    for stream, text in (("stdout", done.out), ("stderr", done.err)):
        found = HARMFUL.search(text)
        if found and not ("json" in done.arguments and stream == "stdout"):
            yield f"a control character on {stream}: {found[0]!r}"
    if "json" in done.arguments and done.code in (0, 3, 4) and done.out:
        yield from _document(done, schema)


def _refusal(done: Done) -> Iterator[str]:
    if done.code == 2 or (done.code == 4 and not done.out):
        lines = [line for line in done.err.splitlines() if re.match(r"(error|where|hint): \S", line)]
        if [line.partition(":")[0] for line in lines[-3:]] != ["error", "where", "hint"]:
            yield f"an error of other than three lines: {done.err[:300]!r}"
        if done.out:
            yield f"output before an error: {done.out[:100]!r}"
    elif re.search(r"^error: ", done.err, re.MULTILINE):
        yield f"an error beside exit code {done.code}: {done.err[:300]!r}"


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} in JSON")


def _document(done: Done, schema: bool) -> Iterator[str]:
    try:
        document = json.loads(done.out, parse_constant=_no_number)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    command = done.arguments[0]
    if schema and command in RESULTS and document.get("schema", "").startswith("llmcost."):
        for found in _validator(command).iter_errors(document):
            yield f"not as the schema says: {found.json_path}: {found.message[:200]}"
            break
    for path, node in _nodes(document.get("result"), ""):
        for problem in _node(node):
            yield f"{path or 'result'}: {problem}"


@lru_cache
def _validator(command: str) -> Draft202012Validator:
    return Draft202012Validator(command_schema(command))


def _nodes(tree: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a result with its path."""
    if isinstance(tree, dict):
        yield path, tree
        for key, value in tree.items():
            yield from _nodes(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from _nodes(value, f"{path}[{i}]")


def _node(node: dict[str, Any]) -> Iterator[str]:
    for key, value in node.items():
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{key} is {value}"
        if key in COSTS and isinstance(value, int | float) and value < -1e-9:
            yield f"{key} is negative: {value}"
        ends = value if key.endswith(("_range", "_bounds")) and isinstance(value, list) else []
        if None not in ends and ends != sorted(ends):
            yield f"{key} runs downwards: {ends}"
    yield from _charge(node)
    yield from _sums(node)
    yield from _months(node.get("months"))
    shares = node.get("shares")
    parts = list(shares.values()) if isinstance(shares, dict) else []
    if parts and _all_numbers(parts) and abs(sum(parts) - 1) > 1e-6 and parts[0] != 1:  # all reach a cascade's first
        yield f"shares sum to {sum(parts)}"


def _all_numbers(values: list[Any]) -> bool:
    return all(isinstance(each, int | float) for each in values)


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_NEAR, abs_tol=1e-6)


def _charge(node: dict[str, Any]) -> Iterator[str]:
    """A charge is the product of its factors."""
    factors = node.get("factors")
    if not isinstance(factors, list) or "cadence" not in node:
        return
    values = [factor.get("value") for factor in factors]
    if _all_numbers([*values, node["cost"]]) and not _near(math.prod(values), node["cost"]):
        yield f"the charge {node['name']} is {node['cost']}, its factors give {math.prod(values)}"


def _point(node: dict[str, Any], key: str) -> Any:
    """The figure that the charges add up to."""
    return node.get(f"{key}_point", node.get(key))


def _sums(node: dict[str, Any]) -> Iterator[str]:
    """Costs are the sums of their charges, and a total of what is paid once and each month."""
    charges = node.get("charges")
    once, monthly, total = (_point(node, key) for key in ("one_time_cost", "monthly_cost", "total_cost"))
    if not isinstance(charges, list) or not _all_numbers([each.get("cost") for each in charges]):
        return
    paid = {"one_time": once, "monthly": monthly}
    for cadence, figure in paid.items():
        if figure is None or (cadence == "one_time" and "one_time_cost" not in node):
            continue
        summed = sum(each["cost"] for each in charges if each["cadence"] == cadence)
        if not _near(summed, figure):
            yield f"{cadence} is {figure}, its charges sum to {summed}"
    months = node.get("horizon_months")
    if months and None not in (once, monthly, total) and not _near(once + months * monthly, total):
        yield f"total_cost is {total}, {once} once and {months} × {monthly} are not"


def _months(months: Any) -> Iterator[str]:
    """The cumulative cost grows by the month's own."""
    if not isinstance(months, list):
        return
    for before, after in pairwise(months):
        ends = [_point(before, "cumulative_cost"), _point(after, "cost"), _point(after, "cumulative_cost")]
        if _all_numbers(ends) and not _near(ends[0] + ends[1], ends[2]):
            yield f"month {after.get('month')} adds {ends[1]} to {ends[0]} and comes to {ends[2]}"
