"""The shipped claims: each gets the verdict and the figure worked out by hand, and another verdict once falsified."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from command_line import TODAY, run
from worked import CASES, arithmetic

from llmcost import load_catalog
from llmcost.catalog.files import read_yaml
from llmcost.claims.auditing import audit
from llmcost.claims.claim import Claim
from llmcost.claims.claims_file import ClaimsFile, claims_from
from llmcost.claims.published import Published
from llmcost.render.json import plain

FILES = sorted((Path(__file__).parents[2] / "examples" / "claims").glob("*.yaml"))
SEEDS = ["000", "001", "002", "003", "004"]
BEYOND = 3  # tolerances


class Expected(NamedTuple):
    """What a claim of a file has to come to."""

    file: Path
    id: str
    verdict: str
    recomputed: Any
    reading: str
    would_hold_if: list[Any]


def _expected() -> list[Expected]:
    found = []
    for file in FILES:
        written = yaml.load((CASES / "claims" / file.name).read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
        for name, case in written.items():
            unknown = set(case) - {"verdict", "recomputed", "reading", "would_hold_if"}
            assert not unknown, f"{file.name}: {name} expects {unknown}"
            rest = (case.get("reading", ""), case.get("would_hold_if", []))
            found.append(Expected(file, name, case["verdict"], case["recomputed"], *rest))
    return found


EXPECTED = _expected()
CHECKABLE = [case for case in EXPECTED if case.verdict != "not checkable"]
HOLDING = [case for case in EXPECTED if case.verdict == "holds"]
FAILING = [case for case in CHECKABLE if case.verdict != "holds"]


def _name(case: Expected) -> str:
    return f"{case.file.name.partition('-')[0]}-{case.id}"


def _audited(file: ClaimsFile, *only: str) -> dict[str, dict[str, Any]]:
    """The checked claims by id, as the JSON has them."""
    result = plain(audit([file], load_catalog(), date.fromisoformat(TODAY), only=only))
    return {claim["id"]: claim for claim in result["claims"]}


@cache
def _read(path: Path) -> Any:
    return read_yaml(str(path))


@cache
def _checked(path: Path) -> dict[str, dict[str, Any]]:
    return _audited(claims_from(_read(path)))


def _claim(case: Expected) -> Claim:
    return next(one for one in claims_from(_read(case.file)).claims.claims if one.id == case.id)


def _kind(case: Expected) -> str:
    published = _claim(case).published
    assert published is not None
    return published.kind


def _changed(case: Expected, **fields: Any) -> dict[str, Any]:
    """The claim's result once some of its fields are others; the rest of the file stays as it is."""
    claims = claims_from(_read(case.file)).claims
    mine = [one.model_copy(update=fields) if one.id == case.id else one for one in claims.claims]
    return _audited(ClaimsFile(claims.model_copy(update={"claims": mine}), _read(case.file)), case.id)[case.id]


def _ends(found: dict[str, Any]) -> tuple[float, float] | None:
    """The two ends of a recomputed figure; None where it is not known or never."""
    if found["recomputed"] is None and not found.get("recomputed_bounds"):
        return None
    low, high = found.get("recomputed_bounds") or (found["recomputed"], found["recomputed"])
    return low, high


def _written(kind: str, low: float, high: float, unit: str) -> Published:
    """A published statement in the words of a source."""
    put = {"USD": "${:.12f}", "share": "{:.12%}", "times": "{:.12f}x"}.get(unit, "{:.12f}").format
    words = {"figure": put(low), "range": f"{put(low)}..{put(high)}"}
    return Published.parse(words.get(kind) or f"{kind.replace('_', ' ')} {put(low)}")


def _comes_to(found: dict[str, Any], expected: Any, at: str) -> None:
    """Assert a figure, or both ends of a range, against what was worked out by hand."""
    ends = _ends(found)
    if expected in ("null", "", None):
        assert ends is None, f"{at} is {ends}, not unknown"
        return
    if isinstance(
        expected, dict
    ):  # the capacity model's own figure, whose constants are fitted: no sum by hand gives it
        low, high = (arithmetic(text) for text in expected["between"])
        assert ends is not None and low < ends[0] <= ends[1] < high, f"{at} is {ends}, not within {low} to {high}"
        return
    wanted = [arithmetic(text) for text in (expected if isinstance(expected, list) else [expected])]
    assert ends is not None, f"{at} is unknown, not {expected}"
    got = list(ends) if len(wanted) == 2 else [found["recomputed"]]
    assert got == pytest.approx(wanted, rel=2e-9), f"{at} is {got}, not {wanted} = {expected}"


# ---- the files as a whole --------------------------------------------------------------------------


