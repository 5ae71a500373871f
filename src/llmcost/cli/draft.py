"""A scenario's plain data from a file and flags, before it is checked. Flags override the file."""

from collections.abc import Sequence
from os.path import dirname
from typing import TYPE_CHECKING, Any

from llmcost.catalog.models import Rates
from llmcost.cli.options import Values, flag_of
from llmcost.errors import InputError, did_you_mean
from llmcost.quantity import shown

if TYPE_CHECKING:
    from llmcost.catalog.files import Document

PATHS: dict[str, tuple[str, ...]] = {
    "requests": ("workload", "requests_per_month"),
    "input": ("workload", "input_tokens"),
    "output": ("workload", "output_tokens"),
    "monthly_input": ("workload", "monthly_input_tokens"),
    "monthly_output": ("workload", "monthly_output_tokens"),
    "cached": ("workload", "cached_share"),
    "cache_write": ("workload", "cache_write_share"),
    "cache_write_1h": ("workload", "cache_write_1h_share"),
    "batch": ("workload", "batch_share"),
    "growth": ("workload", "growth_per_month"),
    "peak": ("workload", "peak_to_average"),
    "start": ("start",),
    "horizon": ("horizon_months",),
    "hours_per_month": ("hours_per_month",),
    "discount": ("discount_rate",),
    "price_change": ("api_price_change_per_year",),
    "max_monthly": ("requirements", "max_monthly_cost"),
    "min_quality_kept": ("requirements", "min_quality_kept"),
    "region": ("region",),
    "payback_within": ("requirements", "payback_within_months"),
}
PRICE_FIELDS = {field.removesuffix("_per_mtok"): field for field in Rates._fields} | {
    name: name
    for name in (
        *(
            "tokens_factor",
            "output_tokens_factor",
            "reasoning_tokens",
            "min_cacheable_tokens",
            "cache_lifetime_minutes",
        ),
        *("hosting_usd_per_hour", "training_usd_per_mtok"),
    )
}
SERVICE_TIERS = ("flex", "priority", "fast", "peak", "off-peak")


class Draft:
    """Plain scenario data from a file and flags, which remembers where each part was written."""

    def __init__(self, written: "str | Document | None") -> None:
        self._document: Document | None = None
        self.data: dict[str, Any] = {}
        self._flags: dict[tuple[str | int, ...], str] = {}
        if written is not None:
            from llmcost.catalog.files import read_yaml

            self._document = read_yaml(written) if isinstance(written, str) else written
            self.data = dict(self._document.data)

    @property
    def text(self) -> str | None:
        """The scenario file as it was written; None where flags say everything."""
        return None if self._document is None else str(self._document.text)

    @property
    def folder(self) -> str:
        """Where the scenario file lies, to which the files that it names are relative; empty where there is none."""
        return "" if self._document is None else dirname(self._document.name)

    def block(self, name: str) -> dict[str, Any]:
        """A block of the scenario as it stands; empty where it is no mapping, which is refused when it is checked."""
        found = self.data.get(name)
        return found if isinstance(found, dict) else {}

    def put(self, path: tuple[str, ...], value: Any, flag: str) -> None:
        """Set one value under a flag's name; a block of the file is copied, never changed."""
        here = self.data
        for part in path[:-1]:
            below = here.get(part)
            here[part] = dict(below) if isinstance(below, dict) else {}
            here = here[part]
        here[path[-1]] = value
        self._flags[path] = flag

    def is_flag(self, path: tuple[str, ...]) -> bool:
        """Whether a flag gave this value."""
        return path in self._flags

    def holds(self, path: tuple[str, ...]) -> bool:
        """Whether a value or a block stands at this path."""
        here: Any = self.data
        for part in path:
            if not isinstance(here, dict) or part not in here:
                return False
            here = here[part]
        return True

    def where(self, path: Sequence[str | int], key: bool = False) -> str:
        """The flag or `file:line:column` of the deepest part of a path that was written."""
        for end in range(len(path), 0, -1):
            if tuple(path[:end]) in self._flags:
                return self._flags[tuple(path[:end])]
        if self._document is not None:
            return self._document.where(path, key=key)
        flags = [flag for at, flag in self._flags.items() if at[: len(path)] == tuple(path)]
        return " ".join(dict.fromkeys(flags)) or "the command line"


