"""What functions are given: the parts of the context that they use, and names for what belongs together."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator

from tests.support.product import PACKAGES, trees

PARTS = {"database", "notifier", "objects", "keyring", "settings"}
# How many functions take the whole context, by folder: those that start a process, make an app or do a job, and those
# that need three parts of it. It is given whole nowhere else, and each number only shrinks.
WHOLE = {
    "campaigns": 31,
    "cli": 11,
    "console": 3,
    "crm": 1,
    "ivr": 6,
    "qa": 7,
    "recordings": 14,
    "routing": 10,
    "voice": 1,
    "workers": 10,
}
# Parameters and fields that collect tuples of different things: pairs of key and value, mostly. It only shrinks, too.
COLLECTIONS = 30
# The acts of the demo are called alike, whatever each of them needs.
ALIKE = ("cli/demo/",)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def parameters(function: Function) -> Iterator[tuple[str, ast.expr]]:
    taken = function.args
    for one in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs):
        if one.annotation is not None:
            yield one.arg, one.annotation


def context_of(function: Function) -> str | None:
    """Find the parameter that is the whole context."""
    return next((name for name, kind in parameters(function) if ast.unparse(kind) == "AppContext"), None)


def is_job(function: Function) -> bool:
    return any(ast.unparse(each).startswith("job(") for each in function.decorator_list)


def parts_used(function: Function, name: str) -> set[str] | None:
    """Find which parts of the context a function uses; `None` when it hands the whole context on."""
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    parts = [node for node in ast.walk(function) if isinstance(node, ast.Attribute) and node.value in uses]
    named = {part.attr for part in parts}
    return named if len(parts) == len(uses) and named <= PARTS else None


def takes_too_much(tree: ast.AST) -> list[str]:
    """Find functions that take the whole context and use two parts of it at most."""
    found = []
    for function in functions(tree):
        name = context_of(function)
        used = None if name is None or is_job(function) else parts_used(function, name)
        if used is not None and len(used) <= 2:
            found.append(function.name)
    return found


def opens_beside_its_session(tree: ast.AST) -> list[str]:
    """Find functions that work in the transaction of their caller and could open another."""
    found = []
    for function in functions(tree):
        kinds = {ast.unparse(kind) for _, kind in parameters(function)}
        name = context_of(function)
        reaches = name is not None and f"{name}.database" in ast.unparse(function)
        if "Session" in kinds and ("Database" in kinds or reaches):
            found.append(function.name)
    return found


def is_anonymous(annotation: ast.expr) -> bool:
    """Tell whether it is, or may be, a tuple of so many different things, which have no names."""
    if isinstance(annotation, ast.BinOp):
        return is_anonymous(annotation.left) or is_anonymous(annotation.right)
    if not isinstance(annotation, ast.Subscript) or ast.unparse(annotation.value) != "tuple":
        return False
    things = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
    return len({ast.unparse(thing) for thing in things} - {"..."}) > 1


def holds_anonymous(annotation: ast.expr) -> bool:
    """Tell whether it is a collection of such tuples, or such a tuple itself."""
    return any(is_anonymous(part) for part in ast.walk(annotation) if isinstance(part, ast.expr))


def anonymous(tree: ast.AST, is_meant: Callable[[ast.expr], bool] = is_anonymous) -> list[str]:
    """Find parameters of functions and fields of classes that are tuples without names."""
    found = [f"{each.name}({name})" for each in functions(tree) for name, kind in parameters(each) if is_meant(kind)]
    for kept in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        fields = [line for line in kept.body if isinstance(line, ast.AnnAssign) and is_meant(line.annotation)]
        found += [f"{kept.name}.{ast.unparse(field.target)}" for field in fields]
    return found


def test_the_whole_context_is_taken_by_no_more_functions_than_before() -> None:
    taken = Counter(
        path.split("/")[0] for path, tree in trees(*PACKAGES) for each in functions(tree) if context_of(each)
    )
    assert taken == WHOLE, "fewer: lower the number; more: give them the parts that they use"


def test_who_uses_two_parts_of_the_context_takes_these() -> None:
    found = {path: takes_too_much(tree) for path, tree in trees(*PACKAGES) if not path.startswith(ALIKE)}
    assert {path: names for path, names in found.items() if names} == {}


def test_who_is_given_a_session_opens_no_transaction() -> None:
    found = {path: opens_beside_its_session(tree) for path, tree in trees(*PACKAGES)}
    assert {path: names for path, names in found.items() if names} == {}


def test_what_is_given_together_has_a_name() -> None:
    found = {path: anonymous(tree) for path, tree in trees(*PACKAGES)}
    assert {path: names for path, names in found.items() if names} == {}


def test_collections_of_what_has_no_name_become_fewer() -> None:
    found = [name for _, tree in trees(*PACKAGES) for name in anonymous(tree, holds_anonymous)]
    assert len(found) == COLLECTIONS, "fewer: lower the number; more: give what is collected a name"


def test_such_functions_would_be_found() -> None:
    tree = ast.parse(
        "def one(context: AppContext): context.database\n"
        "def whole(context: AppContext): one(context)\n"
        "@job('work', queue='now')\ndef work(context: AppContext): context.database\n"
        "def held(both: tuple[Agent, Offer] | None, pair: tuple[int, int], many: tuple[str, ...]): ...\n"
        "class Line:\n    end: tuple[str, float]\n"
    )
    assert takes_too_much(tree) == ["one"]
    both = ast.parse("def act(session: Session, context: AppContext): context.database.write()\n")
    assert opens_beside_its_session(both) == ["act"]
    assert anonymous(tree) == ["held(both)", "Line.end"]
    collected = ast.parse("def told(parts: list[tuple[str, float]], pairs: list[tuple[int, int]]): ...\n")
    assert anonymous(collected) == []
    assert anonymous(collected, holds_anonymous) == ["told(parts)"]
