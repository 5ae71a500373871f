"""The files that a command writes, which are never ones that it reads: --force is about older results."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from llmcost.errors import InputError

_WRITTEN = {"output_file": "-o", "save_workload": "--save-workload", "save": "--save"}
_ADDED_TO = {("save", "answers")}  # what is saved holds the answers that were read


def refuse_over_typed(values: Mapping[str, Any]) -> None:
    """Refuse to write over any file that the command line names beside it, before anything is read. Raises InputError."""
    outputs = {name: values[name] for name in _WRITTEN if values.get(name) is not None}
    for name, value in values.items() if outputs else ():
        if name in outputs:
            _refuse_one_for_two(name, outputs)
            continue
        free = {output: path for output, path in outputs.items() if (output, name) not in _ADDED_TO}
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                keep_apart(each, free)


def _refuse_one_for_two(name: str, outputs: Mapping[str, Any]) -> None:
    for other, path in outputs.items():
        if other != name and os.path.realpath(path) == os.path.realpath(outputs[name]):
            what = f"{_WRITTEN[name]} and {_WRITTEN[other]} name one file"
            raise InputError(what, where=_WRITTEN[name], hint="name another file")


def keep_apart(path: str, values: Mapping[str, Any]) -> None:
    """Refuse to write over a file that is read, which --force does not mean. Raises InputError."""
    for name, flag in _WRITTEN.items():
        out = values.get(name)
        if out is not None and _same(path, out):
            raise InputError(
                f"{path} is read here, and {flag} would write over it", where=flag, hint="name another file"
            )


def _same(path: str, out: str) -> bool:
    """Whether both name one file, by whatever names or links."""
    try:
        return os.path.samefile(path, out)
    except (OSError, ValueError):  # one of them is no file, or not yet
        return False
