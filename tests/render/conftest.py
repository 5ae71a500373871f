"""The report on every example, made once."""

from __future__ import annotations

import pytest
from command_line import Call, run_all
from sample import as_text, sample, uncertain_sample

pytest.register_assert_rewrite("report_pages")  # which checks what several tests ask about

from report_pages import DAY, EXAMPLES  # noqa: E402 - only now are its asserts explained


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """The report on every example, on the sample and on the sample with ranges."""
    calls = {path.stem: Call(("report", str(path), "-f", "html", *DAY)) for path in EXAMPLES}
    calls["sample"] = Call(("report", "-", "-f", "html", *DAY), as_text(sample()))
    calls["uncertain"] = Call(("report", "-", "-f", "html", *DAY), as_text(uncertain_sample()))
    runs = run_all(calls)
    assert all(done.code in (0, 3) for done in runs.values()), {
        name: r.err for name, r in runs.items() if r.code not in (0, 3)
    }
    return {name: done.out for name, done in runs.items()}
