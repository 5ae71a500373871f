"""Two or three commands a reader can run, for each command's help; the tests run every one of them.

`scenario.yaml` is what `llmcost init scenario.yaml` writes; `logs/` holds JSONL logs, `outcomes.csv` an
evaluation with columns query_id, model, score, input_tokens, output_tokens, and `claims.yaml` published figures.
"""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A command line as it is typed, and what it answers."""

    says: str
    command: str


_WORKLOAD = "--requests 12M --input 600 --output 20"

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "route": (
        Example(
            "What does a mix of two models cost a month?",
            f"llmcost route {_WORKLOAD} --mix claude-haiku-4-5=70%,claude-sonnet-4-6=30%",
        ),
        Example("What would your scenario cost as such mixes?", "llmcost route scenario.yaml"),
    ),
    "tco": (
        Example("What does one option cost, month by month?", "llmcost tco scenario.yaml --architecture tuned-8b"),
        Example(
            "And every charge behind it, with its source?",
            "llmcost tco scenario.yaml --architecture routed --explain",
        ),
    ),
    "host": (
        Example(
            "How many GPUs serve this, and what do they cost?",
            f"llmcost host --gpu L40S --provider RunPod --model llama-3.1-8b {_WORKLOAD}",
        ),
        Example(
            "The same with a rate that you measured?",
            f"llmcost host --gpu L40S --provider RunPod --throughput 8 {_WORKLOAD}",
        ),
    ),
    "breakeven": (
        Example(
            "After how many calls is a build paid back?",
            "llmcost breakeven --build 50k..90k --saving-per-call 0.002 --calls 1M",
        ),
        Example("Which option is the cheapest at which volume?", "llmcost breakeven scenario.yaml"),
    ),
    "compare": (
        Example(
            "What do two models cost on the same work?",
            f"llmcost compare {_WORKLOAD} --model claude-haiku-4-5 --model claude-sonnet-4-6",
        ),
        Example("Which option of a scenario is the cheapest that is good enough?", "llmcost compare scenario.yaml"),
        Example("And with what logs say the traffic is?", "llmcost compare scenario.yaml --usage logs/"),
    ),
    "diff": (
        Example("What would half the traffic change?", "llmcost diff scenario.yaml other.yaml"),
        Example(
            "What has a price change done to the bill?",
            "llmcost diff scenario.yaml scenario.yaml --as-of-old 2026-10-01 --as-of-new 2026-11-22",
        ),
    ),
    "report": (
        Example("One page for the people who decide.", "llmcost report scenario.yaml -o report.html"),
        Example("The same for a wiki or a pull request.", "llmcost report scenario.yaml -o report.md"),
    ),
    "sensitivity": (
        Example("Which unknown is worth measuring first?", "llmcost sensitivity scenario.yaml"),
        Example(
            "What would make the fine-tune beat the router?",
            "llmcost sensitivity scenario.yaml --challenger tuned-8b --against routed",
        ),
    ),
    "decide": (
        Example("Five questions, one at a time, then a verdict.", "llmcost decide scenario.yaml"),
        Example("The same without a terminal.", "llmcost decide --unknown-rest"),
    ),
    "policy": (
        Example("Which option should serve each kind of task?", "llmcost policy segments.yaml"),
        Example("The same as a LiteLLM proxy's configuration.", "llmcost policy segments.yaml -f litellm"),
    ),
    "frontier": (
        Example("What does quality cost on your own evaluation?", "llmcost frontier outcomes.csv"),
        Example("Draw it.", "llmcost frontier outcomes.csv --chart"),
    ),
    "gate": (
        Example(
            "May the cheaper model replace the other?",
            "llmcost gate outcomes.csv --from claude-sonnet-4-6 --to claude-haiku-4-5 --margin 2%",
        ),
    ),
    "audit": (
        Example("Do published figures follow from their own inputs?", "llmcost audit claims.yaml"),
        Example(
            "Check one sentence at once.",
            "llmcost audit --says monthly_cost=3600 route --requests 1M --input 1000 --output 520 "
            "--model claude-haiku-4-5",
        ),
    ),
    "usage": (
        Example("What do these logs add up to, and cost?", "llmcost usage logs/"),
        Example("Write what they measure as a workload.", "llmcost usage logs/ --save-workload workload.yaml"),
    ),
    "prices": (
        Example("Which models does the catalog know?", "llmcost prices list haiku"),
        Example("Every price of one, with source and day.", "llmcost prices show claude-haiku-4-5"),
        Example("GPUs by the hour.", "llmcost prices list --gpus"),
    ),
    "init": (
        Example("Answer seven questions, get a scenario.", "llmcost init scenario.yaml"),
        Example(
            "The same by flags.",
            "llmcost init --requests 12M --tokens 600/20 --model claude-sonnet-4-6 mine.yaml",
        ),
        Example("Start from an example.", "llmcost init --preset classification classification.yaml"),
    ),
    "schema": (
        Example("The keys of a scenario, for an editor.", "llmcost schema scenario"),
        Example("The JSON that a command writes.", "llmcost schema compare"),
    ),
}
