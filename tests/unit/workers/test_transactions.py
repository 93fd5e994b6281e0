"""A service opens the transaction, or is given the session of one: no function does either, as it is called."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PRODUCT = [
    "accounts",
    "campaigns",
    "console",
    "crm",
    "hotline",
    "ivr",
    "qa",
    "recordings",
    "reports",
    "routing",
    "voice",
    "workers",
]


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_no_function_takes_a_session_or_opens_one_as_it_is_called() -> None:
    optional, opening = [], []
    for where, function in functions():
        arguments = [*function.args.args, *function.args.kwonlyargs]
        types = {one.arg: ast.unparse(one.annotation) if one.annotation else "" for one in arguments}
        optional += [where for kind in types.values() if "Session | None" in kind]
        opens = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
        if types.get("session") == "Session" and opens & {"context.database.write", "context.database.read"}:
            opening.append(where)
    assert optional == []
    assert opening == []
