"""A scenario from seven answers: today's model, cached, a smaller one, both behind a router, a fine-tune, own GPUs.

The models are current ones of the catalog. What nobody answered stands as a commented placeholder.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from llmcost.catalog.catalog import Catalog
from llmcost.catalog.families import smaller_than
from llmcost.errors import UnknownPrice
from llmcost.presets import with_header
from llmcost.quantity import Range, quantity

SMALLER_SHARE = "70%"


class StartingAnswers(NamedTuple):
    """What is known at the start. Numbers are as typed (`12M`, `95%`, `2s` is 2000); None: nobody knows yet."""

    requests_per_month: str
    input_tokens: str
    output_tokens: str
    model: str
    min_quality_kept: str | None = None
    p99_latency_ms: str | None = None
    data_may_leave: bool = True
    fine_tune: bool = True


def starting_scenario(answers: StartingAnswers, catalog: Catalog, on: date, start: date) -> str:
    """YAML that runs under `llmcost compare` as it is.

    Raises UnknownPrice for a model that the catalog does not hold.
    """
    today = _name(catalog, answers.model)
    smaller = smaller_than(catalog, answers.model, on)
    parts = [
        _workload(answers, start),
        _requirements(answers),
        _quality(today, smaller and _name(catalog, smaller)),
        "architectures:",
        _api(today, smaller and _name(catalog, smaller), _cached(answers, catalog, today, on)),
    ]
    if answers.fine_tune:
        parts.append(_TUNED)
    if not answers.data_may_leave:
        parts.append(_OWN_GPUS)
    return with_header(_aligned("\n".join(parts)))


def _aligned(text: str) -> str:
    """Comments that follow a value begin in one column, where it is not longer."""
    lines = []
    for line in text.splitlines():
        value, mark, comment = line.partition("  # ")
        lines.append(f"{value.rstrip():<31}  # {comment.strip()}" if mark and value.strip() else line.rstrip())
    return "\n".join(lines) + "\n"


def _name(catalog: Catalog, model: str) -> str:
    """The name without its provider where it means the same model."""
    full = catalog.resolve(model)
    short = full.split("/", 1)[1]
    try:
        return short if catalog.find(short) == full else full
    except UnknownPrice:  # the short name is another provider's as well
        return full


def _workload(answers: StartingAnswers, start: date) -> str:
    return f"""\
name: What to do next

workload:
  requests_per_month: {answers.requests_per_month}    # requests a month, in the first month
  input_tokens: {answers.input_tokens}    # tokens a request, instructions included
  output_tokens: {answers.output_tokens}    # tokens a request, reasoning included
  growth_per_month: 0%         # share a month, compounding
  peak_to_average: 4           # busiest hour over the average hour; sizes GPUs
start: {start:%Y-%m}                 # year-month, the first month
horizon_months: 12             # months
baseline: today                # the architecture that savings are measured against
"""


def _requirements(answers: StartingAnswers) -> str:
    lines = []
    if answers.min_quality_kept is not None:
        lines.append(f"  min_quality_kept: {answers.min_quality_kept}    # of today's quality; unknown is never met")
    if answers.p99_latency_ms is not None:
        lines.append(
            f"  p99_latency_ms: {answers.p99_latency_ms}    # milliseconds within which 99 of 100 answers are complete"
        )
    if not answers.data_may_leave:
        lines.append("  air_gapped: true             # no data may leave your own machines")
    if not lines:
        return (
            "# requirements: {min_quality_kept: 95%}    # an option that is not known to meet one is not recommended\n"
        )
    return "\n".join(
        ["requirements:                  # an option that is not known to meet them is not recommended", *lines, ""]
    )


def _quality(today: str, smaller: str | None) -> str:
    names = [today, *([smaller] if smaller else []), "tuned"]
    return (
        "# quality: {"
        + ", ".join(f"{name}: 0.90" for name in names)
        + "}    # measure it on your own evaluation, 0 to 1\n"
    )


def _cached(answers: StartingAnswers, catalog: Catalog, today: str, on: date) -> str:
    """The same model with its prompt cache; a remark in its place where prompts are known to be too short for one."""
    least = catalog.price(answers.model, on).facts.min_cacheable_tokens
    written = quantity(answers.input_tokens)
    longest = written.high if isinstance(written, Range) else written
    if least is not None and longest < least:
        return f"  # no cached option: {today} caches prompts from {least:,.0f} tokens on"
    return f"""\
  cached:
    kind: api
    model: {today}
    cached_share: 50%            # placeholder: share of the input read from the prompt cache
    cache_write_share: 5%        # placeholder: share of the input written to it"""


def _api(today: str, smaller: str | None, cached: str) -> str:
    text = f"""\
  today:
    kind: api                    # one model for every request
    model: {today}

{cached}"""
    if smaller is None:
        return text + "\n  # no smaller current model of this provider is in the catalog: add one with kind: api\n"
    return (
        text
        + f"""
  smaller:
    kind: api
    model: {smaller}

  routed:
    kind: routed                 # easy requests to the smaller model
    mix: {{{smaller}: {SMALLER_SHARE}, {today}: rest}}   # placeholder: measure how many are easy
    router: {{tokens_per_request: 200, model: {smaller}}}   # placeholder: what deciding costs"""
    )


_TUNED = """
  tuned:
    kind: fine_tuned             # every figure here is a placeholder, each range a 90 % interval
    labelling: {samples: 1000..5000, usd_per_sample: 2..5, qa_share: 20%..30%}
    training: {hours: 4..8, gpus: 1, usd_per_gpu_hour: 2.69, experiments: 10..20}
    build: {engineering: 20k..40k, evaluation: 5k..10k}     # USD, once
    serving:
      model: llama-3.1-8b        # an open model from the catalog
      gpu: {name: L40S, provider: RunPod}
      operations_per_month: 2k   # USD a month for the people who run it
    monthly: {monitoring: 500..2k}
    retrain: {every_months: 6, cost: 2k..5k}
    ready_after_weeks: 12        # until then today's model serves and is billed
    rollout: [5%, 50%, 100%]     # share of the requests, a month each
    fallback: today
"""

_OWN_GPUS = """
  own-gpus:
    kind: self_hosted
    model: llama-3.1-70b         # an open model from the catalog
    gpu: {name: H100-SXM, provider: RunPod}
    gpus_per_replica: 4
    location: own                # own machines: nothing leaves them
    spare: 1
    operations_per_month: 5k     # USD a month for the people who run it
"""
