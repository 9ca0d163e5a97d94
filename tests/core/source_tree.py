"""The library's own source, read and never run: who imports whom, what is said where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUGIN, PROVIDERS = ROOT / "plugin", ROOT / "providers"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours by its dotted name."""
    found = {}
    for root in (PLUGIN, PROVIDERS):
        for file in sorted(root.rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = ast.parse(file.read_text())
    return found


def files() -> Iterator[Path]:
    for root in (PLUGIN, PROVIDERS):
        yield from sorted(root.rglob("*.py"))


def imports(tree: ast.AST) -> set[str]:
    """What is imported when the code runs, as dotted names; what only types need is left out."""
    found: set[str] = set()
    for node in _running(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def at_module_level(tree: ast.Module) -> set[str]:
    """The packages that importing this module imports."""
    bare = ast.Module([node for node in tree.body if not isinstance(node, _DEFINITIONS)], [])
    return {name.partition(".")[0] for name in imports(bare)}


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from _running(node)


def words(tree: ast.Module) -> Iterator[str]:
    """Every name and every text that is no docstring."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (*_DEFINITIONS, ast.alias)):
            yield node.name


def function_lengths() -> list[tuple[int, str]]:
    """The lines of every function, without its docstring, longest last."""
    found = []
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = len((ast.get_docstring(node, clean=False) or "").splitlines())
                lines = (node.end_lineno or 0) - node.lineno + 1 - documented
                found.append((lines, f"{name}.{node.name}"))
    return sorted(found)
