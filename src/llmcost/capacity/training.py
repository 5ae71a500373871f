"""Hours of a training run on GPUs: FLOP ÷ what the GPUs reach (docs/methods/fine-tuning.md)."""

from llmcost.arithmetic import Number
from llmcost.catalog.models import GpuSpec

FLOP_PER_PARAMETER_TOKEN = {"full": 6.0, "lora": 4.0, "qlora": 4.0}
FULL_MFU = {"A100": 0.55}  # of the dense bf16 FLOP/s, by the start of the name
OTHER_FULL_MFU = 0.40
ADAPTER_MFU = {"lora": 0.35, "qlora": 0.25}
UNPACKED = 3.0  # samples padded to one length instead of packed
FULL_BYTES_PER_PARAMETER = 16.0  # weights, gradients and Adam's state, mixed precision (arXiv 1910.02054)


def training_mfu(gpu: GpuSpec, method: str, packed: bool) -> float:
    """The share of the dense bf16 FLOP/s that training reaches."""
    if method in ADAPTER_MFU:
        share = ADAPTER_MFU[method]
    else:
        share = next((mfu for kind, mfu in FULL_MFU.items() if gpu.gpu.startswith(kind)), OTHER_FULL_MFU)
    return share if packed else share / UNPACKED


def training_flop(parameters: Number, tokens: Number, method: str) -> Number:
    """FLOP of one run: 6·P·T in full, 4·P·T with LoRA or QLoRA; T counts every pass."""
    return FLOP_PER_PARAMETER_TOKEN[method] * parameters * tokens


def training_hours(
    parameters: Number, tokens: Number, gpu: GpuSpec, gpus: Number = 1, method: str = "full", packed: bool = True
) -> Number:
    """Hours that one run takes on so many GPUs."""
    reached = training_mfu(gpu, method, packed) * gpu.bf16_tflops * 1e12 * gpus
    return training_flop(parameters, tokens, method) / reached / 3600
