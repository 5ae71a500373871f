"""`llmcost schema` describes what the commands really print and what the scenario really takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import run

from llmcost.presets import PRESETS, preset
from llmcost.render.claims_schema import ABOUT as ABOUT_CLAIMS
from llmcost.render.claims_schema import claims_schema, figures_of
from llmcost.render.json_schema import RESULTS, command_schema
from llmcost.render.scenario_schema import ABOUT, scenario_schema
from llmcost.scenario import Scenario

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
CLAIMS = sorted((ROOT / "examples" / "claims").glob("*.yaml"))
AS_OF = ("--as-of", "2026-11-22")
OFFER = ["--build", "15k..60k", "--saving-per-call", "0.0003..0.0008", "--operations", "200..2k", "--calls", "10M"]
GSM8K = ["tests/data/routellm_gsm8k.csv", "--where", "contaminated=0", "--tokens", "500,300"]
GSM8K += ["--rename", "mixtral=mixtral-8x7b", "--rename", "gpt4=gpt-4"]
AZURE = ["--map", "input_tokens=ContextTokens", "--map", "output_tokens=GeneratedTokens"]
RUN = ["--architecture", "cascade"]
RUNS = {
    "route": [
        ["examples/support-assistant.yaml"],
        ["examples/hybrid-format-tune.yaml", "--sweep", "claude-haiku-4-5=0..50%"],
    ],
    "tco": [["examples/support-assistant.yaml"], ["examples/build-vs-buy.yaml"], ["examples/fine-tune-buildup.yaml"]],
    "host": [["examples/support-assistant.yaml"], ["--gpu", "L40S", "--throughput", "6"]],
    "breakeven": [["examples/support-assistant.yaml"], ["examples/whole-gpus.yaml"], OFFER],
    "compare": [[f"examples/{path.name}"] for path in EXAMPLES],
    "diff": [
        ["examples/ci/ticket-routing.yaml", "examples/ci/ticket-routing-proposed.yaml", "--max-increase", "9k"],
        ["examples/ci/ticket-routing.yaml", "--as-of-old", "2026-06-01"],
    ],
    "sensitivity": [["examples/support-assistant.yaml"], ["examples/vehicle-voice.yaml"]],
    "decide": [["examples/support-assistant.yaml", "--unknown-rest"], ["--unknown-rest"]],
    "policy": [["examples/segments.yaml"]],
    "frontier": [
        [*GSM8K, "--min-quality-kept", "95%", "--verifier", "false_accept=6%,false_reject=9%,usd_per_request=0"],
        ["tests/data/routerarena_sub10_two_models.csv", "--costs", "recorded"],
    ],
    "audit": [["examples/claims"], ["examples/claims/003-build-vs-buy.yaml", "--claim", "h100-rate"]],
    "usage": [
        ["tests/data/usage/exgentic_agent_calls.jsonl.gz", "--task-from", "harness"],
        ["tests/data/usage/azure_code.csv.gz", *AZURE, "--step", "minute", "--model", "gpt-5.4-mini"],
        ["tests/data/usage/azure_code.csv.gz", *AZURE, "--against", "examples/support-assistant.yaml", *RUN],
    ],
    "gate": [["tests/data/routerarena_sub10_two_models.csv", "--from", "haiku3", "--to", "gemini2flash"]],
}


def problems(schema: dict[str, Any], document: Any) -> list[str]:
    jsonschema.Draft202012Validator.check_schema(schema)
    found = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in found]


@pytest.mark.parametrize(("command", "arguments"), [(c, a) for c, runs in RUNS.items() for a in runs])
def test_what_a_command_prints_fits_its_schema(command: str, arguments: list[str]) -> None:
    done = run(command, *arguments, *AS_OF, "--format", "json", cwd=ROOT)
    assert problems(command_schema(command), done.document) == []


@pytest.mark.parametrize("command", RESULTS)
def test_a_document_with_a_missing_or_unknown_figure_does_not_fit(command: str) -> None:
    arguments = RUNS[command][0]
    document = run(command, *arguments, *AS_OF, "--format", "json", cwd=ROOT).document
    assert problems(command_schema(command), {**document, "more": 1})
    del document["result"][next(iter(document["result"]))]
    assert problems(command_schema(command), document)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_scenarios_schema(path: Path) -> None:
    assert problems(scenario_schema(), yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_the_scenarios_schema(name: str) -> None:
    from datetime import date

    assert problems(scenario_schema(), yaml.safe_load(preset(name, date(2026, 12, 1)))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizont": 12},
        {"workload": {"requests": 1}},
        {"architectures": {"a": {"kind": "apy", "model": "gpt-4o"}}},
        {"architectures": {"a": {"kind": "api"}}},
        {"architectures": {"a": {"model": "gpt-4o"}}},
        {"architectures": {"a": {"kind": "api", "model": "gpt-4o", "stages": []}}},
        {"architectures": {"a": {"kind": "fine_tuned", "serving": {"throughput": {"rps": 3}}}}},
    ],
    ids=json.dumps,
)
def test_what_the_tool_refuses_the_scenarios_schema_refuses(wrong: dict[str, Any]) -> None:
    assert problems(scenario_schema(), wrong)


@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.stem)
def test_a_shipped_claims_file_fits_the_schema_of_claims(path: Path) -> None:
    read = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))  # days as text
    assert problems(claims_schema(), read) == []


RIGHT = {"id": "a", "says": "s", "published": "$1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"publishd": "$1"},
        {"calculation": "rout"},
        {"calculation": "labelling", "given": {"sampels": 10}},
        {"calculation": "labelling", "figure": "costs"},
        {"calculation": "compare", "figure": "totalcost"},
        {"calculation": "route", "given": {"workload": {"requests": 1}}},
        {"calculation": "route", "given": {"architectures": {"a": {"kind": "api", "stages": []}}}},
        {"calculation": "cascade", "given": {"cheap_price": 1}},
        {"readings": [{"given": {}}]},
        {"published": {"max": 1}},
    ],
    ids=json.dumps,
)
def test_what_audit_refuses_the_claims_schema_refuses(wrong: dict[str, Any]) -> None:
    file = {"source": {"title": "t"}, "claims": [RIGHT]}
    assert problems(claims_schema(), file) == []
    assert problems(claims_schema(), {**file, "claims": [{**RIGHT, **wrong}]})


def test_every_key_of_a_claims_file_is_described_and_nothing_else() -> None:
    schema = claims_schema()
    for name, about in ABOUT_CLAIMS.items():
        body = schema if name == "Claims" else schema["$defs"].get(name)
        if body is not None:  # Question is the part that Claim and Reading share
            assert set(body["properties"]) == set(about), name


def test_every_figure_that_the_schema_names_is_given(tmp_path: Path) -> None:
    """A claim on a figure that the schema lists gets a verdict, whichever it is, and never a refusal of its name."""
    fragments = {
        "tco": {"architectures": {"f": {"kind": "fine_tuned", "build": {"x": "1k"}, "monthly": {"hosting": 1}}}},
        "labelling": {"samples": 10, "usd_per_sample": 2},
        "review_savings": {"requests": 10, "share_before": "10%", "share_after": "1%", "usd_per_review": 20},
        "training_run": {"samples": 10, "tokens_per_sample": 10, "model": "llama-3.1-8b", "gpu": "H100-SXM"},
        "breakeven": {"build": "1k", "saving_per_call": 0.1},
        "cascade": {"acceptance": "50%", "cheap_cost": 1, "strong_cost": 10},
    }
    claims = [
        {"id": f"{name}-{figure}", "says": "s", "calculation": name, "figure": figure, "given": given, "published": 0.5}
        for name, given in fragments.items()
        for figure in figures_of(name)
    ]
    file = tmp_path / "claims.json"
    file.write_text(json.dumps({"source": {"title": "t"}, "claims": claims}))
    done = run("audit", str(file), *AS_OF, "-f", "json")
    assert [claim["id"] for claim in done.result["claims"]] == [claim["id"] for claim in claims]


def test_every_key_of_the_scenario_is_described_and_nothing_else() -> None:
    schema = scenario_schema()
    for name, body in {"Scenario": schema, **schema["$defs"]}.items():
        fields = body["anyOf"][-1] if name == "Gpu" else body
        if name[0].isupper():
            assert set(fields["properties"]) == set(ABOUT[name]), name
    assert set(schema["properties"]) == set(Scenario.model_fields)


def test_a_schema_goes_to_a_file_and_never_over_one_unasked(tmp_path: Path) -> None:
    file = tmp_path / "scenario.schema.json"
    assert run("schema", "scenario", "-o", str(file)).code == 0
    assert json.loads(file.read_text()) == scenario_schema()
    assert run("schema", "route", "-o", str(file)).code == 2
    assert run("schema", "route", "-o", str(file), "--force").code == 0
    assert json.loads(file.read_text()) == command_schema("route")


def test_an_unknown_schema_is_refused_with_a_suggestion() -> None:
    refused = run("schema", "comparee")
    assert refused.code == 2
    assert refused.err.splitlines() == [
        "error: there is no schema 'comparee'",
        "where: llmcost schema",
        "hint: did you mean compare?",
    ]


def test_a_schema_prints_nothing_on_stderr() -> None:
    assert run("schema", "compare").err == ""
