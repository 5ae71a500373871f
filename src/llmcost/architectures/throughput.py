"""What one replica serves as it was measured: a stated rate, or the result files of a benchmark."""

from typing import Any

from pydantic import PrivateAttr, model_validator

from llmcost.capacity.benchmark_files import Run, measured_rate, read_runs
from llmcost.errors import InputError
from llmcost.quantity import Range
from llmcost.workload import AboveZero, Positive, Strict, refuse


class Throughput(Strict):
    """What one replica serves, measured: exactly one of the four; `measured` are benchmarks' result files."""

    requests_per_month: AboveZero | None = None
    requests_per_second: AboveZero | None = None
    tokens_per_second: AboveZero | None = None
    measured: list[str] | None = None
    measured_spread: AboveZero = 1.0
    _runs: tuple[Run, ...] = PrivateAttr(default=())

    @model_validator(mode="before")
    @classmethod
    def _one_file(cls, written: Any) -> Any:
        if isinstance(written, dict) and isinstance(written.get("measured"), str):
            return {**written, "measured": [written["measured"]]}
        return written

    @model_validator(mode="after")
    def _one_measure(self) -> "Throughput":
        stated = (self.requests_per_month, self.requests_per_second, self.tokens_per_second, self.measured)
        if sum(v is not None for v in stated) != 1:
            refuse(
                "the throughput takes exactly one of requests_per_month, requests_per_second, tokens_per_second, measured",
                "type throughput: {requests_per_second: 6}",
            )
        if self.measured is not None:
            try:
                self._runs = tuple(read_runs(self.measured))
            except InputError as broken:
                refuse(broken.what, broken.hint)
            if "measured_spread" not in self.model_fields_set:
                found = measured_rate(self._runs)
                ends = (found.low / found.requests_per_second, found.high / found.requests_per_second)
                if ends[0] < ends[1]:
                    self.__dict__["measured_spread"] = Range(*ends, 1.0)
        return self

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of its result files."""
        return self._runs


class Lengths(Strict):
    """Tokens a request, where no workload says them."""

    input_tokens: Positive
    output_tokens: Positive
