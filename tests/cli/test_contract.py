"""The JSON that scripts rely on: its envelope, the names in each result, and the other formats."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import Call, Run, run, run_all
from sample import as_text, sample, uncertain_sample

COMMANDS = ("route", "tco", "host", "breakeven", "compare")
FORMATS = ("table", "json", "csv", "markdown")
HEADLINES = {
    "route": ("monthly_cost", "cost_per_mtok", "cost_per_request", "saving", "saving_share"),
    "tco": ("one_time_cost", "monthly_cost", "total_cost"),
    "host": ("monthly_cost", "cost_per_mtok", "utilisation", "gpus"),
    "breakeven": ("saving_per_call", "calls_to_payback", "calls_per_month_to_cover_operations", "payback_month"),
    "compare": ("one_time_cost", "monthly_cost", "total_cost", "cost_per_mtok", "saving", "saving_share"),
}
KEYS = {
    "route": {"baseline", "mixes"},
    "tco": {"architecture", "horizon_months", "one_time_cost", "monthly_cost", "total_cost", "charges", "months"},
    "host": {
        *("gpu", "model", "requests_per_second", "tokens_per_second", "limit", "gpus", "utilisation"),
        *("monthly_cost", "cost_per_mtok"),
    },
    "breakeven": {"intervals", "challengers"},
    "compare": {"baseline", "horizon_months", "waterfall", "architectures", "cheapest"},
}
ROWS = {
    ("route", "mixes"): {
        *("name", "shares", "monthly_cost", "cost_per_mtok", "cost_per_request", "saving", "saving_share"),
        *("quality_kept", "charges"),
    },
    ("tco", "months"): {"month", "cost", "cumulative_cost"},
    ("breakeven", "intervals"): {"from_requests_per_month", "to_requests_per_month", "cheapest"},
    ("breakeven", "challengers"): {
        *("name", "against", "saving_per_call", "calls_to_payback", "calls_per_month_to_cover_operations"),
        "payback_month",
    },
    ("compare", "architectures"): {
        *("name", "kind", "feasible", "failed_gates", "unknown_gates", "one_time_cost", "monthly_cost", "total_cost"),
        *("cost_per_mtok", "saving", "saving_share", "quality_kept", "payback_month", "charges"),
    },
}


def ways(scenario: dict[str, Any]) -> dict[str, Call]:
    text = as_text(scenario)
    return {f"{name} {form}": Call((name, "-", "-f", form), text) for name in COMMANDS for form in FORMATS}


@pytest.fixture(scope="module")
def printed() -> dict[str, Run]:
    """Every command in every format, on plain numbers."""
    return run_all(ways(sample()))


@pytest.fixture(scope="module")
def with_ranges() -> dict[str, Run]:
    """Every command in every format, with ranges among the inputs."""
    return run_all(ways(uncertain_sample()))


def rows_of(command: str, result: Any) -> list[dict[str, Any]]:
    name = {"route": "mixes", "breakeven": "challengers", "compare": "architectures"}.get(command)
    return result[name] if name else [result]


def every(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in every(value)]
    if isinstance(tree, list):
        return [leaf for value in tree for leaf in every(value)]
    return [tree]


@pytest.mark.parametrize("command", COMMANDS)
class TestJson:
    """`--format json`."""

    def test_the_envelope(self, command: str, printed: dict[str, Run]) -> None:
        """Every answer says its schema, version, currency, price day, assumptions and warnings."""
        document = printed[f"{command} json"].document
        assert list(document) == [
            *("schema", "version", "currency", "prices_as_of", "assumptions", "warnings", "result"),
        ]
        assert document["schema"] == f"llmcost.{command}/2"
        assert document["currency"] == "USD"
        assert document["prices_as_of"] == "2026-11-22"
        assert all(set(one) == {"name", "value", "why"} for one in document["assumptions"])
        assert all(set(one) == {"code", "message"} for one in document["warnings"])

    def test_the_names(self, command: str, printed: dict[str, Run]) -> None:
        """The result holds the names that the contract lists."""
        result = printed[f"{command} json"].result
        assert KEYS[command] <= set(result)
        for (of, field), names in ROWS.items():
            if of == command:
                assert result[field], field
                assert all(names <= set(row) for row in result[field])

    def test_a_figure_is_a_number(self, command: str, printed: dict[str, Run]) -> None:
        """A headline figure is a number or null, and has no range where no input is one."""
        for row in rows_of(command, printed[f"{command} json"].result):
            for name in HEADLINES[command]:
                assert row[name] is None or isinstance(row[name], int | float)
                assert f"{name}_range" not in row

    def test_a_range_is_not_lost(self, command: str, with_ranges: dict[str, Run]) -> None:
        """Where inputs are ranges each headline, an expected value, carries its median, its P5-P95 and its extremes."""
        seen = 0
        for row in rows_of(command, with_ranges[f"{command} json"].result):
            for name in HEADLINES[command]:
                if row[name] is None:
                    continue
                low, high = row[f"{name}_range"]
                assert low <= row[name] <= high
                least, most = row[f"{name}_bounds"]
                off = 1e-3 * abs(row[name])  # where one input is a range, its P5 and P95 are the extremes, sampled
                assert least - off <= low <= row[f"{name}_median"] <= high <= most + off
                assert f"{name}_point" not in row
                seen += low < high
        assert seen > 0

    def test_the_charges(self, command: str, printed: dict[str, Run]) -> None:
        """Each charge is the product of factors that say where they come from."""
        charges = [
            charge for row in rows_of(command, printed[f"{command} json"].result) for charge in row.get("charges", [])
        ]
        assert charges or command == "breakeven"
        for charge in charges:
            assert {"name", "cadence", "cost", "factors"} <= set(charge)
            assert charge["cadence"] in ("one_time", "monthly")
            assert math.isclose(charge["cost"], math.prod(f["value"] for f in charge["factors"]), rel_tol=1e-8)
            for factor in charge["factors"]:
                assert set(factor) == {"name", "value", "unit", "origin", "rule", "source"}
                assert factor["origin"] in ("given", "assumed", "derived", "catalog")

    def test_it_is_strict_json(self, command: str, with_ranges: dict[str, Run]) -> None:
        """No NaN and no infinity reaches the output."""

        def refused(word: str) -> None:
            raise AssertionError(word)

        json.loads(with_ranges[f"{command} json"].out, parse_constant=refused)

    def test_twelve_digits(self, command: str, with_ranges: dict[str, Run]) -> None:
        """A number carries twelve significant digits at most, so that amounts sum to the cent."""
        numbers = [leaf for leaf in every(with_ranges[f"{command} json"].result) if isinstance(leaf, float)]
        assert numbers
        assert all(number == float(f"{number:.12g}") for number in numbers)


@pytest.mark.parametrize("command", COMMANDS)
class TestOtherFormats:
    """Table, CSV and Markdown."""

    def test_csv_carries_raw_numbers(self, command: str, printed: dict[str, Run]) -> None:
        """CSV is one table whose rows are as long as its header."""
        done = printed[f"{command} csv"]
        assert done.code == 0, done.err
        header, *rows = csv.reader(io.StringIO(done.out))
        assert rows
        assert len(set(header)) == len(header)
        assert all(len(row) == len(header) for row in rows)
        numbers = [cell for row in rows for cell in row if re.fullmatch(r"-?\$?[\d,]+\.?\d*%?", cell)]
        assert numbers
        assert not [cell for cell in numbers if set(cell) & set("$,%")]

    def test_csv_agrees_with_json(self, command: str, printed: dict[str, Run]) -> None:
        """A figure in CSV is the figure in JSON, unrounded."""
        result = printed[f"{command} json"].result
        rows = list(csv.DictReader(io.StringIO(printed[f"{command} csv"].out)))
        name = {"route": "monthly_cost", "compare": "total_cost", "breakeven": "saving_per_call"}.get(command)
        if name is None:
            values = [cell for row in rows for cell in row.values()]
            assert any(_close(cell, result["monthly_cost"]) for cell in values)
            return
        by_name = {row["name"]: row for row in rows_of(command, result)}
        assert {row["name"] for row in rows} == set(by_name)
        assert all(_close(row[name], by_name[row["name"]][name]) for row in rows)

    def test_markdown_is_a_table(self, command: str, printed: dict[str, Run]) -> None:
        """Markdown holds a table whose rows all have the header's columns."""
        done = printed[f"{command} markdown"]
        assert done.code == 0, done.err
        lines = [line for line in done.out.splitlines() if line.startswith("|")]
        assert len(lines) > 2
        assert lines[1].strip("|-: ") == ""
        assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")

    def test_the_table_has_no_escapes(self, command: str, printed: dict[str, Run]) -> None:
        """Into a pipe a table carries no colour and no trailing blanks."""
        done = printed[f"{command} table"]
        assert done.code == 0, done.err
        assert "\x1b" not in done.out
        assert all(line == line.rstrip() for line in done.out.splitlines())

    def test_assumptions_stand_in_the_table(self, command: str, printed: dict[str, Run]) -> None:
        """The first screen counts what was assumed; `--details` lists each with a star."""
        assumed = printed[f"{command} json"].document["assumptions"]
        call = ways(sample())[f"{command} table"]
        detailed = run(*call.arguments, "--details", stdin=call.stdin).out
        assert f"{len(assumed)} assumption" in printed[f"{command} table"].out
        for one in assumed:
            assert f"* {one['name']} = " in detailed

    def test_every_format_succeeds_with_ranges(self, command: str, with_ranges: dict[str, Run]) -> None:
        """Ranges are printed in every format."""
        for form in FORMATS:
            done = with_ranges[f"{command} {form}"]
            assert done.code == 0, done.err
            assert done.out.endswith("\n")


