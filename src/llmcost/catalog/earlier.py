"""The catalog as it stood on an earlier day: the prices that changed since are taken back.

Entries that took effect after the earlier day and up to the later one are left out; those that
take effect later still hold on both days, so what the two catalogs differ in is what changed
between the two days alone.
"""

from __future__ import annotations

from datetime import date

from llmcost.catalog.catalog import Catalog
from llmcost.catalog.models import ApiPrice, GpuPrice
from llmcost.errors import UnknownPrice


class EarlierCatalog(Catalog):
    """Looks prices up as if nothing had changed in (earlier, later]."""

    def __init__(self, catalog: Catalog, earlier: date, later: date) -> None:
        super().__init__(catalog.compiled)
        self.earlier = earlier
        self.later = later

    def price(self, name: str, on: date | None = None) -> ApiPrice:
        """The price of a model on a day, less what changed since. Raises UnknownPrice."""
        found = super().price(name, on)
        return super().price(name, self.earlier) if self._since(found.effective_from) else found

    def changes(self, name: str, start: date, end: date) -> list[date]:
        """The days on which the model has a new entry, without those that are taken back."""
        return [day for day in super().changes(name, start, end) if not self._since(day)]

    def dated_gpu_prices(self, gpu: str, provider: str | None = None) -> list[GpuPrice]:
        """Every dated price of a GPU, without those that are taken back. Raises UnknownPrice."""
        dated = super().dated_gpu_prices(gpu, provider)
        kept = [price for price in dated if not self._since(price.effective_from)]
        if not kept:
            first = min(price.effective_from for price in dated if price.effective_from)
            raise UnknownPrice(
                f"{dated[0].gpu} has no price on {self.earlier}",
                hint=f"its first known price is of {first}; choose that day or a later one",
            )
        return kept

    def _since(self, day: date | None) -> bool:
        return day is not None and self.earlier < day <= self.later
