"""The audit's verdicts, as cases with figures worked out by hand; and each claim's falsified twin."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from command_line import TODAY
from worked import Case, cases, holds, name_of

from llmcost import audit, claims_from, load_catalog
from llmcost.catalog.files import Document, Place
from llmcost.render.json import plain

AUDITED = cases("audit")


def audited(given: dict[str, Any]) -> Any:
    """The audit of a whole file, or of one claim, as the plain data that JSON carries."""
    one = {"source": {"title": "a post"}, "claims": [{"id": "one", "says": "a sentence", **given.get("claim", {})}]}
    file = claims_from(Document(given.get("file", one), "claims.yaml", Place(1, 1, {})))
    result: Any = plain(audit([file], load_catalog(), date.fromisoformat(TODAY)))
    if "claim" in given:
        return result["claims"][0]
    return {**result, "claims": [{"name": claim["id"], **claim} for claim in result["claims"]]}


@pytest.mark.parametrize("case", AUDITED, ids=name_of)
def test_the_verdict(case: Case) -> None:
    """Each claim gets the verdict that its own arithmetic gives it."""
    holds(audited(case.given), case.expect)


def test_every_verdict_is_among_the_cases() -> None:
    """No verdict goes without a case."""
    text = str([case.expect for case in AUDITED])
    for verdict in ("holds", "off", "contradicts", "impossible", "not checkable"):
        assert f"'verdict': '{verdict}'" in text


def test_the_band_of_a_modelled_rate_reaches_over_the_ranges_of_a_request() -> None:
    """From the low end of what large requests get to the high end of what small ones do, nothing of the middle."""
    machine = {"kind": "self_hosted", "model": "llama-3.1-8b", "precision": "fp8", "gpu": {"name": "H100-SXM"}}
    sizes = {"any": ("500..2000", "200..800"), "small": ("500", "200"), "large": ("2000", "800")}
    claims = [
        {
            **{"id": name, "says": "s", "calculation": "host", "figure": "requests_per_second", "published": "30"},
            "given": {
                "workload": {"requests_per_month": "1M", "input_tokens": read, "output_tokens": written},
                "architectures": {"own": machine},
            },
        }
        for name, (read, written) in sizes.items()
    ]
    found = audited({"file": {"source": {"title": "t"}, "claims": claims}})["claims"]
    bounds = {claim["id"]: claim["recomputed_bounds"] for claim in found}
    assert bounds["any"] == pytest.approx([bounds["large"][0], bounds["small"][1]])
