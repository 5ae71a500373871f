"""The prices an estimate is made with: the catalog under the user's own figures.

A lookup on a day follows retirements: from the day a model retires its successor is billed, and
without a named successor there is no price at all.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from llmcost.architectures.architecture import Retired
from llmcost.architectures.own_prices import OwnPrice, adjusted, at_tier, overlaid
from llmcost.catalog.bill import Bill, Usage, bill
from llmcost.catalog.models import ApiPrice, GpuPrice, GpuSpec, OpenModel, Rates, Retirement
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Factor, Source

if TYPE_CHECKING:
    from llmcost.catalog import Catalog


class Prices:
    """Looks prices up by name and day, each name and day once."""

    def __init__(
        self, catalog: "Catalog", own: Mapping[str, OwnPrice] | None = None, successors: Mapping[str, str] | None = None
    ) -> None:
        self.catalog = catalog
        self._identities: dict[str, str] = {}
        named = {name: price for name, price in (own or {}).items() if not name.endswith("*")}
        self._own = {self.identity(name): price for name, price in named.items()}
        self._wide = {name: price for name, price in (own or {}).items() if name.endswith("*")}
        self._successors = {self.identity(name): successor for name, successor in (successors or {}).items()}
        self._found: dict[tuple[str, date], ApiPrice] = {}
        self.months: dict[int, tuple[Any, list[Any]]] = {}  # of one scenario, made once for all its estimates
        self.priced: tuple[Any, str, Any] | None = None  # the months of the last architecture that was asked for
        self.rates: dict[
            tuple[int, str, bool], tuple[ApiPrice, Factor]
        ] = {}  # of prices that no request's size changes
        self._own_alone: dict[str, ApiPrice] = {}

    def identity(self, name: str) -> str:
        """The catalog's full id, or the name itself where only the user prices it."""
        if name not in self._identities:
            found = None
            with suppress(UnknownPrice):  # ambiguous: where it is priced, the error names the choices
                found = self.catalog.find(name)
            self._identities[name] = found or name
        return self._identities[name]

    def _in_catalog(self, name: str) -> bool:
        identity = self.identity(name)
        return "/" in identity and self.catalog.find(identity) is not None

    def has(self, name: str) -> bool:
        """Whether the catalog or the user prices this model; an ambiguous name raises UnknownPrice."""
        own = name.partition("@")[0] in self._own or self.identity(name) in self._own
        return own or self.catalog.find(name) is not None

    def known(self, name: str) -> bool:
        """Whether the catalog or the user prices this model; raises UnknownPrice with suggestions."""
        if name.partition("@")[0] in self._own or self.identity(name) in self._own:
            return True
        self.catalog.resolve(name)
        return True

    def price(self, model: str, on: date) -> ApiPrice:
        """The price on a day under the user's figures; after a retirement, the successor's."""
        key = (model, on)
        if key not in self._found:
            self._found[key] = self._price(model, on, ())
        return self._found[key]

    def _price(self, model: str, on: date, followed: tuple[str, ...]) -> ApiPrice:
        identity = self.identity(model)
        gone = self.retirement(model)
        if gone is not None and gone.retires_on <= on:
            successor = self._successors.get(identity)
            if successor is None:
                raise Retired(model, gone.retires_on)
            if successor in followed:
                raise InputError(f"the successors of {model} lead back to it", hint="name a model that still answers")
            return self._price(successor, on, (*followed, model))
        own = self._own.get(identity)
        price = self.catalog.price(model, on) if own is None else self._own_price(model, identity, own, on)
        provider = price.model.split("/", 1)[0]
        owns = [own, self._wide.get(f"{provider}/*"), self._wide.get("*")]
        return adjusted(price, [each for each in owns if each is not None], self.catalog)

    def _own_price(self, model: str, identity: str, own: OwnPrice, on: date) -> ApiPrice:
        """The user's figures over the catalog's, at the service tier that the name asks for."""
        _, at, tier = model.rpartition("@")
        if not at or tier not in own.tiers:
            if not self._in_catalog(model):
                if model not in self._own_alone:  # the same on every day
                    bare = ApiPrice(model, Rates(), Source("the scenario's own prices"))
                    self._own_alone[model] = overlaid(bare, own)
                return self._own_alone[model]
            return overlaid(self.catalog.price(model, on), own)
        if not self._in_catalog(model):
            standard = ApiPrice(model.rpartition("@")[0], Rates(), Source("the scenario's own prices"))
        else:
            standard = self.catalog.price(identity, on)
        published = self.catalog.price(model, on) if tier in standard.variants else None
        return at_tier(overlaid(standard, own), published, tier, own.tiers[tier])._replace(stated_by=own._stated_by)

    def bill(self, usage: Usage, on: date) -> Bill:
        """What a usage costs at these prices, with what has no price listed apart."""
        return bill(self.catalog, usage, on, self.price, self._own)

    def retirement(self, model: str) -> Retirement | None:
        """When the model stops answering, if that is known."""
        return self.catalog.retirement(self.identity(model)) if self._in_catalog(model) else None

    def unreplaced(self, model: str, until: date) -> Retirement | None:
        """The retirement on or before a day that no successor covers."""
        gone = self.retirement(model)
        if gone is None or gone.retires_on > until or self.identity(model) in self._successors:
            return None
        return gone

    def retired_base(self, model: str, on: date) -> date | None:
        """The day this model gave way to its successor, where that lies on or before `on`."""
        gone = self.retirement(model)
        return gone.retires_on if gone is not None and gone.retires_on <= on else None

    def changes(self, model: str, start: date, end: date, followed: tuple[str, ...] = ()) -> list[date]:
        """Days in (start, end] on which this model's price changes or it retires, its successors included."""
        days: list[date] = []
        if self._in_catalog(model):  # a model that only the user prices has one price
            own = self._own.get(self.identity(model))
            tier = model.rpartition("@")[2]
            name = self.identity(model) if own is not None and tier in own.tiers else model
            days += self.catalog.changes(name, start, end)
        gone = self.retirement(model)
        if gone is not None and start < gone.retires_on <= end:
            days.append(gone.retires_on)
        successor = self._successors.get(self.identity(model))
        if successor is not None and successor not in (model, *followed):
            days += self.changes(successor, start, end, (*followed, model))
        return sorted(set(days))

    def gpu_price(self, gpu: str, provider: str | None, on: date) -> GpuPrice:
        """The hourly price of a GPU; the cheapest provider's where none is named."""
        found = self.catalog.gpu_prices(gpu, provider, on)
        if not found:
            raise UnknownPrice(f"no provider in the catalog rents {gpu}", hint="give gpu: {usd_per_gpu_hour: 3.00}")
        return found[0]

    def gpu_spec(self, gpu: str) -> GpuSpec:
        """The hardware facts of a GPU; raises UnknownPrice."""
        return self.catalog.gpu(gpu)

    def open_model(self, model: str) -> OpenModel:
        """The architecture of an open model; raises UnknownPrice."""
        return self.catalog.open_model(model)


class PricesOfDay(Prices):
    """Every month at the API prices of one day: what calls that were made would cost on it.

    A model that has retired by then is its successor where one is named; else it keeps its last price.
    """

    def __init__(self, prices: Prices, day: date) -> None:
        super().__init__(prices.catalog, {**prices._own, **prices._wide}, prices._successors)
        self._day = day

    def price(self, model: str, on: date) -> ApiPrice:
        return super().price(model, self._day)

    def retirement(self, model: str) -> Retirement | None:
        gone = super().retirement(model)
        return gone if gone and gone.retires_on <= self._day and self.identity(model) in self._successors else None

    def changes(self, model: str, start: date, end: date, followed: tuple[str, ...] = ()) -> list[date]:
        return []
