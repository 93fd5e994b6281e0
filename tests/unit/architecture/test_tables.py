"""Whose a table is: services ask for rows of another package's tables by queries, which may join."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.product import trees
from tests.unit.architecture.test_walls import DOMAINS, Kind, kind_of

# The package that keeps the tables of a module in `hotline/models/`. What is not here is the ground floor's: calls and
# agents, to which every package refers, jobs, the audit log, keys.
OWNERS = {
    "accounts": "accounts",
    "sign_ins": "accounts",
    "callbacks": "routing",
    "offers": "routing",
    "queue_entries": "routing",
    "transfers": "routing",
    "campaigns": "campaigns",
    "visits": "campaigns",
    "cases": "crm",
    "patients": "crm",
    "recordings": "recordings",
    "auto_scores": "qa",
    "reviews": "qa",
}
# What a statement or a session reads and changes stands in the arguments of these.
STATEMENTS = {"select", "update", "delete", "insert", "join", "outerjoin", "get", "get_one", "query"}


def owners() -> dict[str, str]:
    """Return the owner of each table by the name of its class."""
    return {
        node.name: OWNERS[module]
        for path, tree in trees("hotline")
        if path.startswith("hotline/models/") and (module := path[len("hotline/models/") : -len(".py")]) in OWNERS
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def tables(tree: ast.Module) -> Iterator[str]:
    """Walk the names in the arguments of statements."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in STATEMENTS:
            yield from (part.id for each in call.args for part in ast.walk(each) if isinstance(part, ast.Name))


def test_services_ask_for_tables_of_others_by_queries() -> None:
    owner = owners()
    asked = {
        f"{path} asks for {name}"
        for path, tree in trees(*DOMAINS, "workers", "cli", "console", "voice")
        if kind_of(path.removesuffix(".py").replace("/", ".")) is not Kind.QUERIES
        for name in tables(tree)
        if name in owner and owner[name] != path.partition("/")[0]
    }
    assert asked == set()


def test_every_module_of_owned_tables_is_there() -> None:
    assert {path[len("hotline/models/") : -len(".py")] for path, _ in trees("hotline")} >= set(OWNERS)


@pytest.mark.parametrize("text", ["select(Case.id)", "session.get(Case, one)", "select(Call).join(Case, on)"])
def test_a_statement_on_a_table_would_be_told(text: str) -> None:
    assert "Case" in set(tables(ast.parse(text)))
