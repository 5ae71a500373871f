"""Arithmetic over named quantities, checked before it is worked out: no `eval`, no attribute, no loop.

An expression knows numbers (`1.5M`, `60%`, `$2.86`), names, `+ - * / **`, parentheses and the functions
of FUNCTIONS. It works on numbers and on arrays of draws alike, and shows each step that it takes.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from llmcost.arithmetic import Number, ceil, floor, is_array, maximum, minimum
from llmcost.errors import did_you_mean
from llmcost.quantity import QuantityError, number

LONGEST = 1000  # characters
DEEPEST_NESTING = 200  # operations within operations
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
_APPLIED: dict[str, Callable[..., Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "negative": operator.neg,
    **FUNCTIONS,
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_SHOWN = {"+": "+", "-": "−", "*": "×", "/": "÷", "**": "^"}
_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 3, "**": 4}
_WRITTEN = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "^": "\uffff"})
_LITERAL = re.compile(
    r"(?<![\w.])\$?(?P<digits>\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)(?P<suffix>[kKmMbBtT]n?\b)?(?P<percent>\s?%(?!\s*[\w(]))?"
)
_INSTEAD = "write a sum of named quantities, such as requests * (share_before - share_after) * usd_per_review"


class NoValue(QuantityError):
    """Arithmetic that is well written and has no result: a division by zero, a root of what is negative."""


class Step(NamedTuple):
    """One operation: how it is written, with the names, and what it gives."""

    written: str
    value: Number


class Operation(NamedTuple):
    """An operator or a function, and what it is applied to."""

    name: str
    parts: tuple["Node", ...]


Node: TypeAlias = float | str | Operation  # a number, a name, an operation


class Expression:
    """A parsed expression. Raises QuantityError for whatever is not plain arithmetic."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise QuantityError(f"the expression is longer than {LONGEST} characters", "name parts of it in claims")
        plain = _LITERAL.sub(_plain_number, text.translate(_WRITTEN)).replace("\uffff", "**")
        try:
            tree = ast.parse(plain.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise QuantityError(f"cannot read the expression {_quoted(text)}", _INSTEAD) from None
        self.text = text
        self.tree = _read(tree, text, 0)
        self.names = tuple(dict.fromkeys(_names(self.tree)))

    def check_names(self, given: Mapping[str, object]) -> None:
        """Raise QuantityError for a name that is not given."""
        for name in self.names:
            if name not in given:
                near = did_you_mean(name, given) or f"give {name} a value, or use one of: {', '.join(given)}"
                raise QuantityError(f"the expression names {name!r}, which is not given", near)

    def value(self, values: Mapping[str, Number]) -> Number:
        """The result. Raises NoValue where numbers have none; in an array such a place is not finite."""
        self.check_names(values)
        return _worked_out(self.tree, values, None)

    def steps(self, values: Mapping[str, Number]) -> list[Step]:
        """Every operation in the order in which it is taken; the last gives the result."""
        found: list[Step] = []
        _worked_out(self.tree, values, found)
        return found

    def divisors(self) -> list[Node]:
        """What it divides by, and what it raises to a power that may be negative, where names stand in it."""
        return [node for node in _divisors(self.tree) if any(_names(node))]


def node_value(node: Node, values: Mapping[str, Number]) -> Number:
    """The value of a part of an expression."""
    return _worked_out(node, values, None)


def written(node: Node, outer: int = 0) -> str:
    """The expression as a person writes it, with × and ÷."""
    if isinstance(node, float):
        return f"{node:,.10g}"
    if isinstance(node, str):
        return node
    binds = _BINDS.get(node.name)
    if binds is None:
        return f"{node.name}({', '.join(written(part) for part in node.parts)})"
    if node.name == "negative":
        text = "−" + written(node.parts[0], binds)
    else:
        left, right = node.parts
        power = node.name == "**"  # binds to the right, all else to the left
        text = f"{written(left, binds + power)} {_SHOWN[node.name]} {written(right, binds + (node.name in '-/'))}"
    return f"({text})" if binds < outer else text


def _read(node: ast.expr, text: str, depth: int) -> Node:
    """The node as one of ours; raises for anything that is not plain arithmetic."""
    if depth > DEEPEST_NESTING:
        raise QuantityError(f"the expression {_quoted(text)} is nested too deep", "name parts of it in claims")

    def parts(*below: ast.expr) -> tuple[Node, ...]:
        return tuple(_read(each, text, depth + 1) for each in below)

    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id=name):
            if name in FUNCTIONS:
                raise QuantityError(f"{name} is a function here", f"write {name}(a), or give the quantity another name")
            return name
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Operation("negative", parts(operand))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _read(operand, text, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return Operation(_OPERATORS[type(op)], parts(left, right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            single = name not in ("min", "max")
            if (single and len(args) != 1) or not args or any(isinstance(a, ast.Starred) for a in args):
                raise QuantityError(f"{name} takes {'one number' if single else 'numbers'}", f"write {name}(a)")
            return Operation(name, parts(*args))
        case ast.Call(func=ast.Name(id=name)):
            near = did_you_mean(name, FUNCTIONS) or f"functions: {', '.join(FUNCTIONS)}"
            raise QuantityError(f"the expression calls {name!r}, which is not known", near)
        case ast.BinOp(op=ast.Mod()):
            raise QuantityError("% between two quantities is no arithmetic here", "write 60% for a share, or divide")
    raise QuantityError(f"cannot read the expression {_quoted(text)}", _INSTEAD)


def _worked_out(node: Node, values: Mapping[str, Number], steps: list[Step] | None) -> Number:
    if isinstance(node, float):
        return node
    if isinstance(node, str):
        return values[node]
    parts = [_worked_out(part, values, steps) for part in node.parts]
    value = _applied(node, parts)
    if steps is not None and node.name != "negative":
        steps.append(Step(written(node), value))
    return value


def _applied(node: Operation, parts: list[Number]) -> Number:
    try:
        value = _APPLIED[node.name](*parts)
    except ZeroDivisionError:
        raise NoValue(f"{_quoted(written(node))} divides by zero", "give a quantity that is not zero") from None
    except OverflowError:
        value = math.inf
    if not is_array(value) and (isinstance(value, complex) or not math.isfinite(value)):  # a root of what is negative
        raise NoValue(f"{_quoted(written(node))} is no finite number here", "check the quantities and the powers")
    return value


def _names(node: Node) -> Iterator[str]:
    """The names in the order in which they are used."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Operation):
        for part in node.parts:
            yield from _names(part)


def _divisors(node: Node) -> Iterator[Node]:
    if not isinstance(node, Operation):
        return
    for part in node.parts:
        yield from _divisors(part)
    if node.name == "/" or (node.name == "**" and not (isinstance(node.parts[1], float) and node.parts[1] >= 0)):
        yield node.parts[node.name == "/"]


def _plain_number(found: re.Match[str]) -> str:
    digits, suffix = found["digits"], found["suffix"] or ""
    value = number(digits + suffix)
    return repr(value / 100 if found["percent"] else value)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _folded(pick: Callable[[Number, Number], Number], first: Number, rest: tuple[Number, ...]) -> Number:
    for other in rest:
        first = pick(first, other)
    return first
