"""Two scenarios with figures that are worked out by hand, and what `llmcost diff` says of them."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from llmcost.cli.running import run

# A month of 1,000,000 requests, 1,000 tokens in and 200 out, over ten months:
#   strong  1000 × 5 + 200 × 25      = 10,000 a month, 100,000 in all
#   cheap   1000 × 0.5 + 200 × 2.5   =  1,000 a month,  10,000 in all; keeps .80 / .95 = 84.2 % and so fails 90 %
#   own     ceil(1,000,000 / 600,000) = 2 GPUs × $2 × 730 h = 2,920 a month and 20,000 once: 49,200 in all;
#           paid back when 20,000 + 2,920 m <= 10,000 m, in month 3 (2.82)
BASE: dict[str, Any] = {
    "name": "Two sides",
    "start": "2026-12",
    "horizon_months": 10,
    "workload": {"requests_per_month": "1M", "input_tokens": 1000, "output_tokens": 200},
    "baseline": "strong",
    "prices": {
        "large": {"input_per_mtok": 5, "output_per_mtok": 25},
        "small": {"input_per_mtok": 0.5, "output_per_mtok": 2.5},
    },
    "quality": {"strong": 0.95, "cheap": 0.80, "own": 0.90},
    "requirements": {"min_quality_kept": 0.90},
    "architectures": {
        "strong": {"kind": "api", "model": "large"},
        "cheap": {"kind": "api", "model": "small"},
        "own": {
            "kind": "self_hosted",
            "build": {"set-up": 20_000},
            "gpu": {"usd_per_gpu_hour": 2},
            "throughput": {"requests_per_month": "600k"},
        },
    },
}


class Told(NamedTuple):
    """What a run left behind, asked in this process."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        """The `result` of its JSON."""
        assert self.code in (0, 3), self.err
        return json.loads(self.out)["result"]

    def change(self, path: str) -> Any:
        """The one change of a path."""
        found = [each for each in self.result["changes"] if each["path"] == path]
        assert len(found) == 1, (path, [each["path"] for each in self.result["changes"]])
        return found[0]

    @property
    def paths(self) -> list[str]:
        """The paths of the causes, as they are listed."""
        return [each["path"] for each in self.result["changes"] if each["about"] in ("input", "price")]


def with_changes(changes: dict[str, Any], base: dict[str, Any] = BASE) -> dict[str, Any]:
    """The base with dotted paths set; a path to None is taken out."""
    found = copy.deepcopy(base)
    for path, value in changes.items():
        *parts, last = path.split(".")
        here = found
        for part in parts:
            here = here.setdefault(part, {})
        if value is None:
            del here[last]
        else:
            here[last] = value
    return found


def ask(*arguments: str) -> Told:
    """`llmcost ARGUMENTS…` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(arguments))
    return Told(code, out.getvalue(), err.getvalue())


def written(folder: Path, name: str, content: Any) -> str:
    """A file with this content, YAML by way of JSON."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return str(path)


def differ(folder: Path, changes: dict[str, Any], *flags: str, base: dict[str, Any] = BASE, form: str = "json") -> Told:
    """`llmcost diff` of the base and of it with the changes."""
    old = written(folder, "old.yaml", base)
    new = written(folder, "new.yaml", with_changes(changes, base))
    return ask("diff", old, new, "-f", form, "--as-of", "2026-11-22", *flags)


def saved(folder: Path, name: str, scenario: dict[str, Any], command: str = "compare", *flags: str) -> str:
    """The path of a saved result of the command on a scenario."""
    path = folder / name
    source = written(folder, f"{name}.yaml", scenario)
    done = ask(command, source, "-f", "json", "-o", str(path), "--force", "--as-of", "2026-11-22", *flags)
    assert done.code in (0, 3), done.err
    return str(path)
