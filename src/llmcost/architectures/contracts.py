"""`region:` and `discounts:` of a scenario, as what they say of its prices.

Both are shorthand: `discounts: {openai: 10%, claude-opus-4-8: 25%}` is `prices: {openai/*: {discount: 10%},
claude-opus-4-8: {discount: 25%}}`, and `region: eu` is `prices: {"*": {region: eu}}`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llmcost.errors import InputError

Path = Sequence[str | int]
Where = Callable[[Path, bool], str]


def in_prices(written: Mapping[str, Any], providers: frozenset[str], where: Where) -> tuple[dict[str, Any], Where]:
    """The scenario's data with both in its prices, and where each then stands. Raises InputError."""
    data = dict(written)
    region, discounts = data.pop("region", None), data.pop("discounts", None)
    bought = _bought(data)
    if region is None and discounts is None and not bought:
        return data, where
    if discounts is not None and not isinstance(discounts, Mapping):
        hint = "type discounts: {openai: 10%}, a provider or a model with the share that is taken off"
        raise InputError("discounts is not a mapping", where=where(["discounts"], False), hint=hint)
    written_at: dict[tuple[str, str], list[str | int]] = {}
    stated: list[tuple[str, str, Any, list[str | int]]] = (
        [("*", "region", region, ["region"])] if region is not None else []
    )
    for name, share in (discounts or {}).items():
        target = f"{name}/*" if name in providers else str(name)
        stated.append((target, "discount", share, ["discounts", name]))
    for name, share in bought.items():
        target = f"{name}/*" if name in providers else name
        stated.append((target, "discount", share, ["commitments", name, "discount"]))
    prices = dict(data["prices"]) if isinstance(data.get("prices"), Mapping) else data.get("prices") or {}
    if isinstance(prices, dict):
        for target, field, value, path in stated:
            own = prices.get(target)  # a mapping, or what the check of the prices refuses
            if isinstance(own, Mapping) and field in own:
                hint = f"say it under {path[0]}: or under prices:, not both"
                raise InputError(f"the {field} of {target} stands twice", where=where(path, False), hint=hint)
            prices[target] = {**(own if isinstance(own, Mapping) else {}), field: value}
            written_at[target, field] = path
        data["prices"] = prices

    def place(path: Path, key: bool) -> str:
        if len(path) > 1 and path[0] == "prices":
            for (target, field), own in written_at.items():
                if path[1] == target and (len(path) == 2 or path[2] == field):
                    return where(own, key)
        return where(path, key)

    return data, place


def _bought(data: dict[str, Any]) -> dict[str, Any]:
    """The discounts that commitments buy, taken out of them."""
    commitments = data.get("commitments")
    if not isinstance(commitments, Mapping):
        return {}
    found = {
        str(name): body["discount"]
        for name, body in commitments.items()
        if isinstance(body, Mapping) and body.get("discount") is not None
    }
    if found:
        data["commitments"] = {
            name: {key: value for key, value in body.items() if key != "discount"} if name in found else body
            for name, body in commitments.items()
        }
    return found
