"""Laws of audited claims: extremes hold every draw, and a reference is what it refers to."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import numpy as np
from command_line import TODAY
from hypothesis import assume, given
from hypothesis import strategies as st

from llmcost import Sampling, audit, claims_from, load_catalog
from llmcost.catalog.files import parse_yaml
from llmcost.claims.auditing import Checked
from llmcost.claims.expression import Expression

FEW = 512  # draws: the laws do not depend on how many there are
TRIED = 2000
NAMES = ("x", "y", "z")
PLAIN = {"min": np.minimum, "max": np.maximum, "abs": np.abs, "sqrt": np.sqrt}

ends = st.tuples(st.sampled_from([-2.0, -1.0, 0.0, 0.1, 0.5, 1.0, 10.0]), st.sampled_from([0.5, 1.0, 3.0, 50.0])).map(
    lambda found: (found[0], found[0] + found[1])
)
boxes = st.fixed_dictionaries(dict.fromkeys(NAMES, ends))


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.builds(lambda sign, a, b: f"({a} {sign} {b})", st.sampled_from("+-*/"), parts, parts)
    picked = st.builds(lambda name, a, b: f"{name}({a}, {b})", st.sampled_from(["min", "max"]), parts, parts)
    one = st.builds(lambda form, a: form.format(a), st.sampled_from(["abs({})", "({})**2", "sqrt(abs({}))"]), parts)
    return two | picked | one


expressions = st.recursive(st.sampled_from([*NAMES, "2", "0.5"]), joined, max_leaves=5)


def checked(claims: list[dict[str, Any]], blocks: dict[str, Any]) -> dict[str, Checked]:
    """The claims of a file, by id, each published as 1."""
    written = {
        "source": {"title": "t"},
        "given": blocks,
        "claims": [{"says": "s", "published": 1, **claim} for claim in claims],
    }
    file = claims_from(parse_yaml(json.dumps(written), "claims.yaml"))
    found = audit([file], load_catalog(), date.fromisoformat(TODAY), Sampling(FEW))
    return {claim.id: claim for claim in found.claims}


def ranges(box: dict[str, tuple[float, float]]) -> dict[str, Any]:
    return {name: {"low": low, "high": high} for name, (low, high) in box.items()}


def both_ends(claim: Checked) -> tuple[float, float]:
    low, high = claim.recomputed.bounds or (claim.recomputed.value, claim.recomputed.value)
    assert low is not None and high is not None
    return low, high


@given(expressions, boxes, st.randoms(use_true_random=False))
def test_every_value_within_the_ranges_lies_within_the_extremes(
    text: str, box: dict[str, tuple[float, float]], random: Any
) -> None:
    """At random points of the box numpy's own arithmetic stays within low and high, and the middle between them."""
    claim = checked([{"id": "one", "expression": text, "uses": "box"}], {"box": ranges(box)})["one"]
    if claim.verdict == "not checkable":
        assert "/" in text, claim.explanation  # nothing but a division has no value
    assume(claim.verdict != "not checkable")
    low, high = both_ends(claim)
    middle = claim.recomputed.value
    assert middle is not None and low <= middle <= high
    source = np.random.default_rng(random.randrange(1 << 30))
    points = {name: source.uniform(a, b, TRIED) for name, (a, b) in box.items()}
    with np.errstate(all="ignore"):
        values = np.broadcast_to(eval(text, {"__builtins__": {}}, {**PLAIN, **points}), (TRIED,))  # noqa: S307
    slack = 0.02 * max(high - low, abs(low), abs(high))  # between the points of the lattice
    assert low - slack <= values.min() and values.max() <= high + slack


@given(expressions, expressions, boxes)
def test_a_claims_figure_stands_for_its_expression(inner: str, outer: str, box: dict[str, tuple[float, float]]) -> None:
    """What rests on another claim and on that one's own inputs has the extremes of the one expression they make."""
    assume("x" in Expression(outer).names)
    inlined = outer.replace("max", "MAX").replace("x", f"({inner})").replace("MAX", "max")
    found = checked(
        [
            {"id": "inner", "expression": inner, "uses": "box"},
            {"id": "outer", "expression": outer, "uses": "box", "given": {"x": {"recomputed": "inner"}}},
            {"id": "whole", "expression": inlined, "uses": "box"},
        ],
        {"box": ranges(box)},
    )
    assume(all(claim.verdict != "not checkable" for claim in found.values()))  # a division by zero, in any of them
    one, other = both_ends(found["outer"]), both_ends(found["whole"])
    slack = 0.02 * max(other[1] - other[0], abs(other[0]), abs(other[1]), 1e-9)
    assert math.isclose(one[0], other[0], rel_tol=0, abs_tol=slack)
    assert math.isclose(one[1], other[1], rel_tol=0, abs_tol=slack)


@given(st.permutations(range(6)), st.integers(1, 5))
def test_claims_are_worked_out_in_any_order(order: list[int], start: int) -> None:
    """A chain of claims comes to the same whichever stands first: start + 1 + … + 5 at its end."""
    chain: list[dict[str, Any]] = [{"id": "c0", "expression": "x", "given": {"x": start}}]
    chain += [
        {"id": f"c{i}", "expression": f"x + {i}", "given": {"x": {"recomputed": f"c{i - 1}"}}} for i in range(1, 6)
    ]
    found = checked([chain[i] for i in order], {})
    assert found["c5"].recomputed.value == start + 1 + 2 + 3 + 4 + 5
