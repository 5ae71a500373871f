"""Asking one question at a time on the terminal: prompts on stderr, answers from stdin.

`y`, `n`, a number such as `10k`, `u` for unknown, `?` for help, `back` for the question before.
"""

import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmcost.errors import InputError
from llmcost.quantity import QuantityError, number, shown

if TYPE_CHECKING:
    from llmcost.decision.conditions import Answer
    from llmcost.decision.framework import Question

YES = ("y", "yes", "true")
NO = ("n", "no", "false")
UNKNOWN = ("u", "unknown")


def parsed(question: "Question", text: str | bool) -> "Answer":
    """An answer from what was typed. Raises QuantityError with what may be typed."""
    if isinstance(text, bool):
        text = "yes" if text else "no"
    typed = text.strip().lower()
    if typed in UNKNOWN:
        return None
    if question.answer == "yes_no":
        if typed in YES:
            return True
        if typed in NO:
            return False
        raise QuantityError(f"{shown(text)} is neither yes nor no", "type y, n, or u for unknown")
    if question.no_means and typed in NO:
        return False
    try:
        return number(text)
    except QuantityError as error:
        unit = f" of {question.unit}" if question.unit else ""
        raise QuantityError(error.what, f"type a number{unit} such as 10k, 1.5B or 30%, or u for unknown") from None


def ask(missing: "Mapping[str, Question]") -> "dict[str, Answer]":
    """Ask every question in turn. Raises KeyboardInterrupt on Ctrl-C and InputError at the end of input."""
    names = list(missing)
    answers: dict[str, Answer] = {}
    position = 0
    while position < len(names):
        name = names[position]
        question = missing[name]
        _say(f"\n[{position + 1}/{len(names)}] {question.asks}")
        while True:
            hint = "y/n" if question.answer == "yes_no" else question.unit or "a number"
            sys.stderr.write(f"({hint}, u unknown, ? help, back) > ")
            sys.stderr.flush()
            line = sys.stdin.readline()
            if not line:
                sys.stderr.write("\n")  # the prompt's line ends here
                flag = "--" + name.replace("_", "-")
                raise InputError("the input ended before this question", where=flag, hint=f"answer it with {flag}")
            typed = line.strip()
            if typed in ("?", "help"):
                _say(f"Why: {question.why}")
                _say(f"How to find out: {question.find_out}")
                continue
            if typed.lower() in ("back", "b"):
                if position == 0:
                    _say("This is the first question.")
                    continue
                position -= 1
                answers.pop(names[position], None)
                break
            try:
                answers[name] = parsed(question, typed)
            except QuantityError as error:
                _say(f"{error.what}: {error.hint}" if typed else error.hint)
                continue
            position += 1
            break
    return answers


def _say(text: str) -> None:
    width = max(shutil.get_terminal_size((80, 24)).columns - 1, 20)
    before, newline, rest = ("\n", "", text[1:]) if text.startswith("\n") else ("", "", text)
    sys.stderr.write(before + newline + textwrap.fill(rest, width) + "\n")
