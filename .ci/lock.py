"""Prints a lock file of all that building and testing takes, each with the hash of its file.

python .ci/lock.py > .ci/requirements.lock     (the hashes are of the files for this Python and platform)
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Ask pip what it would install into an empty environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    own = f"{project['project']['name']}["
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"], "build", "editables"]
    wanted += [each for name in ("dev", "prices", "docs", "warehouse") for each in extras[name]]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    told = subprocess.run(  # noqa: S603
        [*command, *(each for each in wanted if not each.startswith(own))], check=True, capture_output=True, text=True
    )
    report = json.loads(told.stdout)
    about = report["environment"]
    lines = [f"# For Python {about['python_version']} on {about['sys_platform']} {about['platform_machine']}; .ci/lock.py writes it."]
    for each in report["install"]:
        name, version = each["metadata"]["name"].lower().replace("_", "-"), each["metadata"]["version"]
        digest = each["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name}=={version} --hash=sha256:{digest}")
    print("\n".join([lines[0], *sorted(lines[1:])]))


if __name__ == "__main__":
    main()
