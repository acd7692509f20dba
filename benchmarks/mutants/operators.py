"""The mutants of a source file: a swapped comparison, a lost argument, a removed statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SWAPS: dict[type[ast.AST], Any] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_LOGGERS = ("logger", "log", "_log", "logging")
_NEVER_RUN = ("annotation", "returns", "decorator_list", "bases", "ops", "op", "ctx")
"""Fields without a mutant: annotations, decorators, and operators, which their own node swaps."""

Key = tuple[str, str]
Replaced = ast.expr | ast.stmt | ast.keyword


@dataclass(frozen=True)
class Mutant:
    file: str
    function: str
    """Qualified name; empty at the level of the module."""
    line: int
    scope: range
    """Lines of the function; empty for what runs at import."""
    before: str
    """The changed lines, without indentation."""
    after: str
    source: str
    """The whole file with the change."""

    @property
    def compiles(self) -> bool:
        try:
            compile(self.source, self.file, "exec")
        except SyntaxError:
            return False
        return True

    @property
    def key(self) -> Key:
        """Identifies it although line numbers shift."""
        return f"{self.file} {self.function}", f"{self.before} → {self.after}"


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """Every mutant of one file, in the order of the source. A few do not compile."""
    source = (root / file).read_text(encoding="utf-8")
    lines = source.encode().split(b"\n")  # ast counts columns in bytes
    found: dict[Key, Mutant] = {}
    for function, scope, node, text in _changes(ast.parse(source), "", range(0)):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        changed = lines[first][: node.col_offset] + text.encode() + lines[last][node.end_col_offset :]
        whole = b"\n".join([*lines[:first], changed, *lines[last + 1 :]]).decode()
        before = b" ".join(line.strip() for line in lines[first : last + 1]).decode()
        mutant = Mutant(file, function, node.lineno, scope, before, changed.decode().strip(), whole)
        found.setdefault(mutant.key, mutant)
    return list(found.values())


def _changes(node: ast.AST, function: str, scope: range) -> Iterator[tuple[str, range, Replaced, str]]:
    """Function, its lines, the node to replace and the new text; for the node and all below it."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        function = f"{function}.{node.name}".lstrip(".")
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        scope = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    for replaced, text in _replacements(node):
        yield function, scope, replaced, text
    for name, value in ast.iter_fields(node):
        is_name_of_call = name == "func" and isinstance(value, ast.Name)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in _NEVER_RUN and not (is_name_of_call or _has_no_effect(child)):
                yield from _changes(child, function, scope)


def _has_no_effect(node: ast.AST) -> bool:
    """Whether a program does the same without it: docstrings, protocols, assertions, log lines.

    Formatted strings are among them: Python 3.11 does not know the columns inside."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.ClassDef(bases=bases):
            return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in bases)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "logger")]):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in (*_LOGGERS, "assert_never")
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)))):
            return name in _LOGGERS
        case _:
            return False


def _replacements(node: ast.AST) -> Iterator[tuple[Replaced, str]]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=right):
            for place, op in enumerate(ops):
                yield node, ast.unparse(ast.Compare(left, [*ops[:place], _SWAPS[type(op)](), *ops[place + 1 :]], right))
        case ast.BoolOp(op=op, values=values):
            yield node, ast.unparse(ast.BoolOp(_SWAPS[type(op)](), values))
            for rest in ([*values[:place], *values[place + 1 :]] for place in range(len(values))):
                yield node, ast.unparse(rest[0] if len(rest) == 1 else ast.BoolOp(op, rest))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node, ast.unparse(node.operand)
        case ast.BinOp(op=op) if type(op) in _SWAPS:
            yield node, ast.unparse(ast.BinOp(node.left, _SWAPS[type(op)](), node.right))
        case ast.AugAssign(op=op):
            yield node, "pass"
            if type(op) in _SWAPS:
                yield node, ast.unparse(ast.AugAssign(node.target, _SWAPS[type(op)](), node.value))
        case ast.Constant():
            yield from ((node, repr(value)) for value in _other_values(node.value))
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Constant):
            yield from ((test, text) for text in ("True", "False"))
        case ast.comprehension(ifs=conditions):
            yield from ((condition, "True") for condition in conditions)
        case ast.match_case(guard=ast.expr() as guard):
            yield from ((guard, text) for text in ("True", "False"))
        case ast.Call(func=function, keywords=keywords):
            if isinstance(function, ast.Name) and function.id in _CALLS:
                yield function, _CALLS[function.id]
            yield from ((keyword, "**{}") for keyword in keywords)  # so it is as if it were not there
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield value, "None"
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            yield node, "pass"
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"


def _other_values(value: object) -> list[object]:
    """Another value of the same type. Prose stays: tests should not repeat whole sentences."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case float():
            return [value * 2 if value else 1.0]
        case str() if " " not in value:
            return [value + "X"]
        case bytes() if b" " not in value:
            return [value + b"X"]
        case _:
            return []
