"""The packages form layers: nothing imports upwards, nothing in a circle, and heavy libraries stay at their door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import llmcost

ROOT = Path(llmcost.__file__).parent
# Lowest first. A module belongs to the layer of the longest prefix that names it.
LAYERS = (
    ("errors", "arithmetic", "output_file", "wording"),
    ("number", "beta"),
    ("distributions",),
    ("lengths",),
    ("doubt",),
    ("quantity", "samples"),
    ("validation",),
    ("estimate",),
    ("catalog",),
    ("presets", "workload"),
    ("capacity",),
    ("architectures",),
    ("quality",),
    ("requirements",),
    ("scenario",),
    ("economics",),
    ("usage",),
    ("decision", "claims", "difference"),
    ("render",),
    ("cli",),
)
VAGUE = {"utils", "util", "helpers", "helper", "types", "core", "manager", "engine", "common", "misc", "base"}
LONGEST = 400


def module_of(path: Path) -> str:
    """`economics.horizon`, or the empty name for the package itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, *, deferred: bool = True) -> set[str]:
    """Every module that a file imports, within functions too, those for the type checker alone left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if not deferred and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: a relative import"
        waiting += ast.iter_child_nodes(node)
    return found


FILES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}
IMPORTS = {module: imports_of(path) for module, path in FILES.items()}


def own(name: str) -> str | None:
    """The module of ours that an imported name lies in, None for another library's."""
    if name != "llmcost" and not name.startswith("llmcost."):
        return None
    inner = name.removeprefix("llmcost").removeprefix(".")
    while inner and inner not in FILES:
        inner = inner.rpartition(".")[0]
    return inner


def layer(module: str) -> int:
    """How high a module stands."""
    top = module.split(".")[0]
    found = [position for position, names in enumerate(LAYERS) if top in names]
    assert found, f"{module} belongs to no layer: add it to LAYERS"
    return found[0]


def uses(library: str) -> set[str]:
    """The modules that import a library."""
    return {module for module, names in IMPORTS.items() if any(name.split(".")[0] == library for name in names)}


PLACED = [module for module in FILES if module not in ("", "__main__")]


@pytest.mark.parametrize("module", PLACED)
def test_nothing_imports_upwards(module: str) -> None:
    """A module imports from its own layer and from those below."""
    above = {name for name in IMPORTS[module] if (target := own(name)) and layer(target) > layer(module)}
    assert above == set()


def test_nothing_imports_in_a_circle() -> None:
    """No module reaches itself through what is imported as it is loaded."""
    loaded = {module: imports_of(FILES[module], deferred=False) for module in PLACED}
    edges = {m: {t for name in loaded[m] if (t := own(name)) and t != m} for m in PLACED}
    for start in PLACED:
        seen: set[str] = set()
        waiting = list(edges[start])
        while waiting:
            module = waiting.pop()
            assert module != start, f"{start} reaches itself"
            if module not in seen:
                seen.add(module)
                waiting += edges.get(module, ())


def test_the_package_itself_imports_nothing() -> None:
    """`import llmcost` loads nothing of its own until a name is used."""
    assert {name for name in IMPORTS[""] if own(name)} == set()


def test_only_the_reader_of_files_knows_yaml() -> None:
    """YAML is read in one place; the catalog's writer of YAML is the only other."""
    assert "catalog.files" in uses("yaml")
    assert uses("yaml") <= {"catalog.files", "catalog.writer", "catalog.compiler"}


def test_only_the_command_line_knows_typer() -> None:
    """Typer is imported by the command line alone."""
    assert uses("typer")
    assert {module.split(".")[0] for module in uses("typer") | uses("click")} == {"cli"}


def test_only_the_renderers_know_rich() -> None:
    """rich and the chart library are imported by the renderers alone."""
    assert "render.layout" in uses("rich")
    assert {module.split(".")[0] for module in uses("rich") | uses("plotille")} == {"render"}


def test_genai_prices_is_for_the_refresh_alone() -> None:
    """The optional price package is imported in the catalog's own corner, never by a calculation."""
    assert {module.split(".")[0] for module in uses("genai_prices")} <= {"catalog"}


def test_no_module_has_a_vague_name() -> None:
    """A module is called after what it does."""
    assert {part for module in FILES for part in module.split(".")} & VAGUE == set()


@pytest.mark.parametrize("module", FILES)
def test_no_file_is_too_long(module: str) -> None:
    """A file that passes 400 lines is split."""
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST
