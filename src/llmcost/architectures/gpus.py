"""The machines that serve: rented or owned GPUs, and devices of one's own at the edge.

A rented GPU costs its hourly price; an owned one its purchase (once, or spread over its life), its
electricity and the place where it stands. Every figure is for one GPU or one device.
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import model_validator

from llmcost.architectures.architecture import Month, plainly
from llmcost.arithmetic import Number, ceil, floor, is_zero
from llmcost.catalog.models import GpuSpec
from llmcost.errors import InputError
from llmcost.estimate import Charge, Factor, Source
from llmcost.workload import AboveZero, Positive, RatioAboveZero, Share, Strict, Usd, refuse


class Hardware(Strict):
    """A processor that the catalog does not list: dense TFLOP/s, memory in 1e9 bytes, bandwidth in GB/s."""

    memory_gb: AboveZero
    bandwidth_gb_s: AboveZero
    bf16_tflops: AboveZero
    fp8_tflops: AboveZero | None = None
    fp4_tflops: AboveZero | None = None
    interconnect: Literal["nvlink", "pcie", "xgmi"] = "pcie"

    def spec(self, name: str) -> GpuSpec:
        """The same as the catalog has it."""
        return GpuSpec(
            gpu=name,
            memory_gb=self.memory_gb,
            bandwidth_gb_s=self.bandwidth_gb_s,
            bf16_tflops=self.bf16_tflops,
            fp8_tflops=self.fp8_tflops,
            fp4_tflops=self.fp4_tflops,
            tdp_w=None,
            interconnect=self.interconnect,
            source=Source("the scenario"),
        )


class Gpu(Strict):
    """A GPU by its catalog name, by its hourly price, or by what it costs to own."""

    name: str | None = None
    provider: str | None = None
    usd_per_gpu_hour: Usd | None = None
    spot: bool = False
    hardware: Hardware | None = None
    purchase_price: Usd | None = None
    life_years: AboveZero | None = None
    residual: Share = 0.0
    amortise: bool = False
    power_watts: Positive | None = None
    pue: RatioAboveZero = 1.5
    usd_per_kwh: Usd | None = None
    colocation_per_month: Usd = 0.0

    @model_validator(mode="before")
    @classmethod
    def _a_name_alone(cls, written: Any) -> Any:
        return {"name": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _priced(self) -> "Gpu":
        if self.name is None and self.usd_per_gpu_hour is None and self.purchase_price is None:
            refuse("the GPU has neither a name nor a price", "type gpu: {name: L40S} or {usd_per_gpu_hour: 3.00}")
        if self.owned and (self.usd_per_gpu_hour is not None or self.provider is not None or self.spot):
            refuse("the GPU is bought and rented at once", "give purchase_price, or usd_per_gpu_hour or a provider")
        given = self.model_fields_set & {"life_years", "residual", "amortise", "usd_per_kwh", "colocation_per_month"}
        if not self.owned and given:
            refuse(
                f"{sorted(given)[0]} belongs to a GPU of one's own, and this one is rented",
                "add purchase_price: 30k (0 for one that is there already)",
            )
        if self.amortise and self.life_years is None:
            refuse("a purchase spread over its life needs the life", "add life_years: 4")
        return self

    @property
    def owned(self) -> bool:
        """Whether it is bought, not rented."""
        return self.purchase_price is not None

    def spec(self, month: Month) -> GpuSpec | None:
        """Its hardware facts, the user's own before the catalog's; None without either."""
        if self.hardware is not None:
            return self.hardware.spec(self.name or "the GPU")
        return None if self.name is None else month.prices.gpu_spec(self.name)

    def hourly(self, month: Month) -> Factor:
        """USD for one GPU for an hour, given or from the catalog."""
        if self.usd_per_gpu_hour is not None:
            return self.factor("usd_per_gpu_hour", "USD/h")
        price = month.prices.gpu_price(self.name or "", self.provider, month.first_day)
        rate = price.spot_usd_per_gpu_hour if self.spot else price.usd_per_gpu_hour
        if rate is None:
            raise InputError(
                f"{price.provider} publishes no spot price for {price.gpu}",
                hint="leave spot out, name another provider, or give usd_per_gpu_hour",
            )
        kind = f"spot at {price.provider}, interruptible" if self.spot else f"at {price.provider}"
        return Factor("usd_per_gpu_hour", rate, "USD/h", "catalog", kind, price.source)

    def watts(self, month: Month) -> Factor:
        """Watts of one GPU under load: given, else its rated power from the catalog."""
        if self.power_watts is not None:
            return self.factor("power_watts", "W")
        spec = self.spec(month) if self.name is not None else None
        if spec is None or spec.tdp_w is None:
            raise InputError(
                f"nothing says what {self.name or 'the GPU'} draws, so its electricity has no cost",
                hint="give gpu: {power_watts: 700} beside usd_per_kwh",
            )
        return Factor("power_watts", spec.tdp_w, "W", "catalog", "rated power", spec.source)

    def kwh_per_gpu_month(self, month: Month) -> Factor:
        """Electricity of one GPU, cooling included: watts × pue × hours / 1000, always on."""
        watts = self.watts(month)
        rule = (
            f"power_watts {plainly(watts.value)}{' (rated power)' if watts.origin == 'catalog' else ''}"
            f" × pue {plainly(self.pue)}{'*' if self.origin('pue') == 'assumed' else ''}"
            f" × hours_per_month {plainly(month.hours)}{'*' if month.hours_assumed else ''} ÷ 1000"
        )
        kwh = watts.value * self.pue * month.hours / 1000
        return Factor("kwh_per_gpu_month", kwh, "kWh", "derived", rule, watts.source)

    def monthly_charges(self, name: str, gpus: tuple[Factor, ...], month: Month, *part: Factor) -> Iterator[Charge]:
        """The month of so many GPUs: rent, or what owning them costs beside a purchase paid at once."""
        label = self.name or "GPU"
        if not self.owned:
            drift = month.drifts.of_gpu(self.name, month.number)
            factors = (*gpus, self.hourly(month), *drift, month.hours_factor, *part)
            yield Charge(f"{label} rent", "monthly", factors, name)
            return
        if self.amortise:
            yield Charge(f"{label} amortisation", "monthly", (*gpus, self._wear(), *part), name)
        if self.usd_per_kwh is not None:
            price = self.factor("usd_per_kwh", "USD/kWh")
            yield Charge("energy", "monthly", (*gpus, self.kwh_per_gpu_month(month), price, *part), name)
        if not is_zero(self.colocation_per_month):
            place = self.factor("colocation_per_month", "USD/GPU-month")
            yield Charge("colocation", "monthly", (*gpus, place, *part), name)

    def _wear(self) -> Factor:
        life = 1.0 if self.life_years is None else self.life_years
        price = 0.0 if self.purchase_price is None else self.purchase_price
        rule = (
            f"purchase_price {plainly(price)} × (1 − residual {plainly(self.residual)}"
            f"{'*' if self.origin('residual') == 'assumed' else ''}) ÷ (life_years {plainly(life)} × 12)"
        )
        return Factor("usd_per_gpu_month", price * (1 - self.residual) / (life * 12), "USD/GPU-month", "derived", rule)

    def purchase(self, name: str, gpus: tuple[Factor, ...], horizon_months: int) -> Charge:
        """The GPUs paid at once, bought again each time their life ends within the horizon, less what is sold."""
        times: Number = 1.0
        rule = "bought once; no life is stated"
        if self.life_years is not None:
            lives = horizon_months / (self.life_years * 12)
            times = ceil(lives) - self.residual * floor(lives)
            rule = f"ceil({plainly(lives)} lives in {horizon_months} months) − residual {plainly(self.residual)} × those ended"
        factors = (*gpus, self.factor("purchase_price", "USD"), Factor("purchases", times, "", "derived", rule))
        return Charge(f"{self.name or 'GPU'} purchase", "one_time", factors, name)

    def usd_per_hour_of_use(self, month: Month) -> Number | None:
        """USD for an hour of one GPU, owned ones over their life; None where that is not known."""
        if not self.owned:
            return self.hourly(month).value
        if self.life_years is None:
            return None
        energy = 0.0 if self.usd_per_kwh is None else self.kwh_per_gpu_month(month).value * self.usd_per_kwh
        return (self._wear().value + energy + self.colocation_per_month) / month.hours


class Edge(Strict):
    """Devices that each serve their own user: no fleet to share, and no network between."""

    devices: Positive
    usd_per_device: Usd = 0.0
    tokens_per_second: AboveZero | None = None
    hardware: Hardware | None = None

    def purchase(self, name: str) -> Charge:
        """devices × USD a device, once."""
        return Charge("devices", "one_time", (self.factor("devices"), self.factor("usd_per_device", "USD")), name)
