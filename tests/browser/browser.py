"""Runs look.mjs: a page in headless Chromium, with the network off."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
NAMES = ("chromium", "chromium-browser", "google-chrome")


class Seen(NamedTuple):
    """What each step saw, and what the page did unasked."""

    steps: list[Any]
    messages: list[str]
    requests: list[str]
    dialogs: list[str]


def missing() -> str:
    """What keeps these tests from running, in words; empty where nothing does."""
    if not any(map(shutil.which, NAMES)):
        return "Chromium is missing: apt-get install chromium"
    if shutil.which("node") is None:
        return "Node is missing, which drives Chromium: apt-get install nodejs npm"
    if not (PACKAGES / "playwright-core").is_dir() or not (PACKAGES / "axe-core").is_dir():
        return "playwright-core and axe-core are missing: npm ci --prefix tests/browser"
    return ""


needs_browser = pytest.mark.skipif(bool(missing()), reason=missing() or "all is there")


def look(page: Path, steps: list[dict[str, Any]], profile: Path) -> Seen:
    """Open a file and take the steps; `profile` is where the browser may keep what it needs."""
    plan = {
        "browser": next(filter(None, map(shutil.which, NAMES))),
        "page": page.resolve().as_uri(),
        "axe": str(PACKAGES / "axe-core" / "axe.min.js"),
        "steps": steps,
    }
    done = subprocess.run(
        ["node", str(HERE / "look.mjs")],
        input=json.dumps(plan).encode(),
        capture_output=True,
        cwd=HERE,
        env={**os.environ, "HOME": str(profile)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    saw = json.loads(done.stdout)
    return Seen(saw["seen"], saw["messages"], saw["requests"], saw["dialogs"])