def _close(cell: str, number: float) -> bool:
    try:
        return math.isclose(float(cell), number, rel_tol=1e-9)
    except ValueError:
        return False


def test_the_same_question_has_the_same_bytes(with_ranges: dict[str, Run]) -> None:
    """A second run prints the same bytes, ranges included."""
    again = run_all({name: call for name, call in ways(uncertain_sample()).items() if name.endswith("json")})
    assert {name: again[name].out for name in again} == {name: with_ranges[name].out for name in again}


@pytest.mark.parametrize("command", ["breakeven", "sensitivity", "decide", "policy"])
def test_explain_shows_the_charges_behind_an_answer_that_carries_none(command: str) -> None:
    """Each architecture's charges as factors multiplied, with the catalog's source and its age."""
    extra = ["--unknown-rest"] if command == "decide" else []
    scenario = str(Path(__file__).parents[2] / "examples" / "support-assistant.yaml")
    plain, explained = (
        run(command, scenario, *extra, *flags, "--as-of", "2026-11-22").out for flags in ([], ["--explain"])
    )
    assert "factors multiplied" not in plain
    assert "factors multiplied" in explained
    assert "days ago" in explained


@pytest.mark.parametrize(
    "command", [("frontier", "--tokens", "500,300"), ("gate", "--from", "gpt4", "--to", "mixtral")]
)
def test_explain_is_taken_where_there_are_no_architectures(command: tuple[str, ...]) -> None:
    """An evaluation prints the same answer; its prices are said without being asked for."""
    outcomes = str(Path(__file__).parents[1] / "data" / "routellm_gsm8k.csv")
    name, *flags = command
    names = ("--rename", "mixtral=mixtral-8x7b", "--rename", "gpt4=gpt-4") if name == "frontier" else ()
    done = run(name, outcomes, "--where", "contaminated=0", *names, *flags, "--explain", "--as-of", "2026-11-22")
    assert done.code in (0, 3), done.err
    assert done.out