def test_every_seed_is_claimed_and_at_least_sixty_claims_are_shipped() -> None:
    assert [path.name.partition("-")[0] for path in FILES] == [*SEEDS, "routing"]
    assert len(EXPECTED) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_claimed_that_was_not_worked_out(path: Path) -> None:
    assert sorted(_checked(path)) == sorted(case.id for case in EXPECTED if case.file == path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_claim_says_where_it_stands(path: Path) -> None:
    assert [claim["id"] for claim in _checked(path).values() if not claim["at"]] == []


def test_the_command_line_counts_the_verdicts() -> None:
    found = run("audit", str(FILES[0].parent), "-f", "json")
    assert found.code == 0, found.err
    counts = {verdict: count for verdict, count in found.result["counts"].items() if count}
    assert counts == Counter(case.verdict for case in EXPECTED)


# ---- every claim -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", EXPECTED, ids=_name)
def test_a_claim_gets_its_verdict_and_its_figure(case: Expected) -> None:
    found = _checked(case.file)[case.id]
    assert found["verdict"] == case.verdict, found["explanation"]
    _comes_to(found, case.recomputed, case.id)
    assert case.reading in found["reading"], found["reading"]
    assert bool(case.reading) == bool(found["reading"]), found["reading"]


@pytest.mark.parametrize("case", EXPECTED, ids=_name)
def test_what_would_rescue_a_claim_does(case: Expected) -> None:
    rescues = _checked(case.file)[case.id]["would_hold_if"]
    assert len(rescues) == len(case.would_hold_if)
    for rescue, expected in zip(rescues, case.would_hold_if, strict=True):
        assert rescue["holds"], rescue["sentence"]
        _comes_to(rescue, expected, f"{case.id}, if {rescue['reading']}")


@pytest.mark.parametrize("case", FAILING, ids=_name)
def test_a_claim_that_does_not_hold_says_why(case: Expected) -> None:
    """What the arithmetic gives, and a sentence of the auditor's or a reading that would rescue it."""
    claim = _claim(case)
    assert claim.note or claim.would_hold_if
    assert _checked(case.file)[case.id]["explanation"].startswith(("The arithmetic gives", "Physics allows"))


# ---- from the other side ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", HOLDING, ids=_name)
def test_a_claim_that_holds_does_not_once_it_is_falsified(case: Expected) -> None:
    """The published figure is moved three tolerances beyond all that any reading of the claim comes to."""
    found = _checked(case.file)[case.id]
    as_written = _changed(case, readings=[])
    all_ends = [ends for each in (found, as_written, *found["readings"]) if (ends := _ends(each)) is not None]
    below = min(low for low, _ in all_ends) * (1 - BEYOND * found["tolerance"])
    above = max(high for _, high in all_ends) * (1 + BEYOND * found["tolerance"])
    for low, high in _beyond(found, below, above):
        falsified = _changed(case, published=_written(found["kind"], low, high, found["unit"]))
        assert falsified["verdict"] not in ("holds", "not checkable"), falsified["explanation"]


def _beyond(found: dict[str, Any], below: float, above: float) -> list[tuple[float, float]]:
    """Both ends of a false statement, on either side where it has two: a range of its kind misses at one end."""
    if found["kind"] == "at_least":
        return [(above, above)]
    if found["kind"] == "at_most":
        return [(below, below)]
    if found["kind"] == "figure":
        return [(below, below), (above, above)]
    if found.get("recomputed_bounds") is None:  # one figure within what is published
        return [(below / 2, below), (above, above * 2)]
    low, high = found["published"]
    return [(below, high), (low, above)]


@pytest.mark.parametrize("case", FAILING, ids=_name)
def test_a_claim_that_does_not_hold_does_once_it_is_put_right(case: Expected) -> None:
    """The published figure is replaced by the one worked out by hand."""
    found = _checked(case.file)[case.id]
    if case.recomputed == "null":
        right = Published.parse("never")
    elif isinstance(case.recomputed, dict):
        ends = _ends(found)
        assert ends is not None
        right = _written("range", *ends, found["unit"])
    else:
        texts = case.recomputed if isinstance(case.recomputed, list) else [case.recomputed] * 2
        low, high = (arithmetic(text) for text in texts)
        right = _written("figure" if low == high else "range", low, high, found["unit"])
    assert _changed(case, published=right, readings=[])["verdict"] == "holds"


@pytest.mark.parametrize("case", [case for case in HOLDING if _kind(case) in ("figure", "range")], ids=_name)
def test_a_claim_that_holds_does_still_within_half_its_tolerance(case: Expected) -> None:
    """The published figure is replaced by the one worked out by hand, half a tolerance off."""
    found = _checked(case.file)[case.id]
    texts = case.recomputed if isinstance(case.recomputed, list) else [case.recomputed] * 2
    low, high = (arithmetic(text) * (1 + found["tolerance"] / 2) for text in texts)
    near = _written("figure" if low == high else "range", low, high, found["unit"])
    assert _changed(case, published=near)["verdict"] == "holds"


def test_a_rate_is_off_up_to_the_physical_bound_and_impossible_beyond() -> None:
    """An H100-PCIe reads 7.24 GB of weights once a step, and 65,536 bytes a token of each of 797 requests.

    Of 7,241,732,096 parameters 131,072,000 are looked up and as many are the output layer, which stays at
    two bytes: 7,241,732,096 bytes are read, and 7,503,876,096 are kept in 80 GiB.
    """
    case = next(case for case in EXPECTED if case.id == "h100-rate")
    seconds = arithmetic("500 * (7241732096 * 65536 * 1500 / (80 * 2 ** 30 - 7503876096) + 65536 * 1250) / 2e12")
    for factor, verdict in ((0.99, "off"), (1.03, "impossible")):
        rate = factor / seconds
        assert _changed(case, published=_written("figure", rate, rate, ""))["verdict"] == verdict
