"""What is installed with llmcost: the licences that docs/supply.md lists, and a lock file with every hash."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
OWN = "llmcost-cli"
LICENCES = {
    "MIT": r"MIT\b",
    "ISC": r"ISC\b",
    "PSF-2.0": r"PSF-2\.0",
    "BSD-2-Clause": r"BSD-2-Clause",
    "BSD-3-Clause": r"BSD-3-Clause",
}


def same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(name: str, found: set[str]) -> set[str]:
    """A package and all that it needs, without extras."""
    if same(name) not in found:
        found.add(same(name))
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                installed(needed.name, found)
    return found


def licence_of(name: str) -> str:
    about = metadata.metadata(name)
    classifiers = [each for each in about.get_all("Classifier") or [] if each.startswith("License")]
    return " ".join([about.get("License-Expression") or "", (about.get("License") or "")[:200], *classifiers])


def listed() -> dict[str, str]:
    text = (ROOT / "docs" / "supply.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| ([a-z-]+) \| ([A-Z][\w.-]+) \|$", text, re.MULTILINE))


def test_every_package_that_is_installed_is_listed() -> None:
    assert set(listed()) == installed(OWN, set()) - {OWN}


def test_every_licence_is_the_one_that_the_package_states() -> None:
    wrong = {
        name: licence_of(name) for name, said in listed().items() if not re.search(LICENCES[said], licence_of(name))
    }
    assert not wrong


def test_the_lock_file_holds_every_dependency_with_its_hash() -> None:
    lines = (ROOT / ".ci" / "requirements.lock").read_text(encoding="utf-8").splitlines()[1:]
    locked = dict(re.fullmatch(r"([a-z0-9.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line).groups() for line in lines)  # type: ignore[union-attr]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += [each for each in project["project"]["optional-dependencies"]["dev"] if not each.startswith(OWN)]
    for each in map(Requirement, wanted):
        assert each.specifier.contains(locked[same(each.name)]), each
    assert not [line for line in lines if "://" in line]
