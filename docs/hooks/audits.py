"""The audit of the published claims that ship with llmcost, made anew with each build."""

from __future__ import annotations

import contextlib
import html
import io
import re
from pathlib import Path

from llmcost.cli.running import run

CLAIMS = Path(__file__).parents[2] / "examples" / "claims"
PLACE = "<!-- made: the audit -->"
AS_OF = "2026-11-22"


def with_audit(text: str) -> str:
    """The page with `llmcost audit examples/claims -f markdown` in its place, a heading a source."""
    out = io.StringIO()
    with (
        contextlib.chdir(CLAIMS.parents[1]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        code = run(["audit", "examples/claims", "-f", "markdown", "--as-of", AS_OF])
    if code:
        raise RuntimeError(f"llmcost audit left with {code}")
    headed = re.sub(
        r"^\*\*(.+) \(examples/claims/(.+)\)\*\*$", r"## \1\n\nFrom `examples/claims/\2`.", out.getvalue(), flags=re.M
    )
    # Three characters that CommonMark lets one escape and this site's reader does not.
    plain = re.sub(r"\\([&<~])", lambda found: html.escape(found[1]), headed)
    return text.replace(PLACE, plain)
