"""What logs say of caches and of what models write: cached as it was, and factors that a scenario may state."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import run

AS_OF = ("--as-of", "2026-11-22")


def log(folder: Path, cached: int) -> Path:
    """A thousand calls an hour apart: every tenth of 10,000 tokens, most of them cached, the others of 500."""
    rows = []
    for n in range(1000):
        long = n % 10 == 0
        rows.append(
            {
                "timestamp": f"2026-{10 + n // 720:02d}-{1 + n % 720 // 24:02d}T{n % 24:02d}:00:00Z",
                "model": "claude-haiku-4-5",
                "input_tokens": 10_000 if long else 500,
                "cached_tokens": cached if long else 0,
                "output_tokens": 100,
                "total_tokens": 10_100 if long else 600,
            }
        )
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_saved_workload_is_cached_as_it_was_logged(tmp_path: Path) -> None:
    """Mean prompt 1,450, least cached one 4,096: the file says so and loads; with nothing cached it says nothing."""
    saved = tmp_path / "saved.yaml"
    done = run("usage", str(log(tmp_path, 9000)), *AS_OF, "--save-workload", str(saved))
    assert done.code == 0
    assert '"anthropic/claude-haiku-4-5": {min_cacheable_tokens: 0}' in saved.read_text(encoding="utf-8")
    assert run("compare", str(saved), *AS_OF).code == 0
    done = run("usage", str(log(tmp_path, 0)), *AS_OF, "--save-workload", str(saved), "--force")
    assert done.code == 0
    assert "min_cacheable_tokens" not in saved.read_text(encoding="utf-8")


def test_logged_traffic_on_a_model_that_caches_less(tmp_path: Path) -> None:
    """It is priced as it was logged, and said."""
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("start: 2026-12\narchitectures: {h: {kind: api, model: claude-haiku-4-5}}\n", encoding="utf-8")
    done = run("compare", str(scenario), "--usage", str(log(tmp_path, 9000)), *AS_OF)
    assert done.code == 0
    assert "claude-haiku-4-5 caches no prompt shorter than 4,096 tokens" in done.err


def test_logs_measure_what_models_write_on_one_task(tmp_path: Path) -> None:
    """On prompts as long, one model wrote 640 tokens a call and the other 200: 3.2 times."""
    rows = [
        {
            "timestamp": f"2026-10-{1 + n // 24:02d}T{n % 24:02d}:00:00Z",
            "model": "claude-haiku-4-5" if n % 3 else "claude-opus-4-8",
            "input_tokens": 1000 if n % 3 else 1050,
            "output_tokens": 200 if n % 3 else 640,
            "task": "triage",
        }
        for n in range(600)
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    saved = tmp_path / "saved.yaml"
    assert run("usage", str(path), *AS_OF, "--save-workload", str(saved)).code == 0
    assert "models: {claude-opus-4-8: {output_tokens_factor: 3.2}}" in saved.read_text(encoding="utf-8")
