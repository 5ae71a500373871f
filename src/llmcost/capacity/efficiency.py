"""What serving reaches of a GPU's full rates, and what it adds: shares and seconds, fitted to measurements.

A constant is its base times a factor for each level of the replica: GPU family, precision computed
in, engine, the engine's release, the link between GPUs. A level that no measurement tells apart has
the factor 1. `FITTED` is printed by tests/benchmarks/fit_capacity.py; no figure is set by hand.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from llmcost.capacity.fitted import FITTED
from llmcost.capacity.setup import Setup, release
from llmcost.capacity.work import always_precision
from llmcost.catalog.models import GpuSpec


class Efficiency(NamedTuple):
    """Shares of the full rate (at most 1), seconds each, and the sharpness of the overlap of reading and computing.

    `layer_s`, `expert_layer_s`, `sparse_layer_s` (the indexer) a layer and step; `send_s` an all-reduce, growing by `send_growth` with
    each doubling of the GPUs beyond two; `expert_send_s` an exchange between experts; `step_s` a step,
    `sequence_s` each request in it, `request_s` a request once. `burst` is the share of the other
    requests' prefill that a request waits for before its first token, not between its tokens.
    """

    bandwidth: float
    expert_bandwidth: float
    cache_bandwidth: float
    flops: float
    expert_flops: float
    attention_flops: float
    prefill: float
    layer_s: float
    expert_layer_s: float
    sparse_layer_s: float
    send_s: float
    send_growth: float
    link: float
    expert_send_s: float
    expert_link: float
    step_s: float
    sequence_s: float
    request_s: float
    sharpness: float
    burst: float


SHARES = frozenset(
    (
        *("bandwidth", "expert_bandwidth", "cache_bandwidth", "flops", "expert_flops", "attention_flops"),
        *("link", "expert_link", "burst"),
    )
)

# The levels that each constant has a factor of, beside its base.
LEVELS: dict[str, tuple[str, ...]] = {
    "bandwidth": ("family",),
    "expert_bandwidth": ("family",),
    "cache_bandwidth": ("generation",),
    "flops": ("family", "dense"),
    "expert_flops": ("experts",),
    "attention_flops": ("family",),
    "prefill": ("generation",),
    "layer_s": ("engine", "release"),
    "expert_layer_s": ("engine", "release"),
    "sparse_layer_s": (),
    "send_s": ("link", "generation"),
    "send_growth": (),
    "link": ("link",),
    "expert_send_s": (),
    "expert_link": (),
    "step_s": ("engine", "release"),
    "sequence_s": ("engine", "release"),
    "request_s": ("engine", "release"),
    "sharpness": (),
    "burst": ("engine",),
}
# The first release of a generation whose fixed costs differ; before it, and unknown or later.
TURNS = {"tensorrt-llm": (1,), "vllm": (0, 13), "sglang": (0, 5, 9)}
_FAMILIES = {
    **dict.fromkeys(("A100", "A10", "A40"), "ampere"),
    **dict.fromkeys(("L4", "RTX-4090"), "ada"),
    **dict.fromkeys(("H1", "H2", "GH"), "hopper"),
    **dict.fromkeys(("B200", "B300", "GB", "RTX-5090", "RTX-PRO"), "blackwell"),
    "MI3": "cdna",
}


def family(gpu: GpuSpec) -> str:
    """The architecture of a GPU by the start of its name; `other` for one of the user's own."""
    return next((kind for start, kind in _FAMILIES.items() if gpu.gpu.startswith(start)), "other")


def levels(setup: Setup) -> dict[str, str]:
    """The names under which a replica's factors stand."""
    kind, gpu, engine = family(setup.gpu), setup.gpu, setup.engine
    number = release(setup.engine_version)
    turn = TURNS[engine]
    old = number is not None and number < turn
    written = ".".join(str(part) for part in turn)
    named = f"{engine} {'before' if old else 'from'} {written}"
    return {
        "family": kind,
        "dense": f"{kind} {_computed(gpu, always_precision(setup))}",
        "experts": f"{kind} {_computed(gpu, setup.precision)}",
        "engine": engine,
        "release": named,
        "generation": named if engine == "tensorrt-llm" else engine,
        "link": gpu.interconnect,
    }


def _computed(gpu: GpuSpec, precision: str) -> str:
    if precision == "fp8" and gpu.fp8_tflops:
        return "fp8"
    return "fp4" if precision in ("fp4", "mxfp4") and gpu.fp4_tflops else "bf16"


def efficiency(setup: Setup) -> Efficiency:
    """The fitted constants of a replica."""
    return _efficiency(tuple(sorted(levels(setup).items())))


@lru_cache(maxsize=512)
def _efficiency(named: tuple[tuple[str, str], ...]) -> Efficiency:
    return combined(FITTED, dict(named))


def combined(table: Mapping[str, Mapping[str, float]], named: Mapping[str, str]) -> Efficiency:
    """Base × the factor of each level; a share is at most 1."""
    values = {}
    for constant, kinds in LEVELS.items():
        factors = table[constant]
        value = factors["base"]
        for kind in kinds:
            value *= factors.get(named[kind], 1.0)
        values[constant] = min(value, 1.0) if constant in SHARES else value
    return Efficiency(**values)