def draft_from(flags: Values) -> Draft:
    """The scenario's plain data, from its path or as it was read, with the shared flags put over it."""
    draft = Draft(flags.get("scenario"))
    for name, path in PATHS.items():
        if flags.get(name) is not None:
            draft.put(path, flags[name], flag_of(name))
    if flags.get("cache_write") is not None and flags.get("cache_write_1h") is None:  # it states all that is written
        draft.put(("workload", "cache_write_1h_share"), 0, "--cache-write")
    for text in flags.get("price") or ():
        _put_price(draft, text)
    for text in flags.get("successor") or ():
        old, _, new = text.partition("=")
        if not old or not new:
            raise InputError(
                f"{shown(text)} is not OLD=NEW", where="--successor", hint="type --successor gpt-4o=gpt-5.4"
            )
        draft.put(("successors", old), new, "--successor")
    if flags.get("baseline") is not None:
        draft.put(("baseline",), flags["baseline"], "--baseline")
    return draft


def _put_price(draft: Draft, text: str) -> None:
    left, equals, value = text.partition("=")
    model, dot, field = left.rpartition(".")
    batch = model.endswith(".batch")
    model = model.removesuffix(".batch")
    head, tier_dot, tier = model.rpartition(".")
    if tier_dot and tier in SERVICE_TIERS:
        model = head
    if not equals or not dot or not model:
        raise InputError(
            f"{shown(text)} is not MODEL.FIELD=USD", where="--price", hint="type --price claude-haiku-4-5.input=0.80"
        )
    if field not in PRICE_FIELDS:
        field = field.removesuffix("_per_mtok")
    found = None
    if field not in PRICE_FIELDS:
        from llmcost.catalog.units import BY_FIELD

        found = next((each for each in (field, f"{field}_per_mtok", f"{field}_per_1000") if each in BY_FIELD), None)
        if found is not None:
            field = found
    if field not in PRICE_FIELDS and found is None:
        hint = did_you_mean(field, PRICE_FIELDS) or f"fields: {', '.join(PRICE_FIELDS)}"
        raise InputError(f"unknown price field {shown(field)}", where=f"--price {text}", hint=hint)
    path: tuple[str, ...] = ("prices", model)
    if tier_dot and tier in SERVICE_TIERS:
        path += ("tiers", tier)
    path += ("batch",) if batch else ()
    path += (PRICE_FIELDS[field],) if found is None else ("other", found)
    draft.put(path, value, f"--price {text}")


def shares(text: str, flag: str) -> dict[str, str]:
    """`a=70%,b=30%` as a mix."""
    mix: dict[str, str] = {}
    for part in text.split(","):
        target, equals, share = part.strip().rpartition("=")
        if not equals or not target or not share:
            raise InputError(
                f"{shown(part)} is not MODEL=SHARE", where=f"{flag} {text}", hint=f"type {flag} CHEAP=70%,STRONG=30%"
            )
        if target in mix:
            raise InputError(f"{shown(target)} stands twice in one mix", where=f"{flag} {text}", hint="name it once")
        mix[target.strip()] = share.strip()
    return mix


def pairs(texts: list[str] | None, flag: str, form: str, example: str, *, empty: bool = False) -> dict[str, str]:
    """`LEFT=RIGHT` from every use of a flag, as `form` and an example describe it."""
    found: dict[str, str] = {}
    for text in texts or ():
        left, equals, right = text.partition("=")
        if not equals or not left.strip() or not (right.strip() or empty):
            raise InputError(f"{shown(text)} is not {form}", where=flag, hint=f"type {flag} {example}")
        found[left.strip()] = right.strip()
    return found
