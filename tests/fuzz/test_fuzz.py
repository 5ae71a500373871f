"""2,000 inputs of a stated seed: none is an internal error, hangs, or gives a result that breaks its own sums."""

from __future__ import annotations

import pytest
from in_process import Done

from fuzz.oracle import problems
from fuzz.search import search

SEED = 1


def test_two_thousand_inputs() -> None:
    wrong = [each for _, found in search(2000, SEED) for each in found]
    shown = "\n".join(f"{each.what}\n  {each.input}" for each in wrong[:5])
    assert not wrong, f"{len(wrong)} of 2,000; python -m tests.fuzz --seed {SEED} lists the kinds\n{shown}"


RESULT = '{"result": {"one_time_cost": %s, "monthly_cost": %s, "total_cost": 130, "horizon_months": 12, "charges": %s}}'
CHARGE = '[{"name": "c", "cadence": "monthly", "cost": %s, "factors": [{"value": 5}, {"value": 2}]}]'


@pytest.mark.parametrize(
    ("done", "wrong"),
    [
        (Done(("compare",), 0, "", "", "Traceback\nKeyError: 'x'"), "internal error"),
        (Done(("compare",), 1, "", "", ""), "exit code 1"),
        (Done(("compare",), 2, "", "error: x\nhint: y\n", ""), "other than three lines"),
        (Done(("compare",), 2, "out", "error: x\nwhere: z\nhint: y\n", ""), "output before an error"),
        (Done(("compare", "json"), 0, '{"result": {"a": NaN}}', "", ""), "NaN"),
        (Done(("compare", "json"), 0, '{"result": {"total_cost": -1}}', "", ""), "negative"),
        (Done(("compare", "json"), 0, '{"result": {"cost_range": [2, 1]}}', "", ""), "downwards"),
        (Done(("compare", "json"), 0, RESULT % (10, 10, CHARGE % 11), "", ""), "factors give 10"),
        (Done(("compare", "json"), 0, RESULT % (0, 11, CHARGE % 10), "", ""), "charges sum to 10"),
        (Done(("compare", "json"), 0, RESULT % (5, 10, "null"), "", ""), ""),
        (Done(("route", "json"), 0, '{"result": {"shares": {"a": 0.5, "b": 0.6}}}', "", ""), "sum to 1.1"),
        (Done(("compare",), 0, "\x1b[31mred", "", ""), "control character"),
    ],
)
def test_the_oracle_sees_what_is_wrong(done: Done, wrong: str) -> None:
    found = list(problems(done))
    assert (wrong in "; ".join(found)) if wrong else not found
