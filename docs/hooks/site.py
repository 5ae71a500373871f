"""What MkDocs asks of this site while it builds: the pages that are made from the program itself.

They are made at each build and never committed, so that there is no copy to go stale: the help of
each command, the keys of each file it reads, and the fields of each JSON document it prints.
"""

from __future__ import annotations

from typing import Any

import audits
import commands
import schemas
from mkdocs.structure.files import File, Files

PAGES = {**commands.pages(), **schemas.pages()}


def on_config(config: Any) -> Any:
    """The made pages in the navigation, behind the written ones of their section."""
    sections = {title: entries for section in config["nav"] for title, entries in section.items()}
    sections["Commands"] += [uri for uri in PAGES if uri.startswith("commands/") and uri not in sections["Commands"]]
    reference = [uri for uri in PAGES if uri.startswith("reference/")]
    sections["Reference"] += [uri for uri in reference if not uri.endswith(schemas.RESULT_ENDING)]
    sections["Reference"].append({"JSON": [uri for uri in reference if uri.endswith(schemas.RESULT_ENDING)]})
    return config


def on_files(files: Files, config: Any) -> Files:
    """The made pages as files of the site."""
    for uri, text in PAGES.items():
        files.append(File.generated(config, uri, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """The audit in its place."""
    return audits.with_audit(markdown) if audits.PLACE in markdown else markdown
