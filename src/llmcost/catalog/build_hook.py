"""The build step that puts the compiled catalog into the wheel as `llmcost/pricing/catalog.json`.

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
        from llmcost.catalog.compiled import as_json
        from llmcost.catalog.compiler import compile_pricing

        os.makedirs(self.directory, exist_ok=True)
        self._written = os.path.join(self.directory, "catalog.json")
        with open(self._written, "w", encoding="utf-8") as file:
            file.write(as_json(compile_pricing(os.path.join(self.root, "pricing"))))
        build_data["force_include"][self._written] = "llmcost/pricing/catalog.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called after the wheel is written."""
        written = getattr(self, "_written", None)
        if written and os.path.exists(written):
            os.remove(written)
