"""A replica as the capacity model takes it: a model on so many GPUs, at a precision, on an engine.

`gpus` are shared out as `pipeline_parallel` stages, in each of which the requests are spread over
`data_parallel` groups (attention only; the experts are spread over all of a stage) and a group's
GPUs hold the attention together (tensor parallel).
"""

from typing import NamedTuple

from llmcost.arithmetic import Number
from llmcost.catalog.models import GpuSpec, OpenModel
from llmcost.errors import InputError, did_you_mean

# 4-bit weights are half a byte and a scale: of 16 numbers (nvfp4), 32 (mxfp4), or a group of integers.
WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int4": 0.5625, "fp4": 0.5625, "mxfp4": 0.53125}
PRECISIONS = {
    **{"bf16": "bf16", "fp16": "bf16", "16-bit": "bf16", "fp8": "fp8", "8-bit": "fp8"},
    **{"int4": "int4", "4-bit": "int4", "4bit": "int4", "awq": "int4", "gptq": "int4"},
    **{"fp4": "fp4", "nvfp4": "fp4", "mxfp4": "mxfp4"},
}
FOUR_BITS = ("int4", "fp4", "mxfp4")
ENGINES = ("tensorrt-llm", "vllm", "sglang")
ENGINE_NAMES = {**{name: name for name in ENGINES}, "trt-llm": "tensorrt-llm", "trtllm": "tensorrt-llm"}


class Setup(NamedTuple):
    """A replica: a model on so many GPUs, and how it is run. `concurrency` None: as many as fit.

    `prefix_cached` is the share of the input whose keys and values are there already,
    `accepted_tokens` what a step of speculative decoding writes beyond the first token, and
    `disaggregated` says that prefill has GPUs of its own, in the proportion that keeps both busy.
    """

    model: OpenModel
    gpu: GpuSpec
    gpus: float = 1
    precision: str = "bf16"
    kv_precision: str | None = None
    engine: str = "tensorrt-llm"
    concurrency: Number | None = None
    engine_version: str | None = None
    data_parallel: float = 1
    expert_parallel: bool = False
    pipeline_parallel: float = 1
    prefix_cached: Number = 0.0
    accepted_tokens: Number = 0.0
    disaggregated: bool = False

    @property
    def stage(self) -> float:
        """GPUs that work on a layer together."""
        return self.gpus / self.pipeline_parallel

    @property
    def tensor(self) -> float:
        """GPUs that share the attention of a request."""
        return self.gpus / self.pipeline_parallel / self.data_parallel


def precision_named(written: str, where: str = "") -> str:
    """`fp16`, `AWQ`, `nvfp4` as bf16, int4, fp4. Raises InputError."""
    found = PRECISIONS.get(written.lower())
    if found is None:
        hint = did_you_mean(written, PRECISIONS) or "type bf16, fp8, fp4, mxfp4 or int4"
        raise InputError(f"unknown precision {written!r}", where=where, hint=hint)
    return found


def release(version: str | None) -> tuple[int, ...] | None:
    """`0.5.10.post1` as (0, 5, 10), `1.0.0rc3` as (1, 0, 0); None for a nightly or a name."""
    numbers: list[int] = []
    for part in (version or "").lower().lstrip("v").split("."):
        digits = ""
        for letter in part:
            if not letter.isdigit():
                break
            digits += letter
        if not digits or len(digits) > 4:
            break
        numbers.append(int(digits))
    return tuple(numbers) or None
