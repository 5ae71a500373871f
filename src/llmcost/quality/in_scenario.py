"""What a scenario takes from the file of outcomes that its `quality` names: qualities, and tokens of models."""

from collections.abc import Mapping
from os.path import dirname
from typing import Any

from llmcost.architectures.token_counts import NEUTRAL
from llmcost.errors import InputError
from llmcost.validation import Where


def evaluated(written: dict[str, Any], where: Where) -> Any:
    """`quality: outcomes.csv` as the qualities that the file holds; None where it is not a file."""
    quality = written.get("quality")
    if not isinstance(quality, str) and not (isinstance(quality, Mapping) and isinstance(quality.get("outcomes"), str)):
        return None
    from llmcost.quality.evaluation import read_evaluation

    place = where(["quality"], False)
    try:
        evaluation, stated = read_evaluation(quality, dirname(place.rsplit(":", 2)[0]))
    except InputError as error:
        raise error.at(place) from None
    written["quality"] = {**evaluation.qualities, **stated}
    segments = written.get("segments")
    if isinstance(segments, Mapping):
        written["segments"] = {
            name: {**body, "quality": {**evaluation.of_task(name), **(body.get("quality") or {})}}
            if isinstance(body, Mapping) and evaluation.of_task(name)
            else body
            for name, body in segments.items()
        }
    return evaluation


def counted_by(evaluation: Any, written: dict[str, Any], base: str | None) -> dict[str, str]:
    """Put what the outcomes say of other models' tokens under `models:`, where nobody states it; what is said of each.

    A workload counts as the baseline's model does, so that one, `base`, is what the others are measured over.
    """
    models, prices = written.get("models") or {}, written.get("prices") or {}
    if evaluation is None or base is None or not isinstance(models, dict) or not isinstance(prices, dict):
        return {}
    found: dict[str, str] = {}
    for model, (factor, output, queries) in evaluation.token_counts(base).items():
        names = (model, model.rsplit("/", 1)[-1])
        blocks = [block.get(name) for block in (models, prices) for name in names]
        if any(isinstance(block, dict) and NEUTRAL.keys() & block.keys() for block in blocks):
            continue
        own = models.get(model)
        stated = {**(own if isinstance(own, dict) else {}), "tokens_factor": factor, "output_tokens_factor": output}
        models = {**models, model: stated}
        found[model] = f"measured over {base} on {queries:,} queries of {evaluation.name}"
    if found:
        written["models"] = models
    return found
