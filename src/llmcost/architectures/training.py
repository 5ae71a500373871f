"""What a training run costs: by the token at a managed service, or by the GPU-hour, given or worked out.

The hours of a run on GPUs follow from its tokens, the model's parameters and what the GPUs reach
(docs/methods/fine-tuning.md, `capacity.training`).
"""

from typing import Literal

from pydantic import model_validator

from llmcost.architectures.api import PER_MILLION
from llmcost.architectures.architecture import Month, plainly
from llmcost.architectures.gpus import Gpu
from llmcost.arithmetic import Number, maximum
from llmcost.capacity.training import FLOP_PER_PARAMETER_TOKEN, training_hours, training_mfu
from llmcost.catalog.models import GpuSpec, OpenModel
from llmcost.errors import InputError, UnknownPrice
from llmcost.estimate import Charge, Factor, product
from llmcost.workload import AboveZero, Positive, Strict, Usd, refuse


class Training(Strict):
    """Training runs: managed, by the token; or on GPUs, by hours given or by the tokens of the set."""

    samples: Positive | None = None
    tokens_per_sample: Positive | None = None
    tokens: Positive | None = None
    epochs: Positive = 1.0
    validation_tokens: Positive | None = None
    minimum_usd: Usd | None = None
    usd_per_mtok: Usd | None = None
    model: str | None = None
    method: Literal["full", "lora", "qlora"] = "lora"
    packed: bool = True
    hours: Positive | None = None
    gpu: Gpu | None = None
    gpus: AboveZero = 1.0
    usd_per_gpu_hour: Usd | None = None
    experiments: Positive = 1.0

    @model_validator(mode="after")
    def _one_way_of_saying_it(self) -> "Training":
        by_sample = self.samples is not None or self.tokens_per_sample is not None
        if by_sample and (self.samples is None or self.tokens_per_sample is None):
            refuse(
                "training by the sample takes samples and tokens_per_sample",
                "type {samples: 10k, tokens_per_sample: 1000}",
            )
        if sum((self.tokens is not None, self.hours is not None, by_sample)) != 1:
            refuse(
                "training takes tokens or hours, or samples with tokens_per_sample",
                "type {samples: 10k, tokens_per_sample: 1000, epochs: 3, model: llama-3.1-8b, gpu: H100-SXM}, "
                "{tokens: 20M, usd_per_mtok: 5} or {hours: 4..8, usd_per_gpu_hour: 2.69}",
            )
        if self.hours is not None and self.usd_per_gpu_hour is None and self.gpu is None:
            refuse("training by the hour lacks usd_per_gpu_hour", "type {hours: 4..8, usd_per_gpu_hour: 2.69}")
        if self.usd_per_mtok is not None and (self.gpu is not None or self.hours is not None):
            refuse("training is paid by the token and by the GPU at once", "give usd_per_mtok, or gpu")
        for field in ("validation_tokens", "minimum_usd"):
            if getattr(self, field) is not None and self.on_gpus:
                refuse(f"{field} is of training that is paid by the token", f"leave {field} out", field)
        if self.gpu is not None and self.gpu.owned:
            refuse("a GPU for training is rented here", "give gpu: H100-SXM, or usd_per_gpu_hour beside hours")
        return self

    @property
    def on_gpus(self) -> bool:
        """Whether it is paid by the GPU-hour."""
        return self.hours is not None or self.gpu is not None

    def charge(self, name: str, model: str | None, managed: bool, month: Month) -> Charge:
        """USD, once. `model` is what is served: a managed model with its training price, or the one that is tuned."""
        runs = self.factor("experiments")
        if self.on_gpus:
            hours = self.factor("hours", "h") if self.hours is not None else self._hours(name, model, month)
            return Charge("training", "one_time", (hours, self.factor("gpus"), self._hourly(month), runs), name)
        if self.usd_per_mtok is not None:
            rate = self.factor("usd_per_mtok", "USD/Mtok")
        else:
            rate = self._managed_rate(name, model if managed else self.model, month)
        tokens = self._billed_tokens()
        if self.minimum_usd is not None:
            return Charge("training", "one_time", (self._least(tokens, rate), runs), name)
        return Charge("training", "one_time", (*tokens, PER_MILLION, rate, runs), name)

    def _billed_tokens(self) -> tuple[Factor, ...]:
        """Training tokens × epochs, plus those of the validation set, which Together and Ori bill once."""
        factors = (*self._tokens(), self.factor("epochs"))
        if self.validation_tokens is None:
            return factors
        rule = " × ".join(f"{factor.name} {plainly(factor.value)}" for factor in factors)
        whole = product(factors) + self.validation_tokens
        rule = f"{rule} + validation_tokens {plainly(self.validation_tokens)}"
        return (Factor("billed_tokens", whole, "tokens", "derived", rule),)

    def _least(self, tokens: tuple[Factor, ...], rate: Factor) -> Factor:
        """A run at the price of its tokens, or at the least that a run is billed."""
        assert self.minimum_usd is not None  # noqa: S101 - asked for only where it is given
        cost = product((*tokens, PER_MILLION, rate))
        rule = f"{' × '.join(factor.name for factor in tokens)} × {rate.name}; minimum_usd {plainly(self.minimum_usd)} at least"
        return Factor("usd_per_run", maximum(cost, self.minimum_usd), "USD", "derived", rule)

    def _tokens(self) -> tuple[Factor, ...]:
        if self.tokens is not None:
            return (self.factor("tokens"),)
        return (self.factor("samples"), self.factor("tokens_per_sample", "tokens/sample"))

    def _managed_rate(self, name: str, model: str | None, month: Month) -> Factor:
        if model is None:
            raise InputError(
                f"{name}: training by the token lacks usd_per_mtok",
                hint="give usd_per_mtok: 5, or gpu: H100-SXM and model: llama-3.1-8b",
            )
        price = month.prices.price(model, month.first_day)
        if price.training_usd_per_mtok is None:
            raise UnknownPrice(
                f"{price.model} has no training price by the token", hint="give training: {usd_per_mtok: ...}"
            )
        return Factor("training_usd_per_mtok", price.training_usd_per_mtok, "USD/Mtok", "catalog", "", price.source)

    def _hourly(self, month: Month) -> Factor:
        if self.usd_per_gpu_hour is not None or self.gpu is None:
            return self.factor("usd_per_gpu_hour", "USD/h")
        return self.gpu.hourly(month)

    def tuned(self, name: str, served: str | None, month: Month) -> OpenModel:
        """The open model that is trained: its own, else the one that is served."""
        model = self.model or served
        if model is None:
            raise InputError(
                f"{name}: nothing says which model is trained", hint="give training: {model: llama-3.1-8b, ...}"
            )
        own = month.own_model(model)
        return own.shape(model) if own is not None and own.described else month.prices.open_model(model)

    def processor(self, name: str, month: Month) -> GpuSpec:
        """The GPU that it is trained on; raises InputError where only a price is known."""
        spec = self.gpu.spec(month) if self.gpu is not None else None
        if spec is None:
            raise InputError(f"{name}: nothing says which GPU trains it", hint="give training: {gpu: H100-SXM, ...}")
        return spec

    def _hours(self, name: str, served: str | None, month: Month) -> Factor:
        shape, spec = self.tuned(name, served, month), self.processor(name, month)
        tokens: Number = self.epochs
        for factor in self._tokens():
            tokens = tokens * factor.value
        hours = training_hours(shape.parameters, tokens, spec, self.gpus, self.method, self.packed)
        star = "*" if self.origin("method") == "assumed" else ""
        pack = "packed" if self.packed else "not packed, so a third"
        sizes = " × ".join(f"{factor.name} {plainly(factor.value)}" for factor in self._tokens())
        rule = (
            f"{FLOP_PER_PARAMETER_TOKEN[self.method]:g} × {plainly(shape.parameters)} parameters of {shape.model} × {sizes}"
            f" × epochs {plainly(self.epochs)}{'*' if self.origin('epochs') == 'assumed' else ''} ÷ "
            f"({training_mfu(spec, self.method, self.packed):.3g} × {spec.bf16_tflops:g} TFLOP/s of {spec.gpu} × gpus "
            f"{plainly(self.gpus)} × 3600); {self.method}{star}, {pack}{'*' if self.origin('packed') == 'assumed' else ''}"
        )
        return Factor("hours", hours, "h", "derived", rule)
