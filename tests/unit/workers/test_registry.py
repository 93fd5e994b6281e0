"""Every function that is decorated as a job is found by a worker, and nothing is asked for that no function does."""

import ast
from collections.abc import Iterator

import pytest

from hotline.outbox.job_kinds import QUEUES, job
from tests.support.product import PACKAGES, trees
from workers.registry import JOB_KINDS, MODULES
from workers.worker import names_in_order

# The packages whose work workers do; commands and the exchange have none.
WORKS = tuple(name for name in PACKAGES if name not in {"cli", "exchange"})
ASKS = {"add", "add_many", "renew"}


def test_every_decorated_function_is_in_a_module_that_the_registry_imports() -> None:
    decorated = {
        path.removesuffix(".py").replace("/", ".")
        for path, tree in trees(*WORKS)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Call) and getattr(one.func, "id", "") == "job" for one in node.decorator_list)
    }
    assert decorated == {module.__name__ for module in MODULES}
    assert decorated == {kind.function.__module__ for kind in JOB_KINDS.values()}


def test_nothing_is_asked_for_that_no_function_does() -> None:
    asked = {kind for _path, tree in trees(*WORKS) for kind in kinds_asked_for(tree)}
    assert asked == set(JOB_KINDS)


def kinds_asked_for(tree: ast.Module) -> Iterator[str]:
    """The kinds in calls such as `jobs.add(session, notifier, "purge", …)`, constants of the module resolved."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in ASKS:
            continue
        if getattr(node.func.value, "id", "") == "jobs":
            kind = node.args[2]
            yield str(kind.value if isinstance(kind, ast.Constant) else constants[kind.id])  # type: ignore[attr-defined]


def test_the_function_is_given_the_provider_only_where_it_asks_for_it() -> None:
    assert JOB_KINDS["fetch_recording"].takes_provider
    assert not JOB_KINDS["transcribe"].takes_provider


def test_a_kind_is_declared_once_and_for_a_queue_that_there_is() -> None:
    with pytest.raises(ValueError, match="transcribe is transcribe already"):
        job("transcribe", queue="speech")(lambda *_: None)
    with pytest.raises(ValueError, match="no queue 'later'"):
        job("new", queue="later")


def test_workers_listen_to_the_more_urgent_first() -> None:
    tiers = names_in_order()
    assert {name for tier in tiers for name in tier} == {f"{kind}{end}" for kind in JOB_KINDS for end in ("", "-first")}
    assert tiers[-2:] == (("check_call-first", "transcribe-first"), ("check_call", "transcribe"))
    assert names_in_order(["speech"]) == tiers[-2:]
    assert list(QUEUES) == ["dial", "now", "speech"]
