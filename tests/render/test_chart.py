"""The chart in the terminal: labels without colour, never wider than asked, plain ASCII where it must be."""

from __future__ import annotations

import pytest

from llmcost.catalog import load_catalog
from llmcost.economics.trajectories import trajectories
from llmcost.economics.uncertainty import Figure
from llmcost.render.chart import chart, table
from llmcost.scenario import scenario_from

LINES = trajectories(
    scenario_from(
        {
            "start": "2026-12",
            "workload": {"requests_per_month": "1M", "input_tokens": "1000", "output_tokens": "0"},
            "prices": {"m": {"input_per_mtok": "2", "output_per_mtok": "2"}},
            "baseline": "by the token",
            "architectures": {
                "by the token": {"kind": "api", "model": "m"},
                "a fine-tune": {"kind": "fine_tuned", "build": {"x": "5k..8k"}, "monthly": {"hosting": "500"}},
            },
        }
    ),
    load_catalog(),
)


@pytest.mark.parametrize("unicode", [True, False])
def test_every_line_has_its_letter_and_its_label(unicode: bool) -> None:
    drawn = chart(LINES, terminal=False, unicode=unicode)
    assert "a by the token" in drawn
    assert "b a fine-tune" in drawn
    assert "@" in drawn  # the payback
    assert "\x1b" not in drawn


def test_it_is_plain_ascii_where_the_output_carries_no_more() -> None:
    chart(LINES, terminal=False, unicode=False).encode("ascii")


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_it_is_never_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, chart(LINES, terminal=True, unicode=True).splitlines())) <= columns


def test_the_numbers_stand_beneath_it() -> None:
    """Month by month: 2,000 × m of the API, and the range of the fine-tune beside its median."""
    rows = table(LINES).rows
    assert len(rows) == 12
    assert isinstance(rows[4][1].value, Figure)
    assert rows[4][1].value.value == pytest.approx(2000 * 5)
    assert "to" in rows[4][3].text
