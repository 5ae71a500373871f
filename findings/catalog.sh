#!/bin/sh
# genai-prices 0.2.3: what a price table for language models does that one would not guess from its documentation.
# 1. Some models are not found by their own id: the rules that names are matched by leave it out.
# 2. A usage without a price, and a service tier that a model does not have, cost the standard price or nothing, without a word.
# 3. OpenAI's priority tier keeps its short-context price above 272,000 tokens, below the standard price of that length.
# 4. DeepSeek's peak price holds on Saturdays, too, though the same entry's comment says that weekends are off-peak.
# Fails where any of these has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install genai-prices==0.2.3
"$folder/venv/bin/python" - <<'PY'
from datetime import UTC, datetime

from genai_prices import Usage, calc_price
from genai_prices.data import providers

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def usd(model, provider, at=NOON, context=None, **usage):
    price = calc_price(Usage(**usage), model, provider_id=provider, genai_request_timestamp=at, price_context=context)
    return float(price.total_price)


lost = [(p.id, m.id) for p in providers for m in p.models if p.find_model(m.id, all_providers=providers) is None]
print("1. models that are not found by their own id:", len(lost), lost[:2])
assert ("aws", "regional.anthropic.claude-sonnet-4-6-v1:0") in lost

plain = usd("claude-sonnet-4-6", "anthropic", input_tokens=1000, output_tokens=0)
more = usd("claude-sonnet-4-6", "anthropic", input_tokens=1000, output_tokens=0, code_executions=1000)
flex = usd("claude-sonnet-4-6", "anthropic", context={"service_tier": "flex"}, input_tokens=1000, output_tokens=0)
print("2. 1,000 tokens:", plain, "with 1,000 code executions:", more, "at a tier that does not exist:", flex)
assert plain == more == flex == 0.003

size = {"input_tokens": 300_000, "output_tokens": 1000}
priority = usd("gpt-5.4", "openai", context={"service_tier": "priority"}, **size)
print("3. 300,000 tokens of gpt-5.4: standard", usd("gpt-5.4", "openai", **size), "priority", priority)
assert abs(priority - (0.3 * 5 + 0.001 * 30)) < 1e-9  # the price of short prompts; the standard one is 5 and 22.5

saturday = datetime(2026, 11, 21, 2, tzinfo=UTC)
peak = usd("deepseek-v4-pro", "deepseek", at=saturday, input_tokens=1_000_000, output_tokens=0)
print("4. a million tokens of deepseek-v4-pro on a Saturday at 02:00 UTC:", peak)
assert peak == 1.32
PY
