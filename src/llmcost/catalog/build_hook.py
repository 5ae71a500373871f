"""The build step that puts the compiled catalog into the wheel as `llmcost/pricing/catalog.jsonl`.

hatchling loads this file by its path, in an environment that holds only hatchling and PyYAML.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledCatalogHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles `pricing/` for a wheel; a source distribution carries the YAML alone."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before the wheel is put together."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, os.path.join(self.root, "src"))
        from llmcost.catalog.compiled import COMPILED, packed
        from llmcost.catalog.compiler import compile_pricing

        os.makedirs(self.directory, exist_ok=True)
        self._written = os.path.join(self.directory, COMPILED)
        with open(self._written, "w", encoding="utf-8", newline="\n") as file:
            file.write(packed(compile_pricing(os.path.join(self.root, "pricing"))))
        build_data["force_include"][self._written] = f"llmcost/pricing/{COMPILED}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called after the wheel is written."""
        written = getattr(self, "_written", None)
        if written and os.path.exists(written):
            os.remove(written)
