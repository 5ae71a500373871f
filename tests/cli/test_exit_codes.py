"""Exit codes: 0 fine, 2 bad input, 3 a breached gate, 4 a stale price under --strict, 130 interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import Call, Run, environment, run, run_all
from sample import as_text, sample

SAMPLE = as_text(sample())
CATALOG_MIX = (
    *("route", "--requests", "1M", "--input", "1000", "--output", "200", "--baseline", "claude-opus-4-8"),
    *("--mix", "claude-haiku-4-5=70%,claude-opus-4-8=30%"),
)
OFFER = ("breakeven", "--build", "10k", "--saving-per-call", "0.001", "--calls", "1M", "--horizon", "24")
# A gate that is breached and the same one kept: 10,000 / (1M × 0.001) = 10 months.
GATES = {
    "compare over budget": (Call(("compare", "-", "--max-monthly", "1"), SAMPLE), 3),
    "compare within budget": (Call(("compare", "-", "--max-monthly", "20k"), SAMPLE), 0),
    "compare with one that is good enough": (Call(("compare", "-", "--min-quality-kept", "100%"), SAMPLE), 0),
    "route over budget": (Call(("route", "-", "--max-monthly", "1"), SAMPLE), 3),
    "route within budget": (Call(("route", "-", "--max-monthly", "20k"), SAMPLE), 0),
    "route where the baseline alone is good enough": (Call(("route", "-", "--min-quality-kept", "99%"), SAMPLE), 0),
    "route good enough": (Call(("route", "-", "--min-quality-kept", "80%"), SAMPLE), 0),
    "tco over budget": (Call(("tco", "-", "--max-monthly", "1"), SAMPLE), 3),
    "tco within budget": (Call(("tco", "-", "--max-monthly", "1M"), SAMPLE), 0),
    "tco too slow": (Call(("tco", "-", "--payback-within", "1"), SAMPLE), 3),
    "host over budget": (Call(("host", "-", "--max-monthly", "1"), SAMPLE), 3),
    "host within budget": (Call(("host", "-", "--max-monthly", "1M"), SAMPLE), 0),
    "breakeven too slow": (Call((*OFFER, "--payback-within", "9")), 3),
    "breakeven in time": (Call((*OFFER, "--payback-within", "10")), 0),
}


@pytest.fixture(scope="module")
def gated() -> dict[str, Run]:
    """Every gate, breached and kept, in JSON."""
    calls = {what: call._replace(arguments=(*call.arguments, "-f", "json")) for what, (call, _) in GATES.items()}
    return run_all(calls)


@pytest.mark.parametrize("what", GATES)
def test_a_gate(what: str, gated: dict[str, Run]) -> None:
    """A breached gate leaves with 3 after the result is printed, and says which on stderr."""
    done = gated[what]
    assert done.code == GATES[what][1], done.err
    assert json.loads(done.out)["result"]
    assert done.err.startswith("gate breached: ") == (done.code == 3)


def test_strict_leaves_with_4_after_the_result() -> None:
    """Under --strict a price of more than 90 days leaves with 4, the result printed all the same."""
    done = run(*CATALOG_MIX, "--as-of", "2027-11-22", "--strict", "-f", "json")
    assert done.code == 4
    assert done.result["mixes"]
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == ["error", "where", "hint"]


def test_strict_passes_on_the_users_own_prices() -> None:
    """Prices of one's own are never stale."""
    assert run("compare", "-", "--as-of", "2036-11-22", "--strict", "-f", "json", stdin=SAMPLE).code == 0


def test_a_batch_price_of_ones_own_needs_no_dated_check(tmp_path: Path) -> None:
    """Like every own price it is listed as an assumption, and its age is nobody's business."""
    (tmp_path / "scenario.yaml").write_text(
        "start: 2026-12\nworkload: {requests_per_month: 1M, input_tokens: 1000, output_tokens: 200, batch_share: 50%}\n"
        "prices: {mine: {input_per_mtok: 1, output_per_mtok: 5, batch: {input_per_mtok: 0.5, output_per_mtok: 2.5}}}\n"
        "architectures: {api: {kind: api, model: mine}}\n"
    )
    done = run(
        *("tco", "scenario.yaml", "--architecture", "api", "--strict", "--as-of", "2026-11-22", "--details"),
        cwd=tmp_path,
    )
    assert (done.code, done.err) == (0, "")
    assert "* mine.batch.input_per_mtok = 0.5: the user's own price" in done.out


def test_a_stale_price_is_a_warning_without_strict() -> None:
    """A price of 91 days and more is warned of, with its age."""
    done = run(*CATALOG_MIX, "--as-of", "2028-11-22", "-f", "json")
    assert done.code == 0
    stale = [one["message"] for one in done.document["warnings"] if one["code"] == "stale_price"]
    assert stale
    assert all("days before 2028-11-22" in message for message in stale)


def test_an_interrupt_leaves_with_130() -> None:
    """Ctrl-C leaves with 130 and without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "llmcost", "compare", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    time.sleep(1.5)  # until it waits for the scenario
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err


def test_an_internal_error_is_three_lines_and_1() -> None:
    """A bug is said in three lines, with exit code 1 and never a traceback."""
    broken = "import llmcost.cli.running as r; r.import_module = None; raise SystemExit(r.run(['route']))"
    done = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True, env=environment(), timeout=60)
    assert done.returncode == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["error", "where", "hint"]
    assert "internal error" in done.stderr
