"""From a draft to a checked Scenario, a catalog and a day."""

import os
import re
from datetime import date

from llmcost.architectures.prices import Prices
from llmcost.catalog import load_catalog, today
from llmcost.cli.asked import Asked
from llmcost.cli.draft import Draft
from llmcost.cli.handed import hand_over
from llmcost.cli.options import Values
from llmcost.cli.outputs import keep_apart
from llmcost.economics.known_models import check_models, check_names
from llmcost.economics.uncertainty import Sampling
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import QuantityError, quantity, shown
from llmcost.scenario import scenario_from


def day(text: str | None) -> date:
    """`--as-of`, else today."""
    if text is None:
        return today()
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{shown(text)} is not a day", where="--as-of", hint="type a day such as 2026-11-22") from None


def asked(draft: Draft, flags: Values) -> Asked:
    """Read the catalog and the scenario, and check every name that it uses.

    Where another command asks for the scenario alone, it goes there and this one ends.
    """
    _add_baseline_model(draft)
    logs = bool(flags.get("usage") or draft.data.get("usage"))
    if not logs and "usage" in flags:
        from llmcost.cli.logs import refuse_without_logs

        refuse_without_logs(flags)
    hand_over(draft, flags)
    as_of = day(flags.get("as_of"))
    catalog = load_catalog()
    if flags.get("catalog"):
        from llmcost.catalog.files import read_yaml

        catalog = catalog.overlaid([read_yaml(path) for path in flags["catalog"]])
    given_start = "start" in draft.data
    traffic = None
    if logs:
        from llmcost.cli.measured import measured

        traffic = measured(draft, flags, catalog, as_of)
    _beside_the_scenario(draft)
    scenario = scenario_from(draft.data, draft.where, today=as_of, measured=traffic is not None)
    if scenario.outcomes is not None:
        keep_apart(scenario.outcomes.name, flags)
    prices = Prices(catalog, scenario.prices, scenario.successors)
    check_models(scenario, prices, draft.data, draft.where)
    check_names(scenario, prices, draft.where)
    if any(architecture.served_by() is not None for architecture in scenario.architectures.values()):
        from llmcost.economics.plausibility import refuse_impossible

        refuse_impossible(scenario, prices, draft.where)
    if traffic is not None:
        from llmcost.cli.measured import in_parts

        scenario = in_parts(scenario, prices, traffic.traffic, flags, as_of)
    return Asked(scenario, catalog, as_of, sampling(flags), given_start, traffic)


def _beside_the_scenario(draft: Draft) -> None:
    """A benchmark's file that a scenario names lies relative to it."""
    for name, body in draft.block("architectures").items():
        for path in ((), ("serving",)):
            served = body.get("serving") if path and isinstance(body, dict) else body
            rate = served.get("throughput") if isinstance(served, dict) else None
            files = rate.get("measured") if isinstance(rate, dict) else None
            at = ("architectures", str(name), *path, "throughput")
            if files is None or not draft.folder or draft.is_flag(at):
                continue
            each = [files] if isinstance(files, str) else files
            if isinstance(each, list):
                draft.put(
                    (*at, "measured"),
                    [os.path.join(draft.folder, str(one)) for one in each],
                    draft.where([*at, "measured"]),
                )


def _add_baseline_model(draft: Draft) -> None:
    """`--baseline MODEL` adds the model as an architecture of its own."""
    baseline, known = draft.data.get("baseline"), draft.block("architectures")
    written_by_flag = draft.where(["baseline"]) == "--baseline"
    if written_by_flag and isinstance(baseline, str) and baseline not in known:
        try:
            load_catalog().resolve(baseline)
        except InputError as error:
            if baseline.partition("@")[0] not in draft.block("prices"):
                hint = did_you_mean(baseline, known) or error.hint
                raise InputError(
                    f"the baseline {baseline!r} is neither an architecture nor a model", where="--baseline", hint=hint
                ) from None
        draft.put(("architectures", baseline), {"kind": "api", "model": baseline}, "--baseline")


def sampling(flags: Values) -> Sampling:
    """How ranges are drawn."""
    found = Sampling()
    for field in ("samples", "seed"):
        text = flags.get(field)
        if text is not None:
            if not re.fullmatch(r"\d{1,9}", text):
                raise InputError(
                    f"{shown(text)} is not a whole number", where=f"--{field}", hint=f"type --{field} 4096"
                )
            found = found._replace(samples=int(text)) if field == "samples" else found._replace(seed=int(text))
    if flags.get("range_covers") is not None:
        covers = number_flag(flags["range_covers"], "--range-covers")
        found = found._replace(covers=covers)
    return found.checked()


def number_flag(text: str, flag: str) -> float:
    """One number from a flag, no range."""
    try:
        value = quantity(text)
    except QuantityError as error:
        raise InputError(error.what, where=flag, hint=error.hint) from None
    if not isinstance(value, float | int):
        raise InputError(f"{shown(text)} is a range", where=flag, hint="type one number")
    return value


def for_the_day(asked_: Asked) -> Asked:
    """Price the first month as of the day asked for, unless the scenario says when it starts."""
    if asked_.given_start:
        return asked_
    return asked_._replace(scenario=asked_.scenario.model_copy(update={"start": asked_.as_of}))
