"""Completion on the command line: `llmcost completion SHELL` prints what a shell reads once, and that asks back here.

Asking back imports neither Typer nor the catalog: what can be typed stands in `completions.txt`, which
`python -m llmcost.cli.completion_table` writes and a test holds against the commands and the catalog.
A line is a key, a tab, and words: commands, `COMMAND` (its flags), `values FLAG`, models, gpus, presets.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

TABLE = "completions.txt"
MARK = "__complete"
_NAMED = {  # flags whose value is a name of a kind
    "--model": "models",
    "--priced-as": "models",
    "--serving": "models",
    "--gpu": "gpus",
    "--preset": "presets",
    "--architecture": "architectures",
    "--baseline": "architectures",
    "--challenger": "architectures",
    "--against": "architectures",
    "--fallback": "architectures",
}
_MOST_LINES = 5000  # of a scenario that is looked through for names

_SCRIPTS = {
    "bash": """\
_llmcost() {
  local IFS=$'\\n'
  COMPREPLY=($(llmcost __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o filenames -F _llmcost llmcost
""",
    "zsh": """\
#compdef llmcost
_llmcost() {
  local -a found
  found=("${(@f)$(llmcost __complete "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _llmcost llmcost
""",
    "fish": """\
function __llmcost_complete
    set -l typed (commandline -opc) (commandline -ct)
    llmcost __complete $typed[2..-1] 2>/dev/null
end
complete -c llmcost -a '(__llmcost_complete)'
""",
    "powershell": """\
Register-ArgumentCompleter -Native -CommandName llmcost -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $typed += '""' }
    llmcost __complete @typed 2>$null | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
""",
}
SHELLS = tuple(_SCRIPTS)


def script(shell: str) -> str | None:
    """What a shell reads to complete `llmcost`; None for one that is not known."""
    return _SCRIPTS.get(shell)


def candidates(words: list[str]) -> list[str]:
    """What the last word may become, given those before it (`llmcost` itself left out)."""
    *before, last = words or [""]
    last = "" if last == '""' else last
    table = _table()
    if not before:
        return _beginning(last, table["commands"])
    command = before[0]
    if command == "help":
        return _beginning(last, [*table["commands"], *table["topics"]])
    if command == "prices" and len(before) == 1 and not last.startswith("-"):
        return _beginning(last, table["prices-commands"])
    flag, equals, value = last.partition("=")
    if equals and flag.startswith("--"):
        return [f"{flag}={name}" for name in _beginning(value, _values(flag, before, table))]
    if before[-1].startswith("-"):
        named = _values(before[-1], before, table)
        if named:
            return _beginning(last, named)
    if last.startswith("-"):
        return _beginning(last, table.get(f"flags {command}", ()))
    if command == "prices" and len(before) == 2 and before[1] == "show":
        return _beginning(last, [*table["models"], *table["gpus"]])
    if command == "schema":
        return _beginning(last, [*table["commands"], "scenario", "claims"])
    if command == "completion":
        return _beginning(last, SHELLS)
    return []  # the shell offers files


def _values(flag: str, before: list[str], table: dict[str, list[str]]) -> list[str]:
    kind = _NAMED.get(flag)
    if kind == "architectures":
        return [*_architectures(before), *(table["models"] if flag in ("--baseline", "--fallback") else ())]
    return table.get(kind or f"values {flag}", [])


def _architectures(words: Iterable[str]) -> list[str]:
    """The names under `architectures:` in the first scenario file that is named, read as text."""
    for word in words:
        if word.endswith((".yaml", ".yml")) and os.path.isfile(word):
            with open(word, encoding="utf-8", errors="replace") as file:
                return _names_in(line for line, _ in zip(file, range(_MOST_LINES), strict=False))
    return []


def _names_in(lines: Iterable[str]) -> list[str]:
    names: list[str] = []
    inside, indent = False, ""
    for line in lines:
        text = line.rstrip("\n")
        stripped = text.strip()
        if not stripped or stripped.startswith("#"):
            continue
        own = text[: len(text) - len(text.lstrip())]
        if not own:
            inside, indent = stripped.startswith("architectures:"), ""
            continue
        indent = indent or own
        if inside and own == indent:
            name = stripped.partition(":")[0].strip("\"'")
            if name.isprintable():
                names.append(name)
    return names


def _beginning(with_: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(with_)]


def _table() -> dict[str, list[str]]:
    with open(os.path.join(os.path.dirname(__file__), TABLE), encoding="utf-8") as file:
        return {key: words.split() for key, _, words in (line.partition("\t") for line in file)}


def offer(words: list[str]) -> int:
    """Print the candidates, one a line."""
    sys.stdout.write("".join(f"{word}\n" for word in candidates(words)))
    return 0
