"""Nothing is decided by a sentence: no code compares with, searches for or cuts up a text that people read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import product
from tests.support.product import PACKAGES, ROOT, files, trees

# Methods of texts that find or cut, and functions of `re`.
WORDS = re.compile(r"[A-Za-z]{2,}:? [A-Za-z]{2,}|[a-z]{2,}: ")
METHODS = frozenset(
    {"startswith", "endswith", "partition", "rpartition", "removeprefix", "removesuffix", "find", "index", "count"}
)
PATTERNS = frozenset({"compile", "match", "fullmatch", "search", "split", "findall", "finditer", "sub"})
# Modules that read what others wrote, or what somebody said, with the reason; nothing of ours is compared there.
READERS = {
    "cli/commands/staffing.py": "the heading of a column of its own table",
    "cli/demo/follow_up/__init__.py": "the heading of a column of its own table",
    "crm/feeds/csv_file.py": "what the standard library's reader says, which has no codes",
    "recordings/redaction/mask.py": "what was said",
    "recordings/speech/engines/hallucinations.py": "what was said",
}


def is_sentence(node: ast.expr) -> bool:
    """Whether this is a text with two words or more."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORDS.search(node.value))


def sentences(tree: ast.Module) -> frozenset[str]:
    """The names of the module's constants that are sentences."""
    return frozenset(
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and is_sentence(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def compared(node: ast.AST) -> Iterator[ast.expr]:
    """What this node compares with, searches for, or matches."""
    match node:
        case ast.Compare(left=left, comparators=others):
            yield from (part for one in (left, *others) for part in parts(one))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=[pattern, *_]) if name in PATTERNS:
            yield pattern
        case ast.Call(func=ast.Attribute(attr=name), args=args) if name in METHODS:
            yield from (part for one in args for part in parts(one))
        case ast.MatchValue(value=value):
            yield value


def parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]


def found(path: Path) -> list[str]:
    """Each place of a module that compares with a sentence, or with a constant that is one."""
    tree = product.tree(path)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    names = sentences(tree) | {
        alias.asname or alias.name
        for node in imports
        for alias in node.names
        if alias.name in KNOWN.get(node.module or "", ())
    }
    modules = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return [
        f"{path.relative_to(ROOT)}:{one.lineno}: {ast.unparse(one)}"
        for node in ast.walk(tree)
        for one in compared(node)
        if is_sentence(one)
        or (isinstance(one, ast.Name) and one.id in names)
        or (isinstance(one, ast.Attribute) and one.attr in KNOWN.get(modules.get(ast.unparse(one.value), ""), ()))
    ]


# The constants that are sentences, by module.
KNOWN = {path.removesuffix(".py").replace("/", "."): sentences(module) for path, module in trees(*PACKAGES)}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_code_compares_with_a_sentence(package: str) -> None:
    paths = [path for path in files(package) if str(path.relative_to(ROOT)) not in READERS]
    assert [place for path in paths for place in found(path)] == []


def test_every_reader_that_is_let_off_needs_it() -> None:
    assert [name for name in READERS if not found(ROOT / name)] == []


@pytest.mark.parametrize(
    "text",
    [
        'reason == "did not pick up"',
        '"line lost" in reasons',
        'reason.startswith("overflow: ")',
        'reason.partition("owner of ")',
        're.compile(r"rung first: (.+)")',
        'reason in ("line lost", "left")',
    ],
)
def test_the_scan_sees_each_way_of_comparing(text: str) -> None:
    tree = ast.parse(text)
    assert [one for node in ast.walk(tree) for one in compared(node) if is_sentence(one)]
