"""How long outcomes take to read and to resample, as ratios to what else would do it.

    python tests/benchmarks/outcomes.py [QUERIES] [MODELS]

Writes a long CSV of binary scores, reads it with llmcost and with polars and duckdb (where they are
installed; both also bring it into models × queries), and runs 1,000 rounds of the bootstrap with
llmcost and with plain numpy, which draws every round's queries and takes their means. 1,000,000 × 11
takes about a minute, and peaks under 2 GB.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from llmcost import load_catalog
from llmcost.architectures.own_prices import OwnPrice
from llmcost.architectures.prices import Prices
from llmcost.quality.bootstrap import replicates
from llmcost.quality.frontier import frontier
from llmcost.quality.outcomes import Outcomes, read_outcomes
from llmcost.quality.spending import spending

ROUNDS = 1000
STEP = 20_000


def write(path: Path, queries: int, models: int) -> None:
    """A long file: query_id, model, score, input_tokens, output_tokens."""
    generator = np.random.default_rng(1)
    right = np.linspace(0.4, 0.9, models)
    with path.open("w", encoding="utf-8") as file:
        file.write("query_id,model,score,input_tokens,output_tokens\n")
        for begin in range(0, queries, STEP):
            count = min(STEP, queries - begin)
            scores = (generator.random((count, models)) < right).astype(int).tolist()
            inputs = generator.integers(50, 900, (count, models)).tolist()
            outputs = generator.integers(5, 400, (count, models)).tolist()
            file.writelines(
                f"q{begin + q:07d},m{m},{scores[q][m]},{inputs[q][m]},{outputs[q][m]}\n"
                for q in range(count)
                for m in range(models)
            )


def with_polars(path: Path) -> Any:
    import polars as pl  # type: ignore[import-not-found, unused-ignore]

    table = pl.read_csv(path)
    fields = ["score", "input_tokens", "output_tokens"]
    return table.pivot(on="model", index="query_id", values=fields).sort("query_id").drop("query_id").to_numpy()


def with_duckdb(path: Path) -> Any:
    import duckdb  # type: ignore[import-not-found, unused-ignore]

    fields = ", ".join(f"first({each}) AS {each}" for each in ("score", "input_tokens", "output_tokens"))
    query = f"PIVOT (SELECT * FROM read_csv('{path}')) ON model USING {fields} GROUP BY query_id ORDER BY query_id"
    return duckdb.sql(query).fetchnumpy()


def plain_numpy(scores: Any, rounds: int) -> Any:
    """Draw the queries of every round and take the means of what was drawn."""
    generator = np.random.default_rng(0)
    size = scores.shape[1]
    return np.array([scores[:, generator.integers(0, size, size)].mean(axis=1) for _ in range(rounds)])


def timed(name: str, work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    took = time.perf_counter() - began
    print(f"{name:<44} {took:8.2f} s")
    return took, found


def main(queries: int, models: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcomes.csv"
        write(path, queries, models)
        print(f"{queries:,} queries × {models} models, {path.stat().st_size / 1e6:,.0f} MB")
        own, outcomes = timed("llmcost: read and joined", lambda: read_outcomes(str(path)))
        resampled(outcomes)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
        for name, other in (("polars", with_polars), ("duckdb", with_duckdb)):
            try:
                took, _ = timed(f"{name}: read and joined", lambda other=other: other(path))
            except ImportError:
                print(f"{name:<44} is not installed")
            else:
                print(f"    llmcost ÷ {name}: {own / took:.2f}")


def resampled(outcomes: Outcomes) -> None:
    """The bootstrap of the mean scores, and of everything that `frontier` prints."""
    scores = outcomes.scores
    columns = np.ascontiguousarray(scores.T)
    own, rounds = timed(
        "llmcost: 1,000 rounds of the mean scores", lambda: replicates(scores.shape[1], columns.__getitem__, ROUNDS)
    )
    few = max(ROUNDS // 50, 1)  # plain numpy takes minutes: a fiftieth of the rounds, times fifty
    took, plain = timed(f"numpy: {few} rounds of the mean scores", lambda: plain_numpy(scores, few))
    print(f"    llmcost ÷ numpy, at {ROUNDS:,} rounds: {own / (took * ROUNDS / few):.3f}")
    spread = rounds.std(axis=0) / (scores.std(axis=1) / np.sqrt(scores.shape[1]))
    print(f"    standard errors ÷ the formula's: {spread.min():.3f} to {spread.max():.3f}")
    assert plain.shape[1] == rounds.shape[1]
    prices = Prices(
        load_catalog(),
        {m: OwnPrice(input_per_mtok=i + 1, output_per_mtok=i + 2) for i, m in enumerate(outcomes.models)},
    )
    spent = spending(outcomes, prices, date(2026, 11, 22), {})
    timed("llmcost: the whole frontier, 1,000 rounds", lambda: frontier(outcomes, spent, min_quality_kept=0.95))


if __name__ == "__main__":
    given = [int(each.replace(",", "")) for each in sys.argv[1:]]
    main(*(given + [1_000_000, 11][len(given) :]))
