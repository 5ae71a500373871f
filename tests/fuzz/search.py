"""Runs so many inputs in this process, and tells what is wrong with any: the search behind test and command."""

from __future__ import annotations

import contextlib
import resource
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from in_process import Done, run

from fuzz.inputs import Input, inputs
from fuzz.oracle import problems

LONGEST_SECONDS = 5.0
LARGEST_BYTES = 1 << 30
AT_ONCE = 500  # inputs of one Hypothesis run; each run has a seed of its own
AGAIN_EVERY, SCHEMA_EVERY = 20, 6
ATTEMPTS = 5  # of as many inputs with other seeds
_CHECKS = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
]


class Wrong(NamedTuple):
    """An input, and what is wrong with its answer."""

    what: str
    input: Input


class _TooLong(BaseException):
    """The alarm: nothing of ours catches it."""


def _alarm(*_: Any) -> None:
    raise _TooLong


def answered(given_: Input, folder: Path) -> tuple[Done, float]:
    """The run of an input in a folder that holds its files, and the seconds of the processor that it took."""
    for old in folder.iterdir():
        old.unlink()
    for name, text in given_.files.items():
        (folder / name).write_text(text, encoding="utf-8", errors="surrogatepass")
    begun = time.process_time()
    before = signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(round(4 * LONGEST_SECONDS))
    try:
        with contextlib.chdir(folder):
            done = run(*given_.arguments, stdin=given_.typed, terminal=given_.terminal)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return done, time.process_time() - begun


def wrong_with(given_: Input, folder: Path, number: int = 0) -> Iterator[str]:
    """What is wrong with the answer to an input; each so many are run twice, or held against the JSON schema."""
    done, seconds = answered(given_, folder)
    yield from problems(done, schema=number % SCHEMA_EVERY == 0)
    if seconds > LONGEST_SECONDS:
        yield f"took {seconds:.1f} s"
    if number % AGAIN_EVERY == 0 and not done.raised:
        again, _ = answered(given_, folder)
        if again[1:] != done[1:]:
            yield "two runs differ"


def search(count: int, first_seed: int) -> Iterator[tuple[int, list[Wrong]]]:
    """Runs `count` inputs; after each so many the number of them so far, and what was wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for begin in range(0, count, AT_ONCE):
            found: list[Wrong] = []
            _some(min(AT_ONCE, count - begin), first_seed * 1_000_003 + begin, folder, found)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            if peak > LARGEST_BYTES:
                found.append(Wrong(f"{peak / 1e6:,.0f} MB of memory", Input((), {})))
            yield min(begin + AT_ONCE, count), found


def _some(count: int, with_seed: int, folder: Path, found: list[Wrong]) -> None:
    number = 0
    for attempt in range(ATTEMPTS):

        @seed(with_seed + attempt * 7_919)
        @settings(
            max_examples=count - number,
            derandomize=False,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=_CHECKS,
        )
        @given(inputs)
        def each(given_: Input) -> None:
            nonlocal number
            number += 1
            found.extend(Wrong(what, given_) for what in wrong_with(given_, folder, number))

        with contextlib.suppress(FlakyStrategyDefinition):  # what Hypothesis gives up on is begun anew
            each()
        if number >= count:
            return
