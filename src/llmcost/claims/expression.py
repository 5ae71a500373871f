"""Arithmetic over named quantities, checked before it is worked out: no `eval`, no attribute, no loop.

An expression knows numbers (`1.5M`, `60%`, `$2.86`), names, `+ - * / **`, parentheses and the functions
of FUNCTIONS. It works on numbers and on arrays of draws alike, and shows each step that it takes.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from llmcost.arithmetic import Number, ceil, floor, is_array, maximum, minimum
from llmcost.errors import did_you_mean
from llmcost.quantity import QuantityError, number

LONGEST = 1000
DEEPEST = 200
FUNCTIONS: dict[str, Callable[..., Number]] = {
    "min": lambda first, *rest: _folded(minimum, first, rest),
    "max": lambda first, *rest: _folded(maximum, first, rest),
    "sqrt": lambda x: x**0.5,
    "ceil": ceil,
    "floor": floor,
    "round": lambda x: floor(x + 0.5),
    "abs": lambda x: maximum(x, -x),
}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.Div: "÷", ast.Pow: "^"}
_BINDS: dict[type[ast.operator], int] = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2, ast.Pow: 4}
_WRITTEN = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "^": "\uffff"})
_LITERAL = re.compile(
    r"(?<![\w.])\$?(?P<digits>\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)(?P<suffix>[kKmMbBtT]n?\b)?(?P<percent>\s?%(?!\s*[\w(]))?"
)
_INSTEAD = "write a sum of named quantities, such as requests * (share_before - share_after) * usd_per_review"


class Step(NamedTuple):
    """One operation: how it is written, with the names, and what it gives."""

    written: str
    value: Number


class Expression:
    """A parsed expression. Raises QuantityError for whatever is not plain arithmetic."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > LONGEST:
            raise QuantityError(f"the expression is longer than {LONGEST} characters", "name parts of it in claims")
        plain = _LITERAL.sub(_plain_number, text.translate(_WRITTEN)).replace("\uffff", "**")
        try:
            self.tree = ast.parse(plain.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise QuantityError(f"cannot read the expression {_quoted(text)}", _INSTEAD) from None
        self._check(self.tree, 0)
        called = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        named = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in called]
        self.names = tuple(dict.fromkeys(n.id for n in sorted(named, key=lambda n: n.col_offset)))

    def _check(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise QuantityError(f"the expression {_quoted(self.text)} is nested too deep", "name parts of it in claims")
        for below in _operands(node, self.text):
            self._check(below, depth + 1)

    def value(self, values: Mapping[str, Number]) -> Number:
        """The result. Raises QuantityError for an unknown name and for a division by zero."""
        return self._worked_out(self.tree, values, None)

    def steps(self, values: Mapping[str, Number]) -> list[Step]:
        """Every operation in the order in which it is taken; the last gives the result."""
        found: list[Step] = []
        self._worked_out(self.tree, values, found)
        return found

    def _worked_out(self, node: ast.expr, values: Mapping[str, Number], steps: list[Step] | None) -> Number:
        if isinstance(node, ast.Constant):
            return float(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            if node.id not in values:
                near = did_you_mean(node.id, values) or f"add {node.id} to given, or use one of: {', '.join(values)}"
                raise QuantityError(f"the expression names {node.id!r}, which is not given", near)
            return values[node.id]
        parts = [self._worked_out(part, values, steps) for part in _operands(node, self.text)]
        with _quiet(parts):
            value = self._applied(node, parts)
        if not _finite(value):
            raise QuantityError(
                f"{_quoted(_written(node))} is no finite number here", "check the quantities and the powers"
            )
        if steps is not None and not isinstance(node, ast.UnaryOp):
            steps.append(Step(_written(node), value))
        return value

    def _applied(self, node: ast.expr, parts: list[Number]) -> Number:
        try:
            if isinstance(node, ast.UnaryOp):
                return -parts[0] if isinstance(node.op, ast.USub) else parts[0]
            if isinstance(node, ast.Call):
                return FUNCTIONS[node.func.id](*parts)  # type: ignore[attr-defined]
            assert isinstance(node, ast.BinOp)  # noqa: S101 - all else was refused when it was read
            left, right = parts
            if isinstance(node.op, ast.Add):
                return left + right
            if isinstance(node.op, ast.Sub):
                return left - right
            if isinstance(node.op, ast.Mult):
                return left * right
            if isinstance(node.op, ast.Pow):
                return left**right  # type: ignore[no-any-return]
            if is_array(right) and float(right.min()) <= 0 <= float(right.max()):  # type: ignore[attr-defined]
                raise ZeroDivisionError
            return left / right
        except ZeroDivisionError:
            raise QuantityError(
                f"{_quoted(_written(node))} divides by zero{_within_range(parts)}", "give a quantity that is not zero"
            ) from None
        except OverflowError:
            return math.inf


def _operands(node: ast.expr, text: str) -> Iterator[ast.expr]:
    """What a node is worked out from; raises for anything that is not plain arithmetic."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return
        case ast.Name():
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            yield left
            yield right
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            single = name not in ("min", "max")
            if (single and len(args) != 1) or not args or any(isinstance(a, ast.Starred) for a in args):
                raise QuantityError(f"{name} takes {'one number' if single else 'numbers'}", f"write {name}(a)")
            yield from args
        case ast.Call(func=ast.Name(id=name)):
            near = did_you_mean(name, FUNCTIONS) or f"functions: {', '.join(FUNCTIONS)}"
            raise QuantityError(f"the expression calls {name!r}, which is not known", near)
        case ast.BinOp(op=ast.Mod()):
            raise QuantityError("% between two quantities is no arithmetic here", "write 60% for a share, or divide")
        case _:
            raise QuantityError(f"cannot read the expression {_quoted(text)}", _INSTEAD)


def _plain_number(found: re.Match[str]) -> str:
    digits, suffix = found["digits"], found["suffix"] or ""
    value = number(digits + suffix)
    return repr(value / 100 if found["percent"] else value)


def _written(node: ast.expr, outer: int = 0) -> str:
    """The expression as a person writes it, with × and ÷."""
    if isinstance(node, ast.Constant):
        return f"{float(node.value):,.10g}"  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.UnaryOp):
        text = ("−" if isinstance(node.op, ast.USub) else "") + _written(node.operand, 3)
        return f"({text})" if outer > 3 else text
    if isinstance(node, ast.Call):
        return f"{node.func.id}({', '.join(_written(a) for a in node.args)})"  # type: ignore[attr-defined]
    assert isinstance(node, ast.BinOp)  # noqa: S101 - nothing else is let in
    binds = _BINDS[type(node.op)]
    power = isinstance(node.op, ast.Pow)  # binds to the right, all else to the left
    right = binds + isinstance(node.op, ast.Sub | ast.Div)
    text = f"{_written(node.left, binds + power)} {_SIGNS[type(node.op)]} {_written(node.right, right)}"
    return f"({text})" if binds < outer else text


def _within_range(parts: list[Number]) -> str:
    return " within the range" if any(is_array(part) for part in parts) else ""


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _folded(pick: Callable[[Number, Number], Number], first: Number, rest: tuple[Number, ...]) -> Number:
    for other in rest:
        first = pick(first, other)
    return first


def _finite(value: Any) -> bool:
    if is_array(value):
        import numpy as np

        return bool(np.isfinite(value).all())
    return not isinstance(value, complex) and math.isfinite(value)  # a root of what is negative is complex


class _quiet:  # noqa: N801 - used as a statement
    """numpy's warnings of a division by zero kept still: the result is looked at instead."""

    def __init__(self, parts: list[Number]) -> None:
        self._state: Any = None
        if any(is_array(part) for part in parts):
            import numpy as np

            self._state = np.errstate(all="ignore")

    def __enter__(self) -> None:
        if self._state is not None:
            self._state.__enter__()

    def __exit__(self, *problem: Any) -> None:
        if self._state is not None:
            self._state.__exit__(*problem)
