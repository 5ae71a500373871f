"""Published serving measurements as replicas of the capacity model: what is known of each row, and what is not.

Engine version, expert and data parallelism stand in the text of `source` only. InferenceX rows draw
lengths from 0.8 to 1.0 of the nominal, so they are read at 0.9.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

from llmcost.capacity.setup import Setup, precision_named
from llmcost.catalog import Catalog, load_catalog

DATA = Path(__file__).parents[1] / "data"
ENGINES = {"trtllm": "tensorrt-llm", "vllm": "vllm", "sglang": "sglang"}
INFERENCEX = re.compile(r"source_file=20|db-dump|gap-analysis")
INFERENCEX_SHARE = 0.9


class Measured(NamedTuple):
    """One published row; seconds. `prefix_cached`: it looks as if its inputs were in the cache already."""

    file: str
    model: str
    gpu: str
    gpus: int
    precision: str
    engine: str
    input_tokens: float
    output_tokens: float
    requests_per_second: float
    first_token_s: float | None
    token_s: float | None
    prefix_cached: bool
    setup: Setup

    @property
    def combination(self) -> tuple[str, str, str, str]:
        """What is left out together in the cross-validation."""
        return (self.model, self.gpu, self.engine, self.precision)

    @property
    def mixture(self) -> bool:
        """Whether the model is a mixture of experts."""
        return self.setup.model.experts is not None


def measured(catalog: Catalog | None = None) -> list[Measured]:
    """All rows of both files."""
    known = catalog or load_catalog()
    found = []
    for name in ("throughput.csv", "throughput_2026.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            found += [_row(name, row, known) for row in csv.DictReader(file)]
    return found


def _row(name: str, row: dict[str, str], catalog: Catalog) -> Measured:
    source, gpus = row["source"], int(row["n_gpus"])
    scale = INFERENCEX_SHARE if INFERENCEX.search(source) else 1.0
    engine = row.get("engine") or "trtllm"
    groups = gpus if "[DEP" in source else gpus // int(row.get("tp") or gpus)
    experts = re.search(r"_tp\d+(?:_\d)?_ep(\d+)", source)
    version = _version(name, source)
    concurrency = None if row["concurrency"] == "max" else float(row["concurrency"])
    output = float(row["output_len"])
    setup = Setup(
        catalog.open_model(row["model"]),
        catalog.gpu(row["gpu"]),
        gpus,
        precision_named(row["precision"]),
        engine=ENGINES[engine],
        concurrency=concurrency,
        engine_version=version,
        data_parallel=groups,
        expert_parallel="[DEP" in source or (experts is not None and int(experts[1]) > 1),
    )
    times = [float(row[key]) / 1000 if row.get(key) else None for key in ("ttft_ms", "tpot_ms")]
    cached = (row["model"], row["gpu"], version) == ("Llama-3.1-8B", "H200", "0.12.0") and output in (100, 500)
    return Measured(
        *(name, row["model"], row["gpu"], gpus, row["precision"], engine),
        *(float(row["input_len"]) * scale, output * scale, float(row["req_s"]), *times),
        *(cached and engine == "vllm", setup),
    )


def _version(name: str, source: str) -> str | None:
    if name == "throughput.csv":
        return "0.14.0"
    if "NVIDIA/TensorRT-LLM@03e27c7" in source:
        return "1.2.0"
    found = re.search(r"; (?:vllm|sglang|trtllm) ([^;]*);", source) or re.search(r"vLLM (0\.\d+\.\d+)", source)
    return (found[1].strip() or None) if found else None
