"""A service opens the transaction, or is given the session of one: no function does either, as it is called."""

import ast
from collections.abc import Iterator

from tests.support.product import PACKAGES, trees


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path, module in trees(*(name for name in PACKAGES if name not in {"cli", "exchange"})):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef):
                yield f"{path}:{node.lineno}", node


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
