"""`llmcost tco`."""

from typing import Annotated, Any

from llmcost.cli.draft import Draft, draft_from
from llmcost.cli.options import (
    CHART,
    DRAWS,
    GATES,
    HORIZON,
    OUTPUT,
    PRICES,
    SCENARIO,
    WORKLOAD,
    Values,
    command_app,
    option,
    takes,
)
from llmcost.cli.reading import asked
from llmcost.cli.writing import Remarks, breached, charted, format_of, write
from llmcost.economics.ownership import tco
from llmcost.errors import InputError
from llmcost.quantity import shown

FLAGS_NAME = "fine-tune"


@takes(SCENARIO, WORKLOAD, HORIZON, PRICES, GATES, DRAWS, CHART, OUTPUT)
def command(
    flags: Values,
    architecture: Annotated[
        str | None, option("--architecture", "Which one; left out, the first fine-tune.", "NAME")
    ] = None,
    build: Annotated[list[str] | None, option("--build", "A one-time item (repeatable).", "ITEM=USD")] = None,
    monthly: Annotated[list[str] | None, option("--monthly", "A monthly item (repeatable).", "ITEM=USD")] = None,
    labelling: Annotated[
        str | None, option("--labelling", "samples=10k,usd_per_sample=2..5,qa_share=20%..30%", "KEY=VALUE,…")
    ] = None,
    training: Annotated[
        str | None,
        option(
            "--training",
            "samples=10k,tokens_per_sample=1000,epochs=3,method=lora,model=llama-3.1-8b,gpu=H100-SXM",
            "KEY=VALUE,…",
        ),
    ] = None,
    retrain: Annotated[
        str | None, option("--retrain", "Every so many months, at what cost: 3:5k..15k.", "MONTHS:USD")
    ] = None,
    base_upgrade: Annotated[
        str | None, option("--base-upgrade", "A re-tune every so many months: 12:20k..40k.", "MONTHS:USD")
    ] = None,
    serving: Annotated[str | None, option("--serving", "A managed fine-tuned model that serves it.", "MODEL")] = None,
    usd_per_hour: Annotated[str | None, option("--usd-per-hour", "Hosting by the hour.", "USD")] = None,
    ready_after_weeks: Annotated[str | None, option("--ready-after-weeks", "Weeks to production.", "WEEKS")] = None,
    rollout: Annotated[str | None, option("--rollout", "Shares of the traffic, a month each.", "5%,50%,100%")] = None,
    fallback: Annotated[str | None, option("--fallback", "What serves until then.", "MODEL")] = None,
) -> int:
    """Total cost of owning one architecture, month by month."""
    format_of(flags)
    draft = draft_from(flags)
    own = {
        "build": _items(build, "--build"),
        "monthly": _items(monthly, "--monthly"),
        "labelling": _pairs(labelling, "--labelling"),
        "training": _pairs(
            training, "--training", "samples=10k,tokens_per_sample=1000,model=llama-3.1-8b,gpu=H100-SXM"
        ),
        "retrain": _recurring(retrain, "--retrain"),
        "base_upgrade": _recurring(base_upgrade, "--base-upgrade"),
        "serving": {"model": serving} if serving else {"usd_per_hour": usd_per_hour} if usd_per_hour else None,
        "ready_after_weeks": ready_after_weeks,
        "rollout": rollout.split(",") if rollout else None,
        "fallback": fallback,
    }
    _put(draft, architecture, {field: value for field, value in own.items() if value})
    question = asked(draft, flags)
    result = tco(question.scenario, question.catalog, architecture, question.sampling)
    remarks = Remarks(question, {result.architecture: result.charges})

    def page() -> Any:
        from llmcost.render.pages.tco import page

        names = [result.architecture, *([result.baseline] if result.baseline else [])]
        return charted(page(result, question.as_of, flags["explain"]), flags, question, names)

    write("tco", flags, question.as_of, result, page, remarks)
    return breached(result.breached)


def _put(draft: Draft, architecture: str | None, own: dict[str, Any]) -> None:
    """The flags over the scenario's fine-tune, or as a fine-tune of their own."""
    written = draft.block("architectures")
    if not own:
        if not written:
            raise InputError(
                "nothing to add up",
                where="llmcost tco",
                hint="give a scenario file, or --build training=30k..80k --monthly hosting=8k..20k",
            )
        return
    name = architecture or next(
        (n for n, b in written.items() if isinstance(b, dict) and b.get("kind") == "fine_tuned"), None
    )
    name = name or FLAGS_NAME
    if name not in written:
        draft.put(("architectures", name), {"kind": "fine_tuned"}, "the command line")
    for field, value in own.items():
        draft.put(("architectures", name, field), value, "--" + field.replace("_", "-"))


def _items(texts: list[str] | None, flag: str) -> dict[str, Any]:
    items: dict[str, Any] = {}
    for text in texts or ():
        name, equals, amount = text.partition("=")
        if not equals:
            name, amount = flag.removeprefix("--"), text
        if not name or not amount or name in items:
            raise InputError(
                f"{shown(text)} is not ITEM=USD, each item once", where=flag, hint=f"type {flag} data=15k..50k"
            )
        items[name] = amount
    return items


def _pairs(text: str | None, flag: str, such_as: str = "samples=10k,usd_per_sample=2..5") -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split(",") if text else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"{shown(part)} is not KEY=VALUE", where=flag, hint=f"type {flag} {such_as}")
        pairs[key.strip()] = value.strip()
    return pairs


def _recurring(text: str | None, flag: str) -> dict[str, str] | None:
    if text is None:
        return None
    months, colon, cost = text.partition(":")
    if not colon:
        raise InputError(f"{shown(text)} is not MONTHS:USD", where=flag, hint=f"type {flag} 3:5k..15k")
    return {"every_months": months, "cost": cost}


app = command_app(command)
