"""Real traces, to the last token, whichever engine reads them. The figures are of the traces' own description."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from synthetic_calls import line_by_line

from llmcost.usage import by_duckdb
from llmcost.usage.cube import Cube
from llmcost.usage.logs import log_files
from llmcost.usage.profile import hours_of, output_sizes, prompt_sizes
from llmcost.usage.reading import LogResult, Request, opened

TRACES = Path(__file__).parents[1] / "data" / "usage"
AZURE = {"input_tokens": "ContextTokens", "output_tokens": "GeneratedTokens"}
ENGINES = {"stdlib": line_by_line, "duckdb": by_duckdb.read}


def read(name: str, engine: str, **asked: Any) -> LogResult:
    request = Request(thresholds=(128_000, 200_000), **asked)
    return ENGINES[engine]([opened(file, request) for file in log_files([str(TRACES / name)])], request)


@pytest.mark.parametrize("engine", ENGINES)
def test_azure(engine: str) -> None:
    reading = read("azure_code.csv.gz", engine, columns=AZURE, step_seconds=60)
    total = reading.cube.total
    assert (total.calls, total.input, total.output) == (8_819, 18_059_974, 245_896)
    prompt, output = prompt_sizes(reading.cube), output_sizes(reading.cube)
    assert prompt == (1469, 7315, 7436, 7437, True)
    assert output == (13, 90, 252, 1899, True)
    minutes = hours_of(reading.cube)
    assert (minutes.elapsed, minutes.non_empty, minutes.peak_calls) == (58, 45, 585)
    assert minutes.peak_to_average_elapsed == pytest.approx(3.8474, abs=5e-5)
    assert minutes.peak_to_average_non_empty == pytest.approx(2.9850, abs=5e-5)
    assert reading.lines.accepted == reading.lines.total == 8_819


@pytest.mark.parametrize("engine", ENGINES)
def test_exgentic(engine: str) -> None:
    reading = read("exgentic_agent_calls.jsonl.gz", engine)
    total = reading.cube.total
    assert (total.calls, total.input, total.output) == (2_294, 63_179_858, 560_638)
    hours = hours_of(reading.cube)
    assert (hours.elapsed, hours.non_empty, hours.peak_calls) == (119, 10, 648)
    assert hours.peak_to_average_elapsed == pytest.approx(33.61, abs=5e-3)
    assert hours.peak_to_average_non_empty == pytest.approx(2.825, abs=5e-4)
    by_model: dict[str, int] = defaultdict(int)
    for key, sums in reading.cube.by_hour().items():
        by_model[key.model] += sums.calls
    assert by_model == {"azure/DeepSeek-V3.2": 799, "azure/Kimi-K2.5": 1_495}


@pytest.mark.parametrize("engine", ENGINES)
def test_exgentic_with_ids(engine: str) -> None:
    """Five replayed ids count once, the larger one; the 148 null ids are 148 calls."""
    reading = read("exgentic_agent_calls.jsonl.gz", engine, columns={"id": "response_id"})
    total = reading.cube.total
    assert (total.calls, total.input, total.output) == (2_289, 63_177_134, 557_115)
    assert (reading.lines.accepted, reading.lines.duplicate.total(), reading.lines.total) == (2_289, 5, 2_294)


def test_servegen_hourly_peaks() -> None:
    """Peak hour over the mean hour; a rate of six decimals is a whole number of calls in a million seconds."""
    cubes: dict[str, Cube] = defaultdict(lambda: Cube(()))
    with gzip.open(TRACES / "servegen_rates_10min.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            calls = round(float(row["requests_per_second"]) * 1_000_000)
            cell = cubes[row["model"]].hours.setdefault(("", "", int(row["t_seconds"]) // 3600, "standard", 0), [0] * 8)
            cell[0] += calls
    peaks = {model.split("/")[1]: hours_of(cube).peak_to_average_elapsed for model, cube in cubes.items()}
    assert peaks == pytest.approx(
        {"m-large": 1.8624, "m-mid": 1.8285, "m-small": 2.0627, "mm-image": 1.3472, "deepseek-r1": 2.1938}, abs=5e-5
    )
