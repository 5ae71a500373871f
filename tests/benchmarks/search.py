"""A whole search (all GPUs with a price × GPUs a replica × precision, under limits), timed in this process.

`python tests/benchmarks/search.py` prints the best of five in milliseconds. As a peer, `recommend` of aiconfigurator
0.12.0 took 13 s for one system (not run here: it installs 851 MB).
"""

from __future__ import annotations

import time
from datetime import date

from llmcost.capacity.goodput import Limits
from llmcost.capacity.setup import Setup
from llmcost.catalog import load_catalog
from llmcost.economics.sizing import Sizing, candidates, cheapest_fleets

PEER_S = 13.0


def search() -> Sizing:
    """Qwen3-32B, 1,024 + 512 tokens, 20 requests a second, 500 ms and 50 ms."""
    catalog = load_catalog()
    setup = Setup(catalog.open_model("qwen3-32b"), catalog.gpu("H100-SXM"), engine="vllm")
    every = candidates(setup, catalog, date(2026, 11, 22), (1024.0, 512.0))
    return cheapest_fleets(every, 20.0, Limits(0.5, 0.05), 730.0)


def main() -> None:
    """Print the time and its share of the peer's."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        found = search()
        best = min(best, time.perf_counter() - start)
    print(f"{found.considered} sets, {best * 1000:.0f} ms, {best / PEER_S:.2%} of {PEER_S:g} s")


if __name__ == "__main__":
    main()
