"""`python -m tests.fuzz --inputs 100000 --seed 7`: each kind of failure once, with an input that shows it."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.search import Wrong, search


def kind_of(wrong: Wrong) -> str:
    """The failure without its figures: what tells two kinds apart."""
    return re.sub(r"[\d.]+|'[^']*'|\"[^\"]*\"|\[[^\]]*\]", "…", wrong.what)[:120]


def main() -> int:
    """1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Runs inputs that nobody wrote.")
    parser.add_argument("--inputs", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--seed", type=int, default=1, help="which (1)")
    given = parser.parse_args()
    kinds: dict[str, int] = {}
    begun = time.monotonic()
    done = 0
    for done, found in search(given.inputs, given.seed):
        for wrong in found:
            kind = kind_of(wrong)
            kinds[kind] = kinds.get(kind, 0) + 1
            if kinds[kind] == 1:
                print(json.dumps({"wrong": wrong.what, **wrong.input._asdict()}, ensure_ascii=True), flush=True)
        sys.stderr.write(f"\r{done:,} inputs, {len(kinds)} kinds of failure, {time.monotonic() - begun:,.0f} s ")
    sys.stderr.write("\n")
    for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1]):
        print(f"{count:6} × {kind}")
    print(f"{done:,} inputs of seed {given.seed}: {sum(kinds.values()):,} failures of {len(kinds)} kinds")
    return 1 if kinds else 0


if __name__ == "__main__":
    raise SystemExit(main())
