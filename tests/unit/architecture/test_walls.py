"""A module's name says what it is, and so what it may reach: "A feature folder" in `docs/architecture.md`."""

import ast
from collections.abc import Iterator
from enum import StrEnum

import grimp
import pytest

from tests.support.product import trees

DOMAINS = ("accounts", "campaigns", "crm", "ivr", "qa", "recordings", "reports", "routing", "telephony")
PACKAGES = (*DOMAINS, "hotline", "voice", "console", "workers", "cli")

WEB = ("flask",)
TABLES = ("sqlalchemy", "hotline.models", "hotline.database")
OUTSIDE = (
    *("redis", "rq", "requests", "obstore", "socket", "ssl", "asyncio", "hotline.context"),
    *("hotline.outbox.notifier", "hotline.object_store.store"),
)
VENDOR = ("twilio", "telephony.provider")
PROGRAMS = ("subprocess", "tempfile", "shutil", "vosk", "pyttsx3", "faster_whisper", "ctranslate2")
CLOCK, SETTINGS = "hotline.clock", "hotline.configuration.settings"
ALL_IO = (*WEB, *TABLES, *OUTSIDE, *VENDOR, *PROGRAMS, CLOCK, SETTINGS)


class Kind(StrEnum):
    """What a module is, as the end of its name says."""

    HTTP = "http"
    SERVICE = "service"
    CONTEXT = "context"
    QUERIES = "queries"
    FILE = "file"
    ENGINE = "engine"
    PURE = "pure"


MAY_REACH = {
    Kind.HTTP: ALL_IO,
    Kind.SERVICE: tuple(name for name in ALL_IO if name not in WEB),
    Kind.CONTEXT: tuple(name for name in ALL_IO if name not in WEB),
    Kind.QUERIES: (*TABLES, CLOCK, SETTINGS),
    Kind.FILE: (SETTINGS, "subprocess"),
    Kind.ENGINE: ("requests", *VENDOR, *PROGRAMS, CLOCK, SETTINGS),
    Kind.PURE: (),
}
SPEAK_SQL = {Kind.SERVICE, Kind.QUERIES}
# What reads or writes a file by its path.
ON_DISK = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "stat", "is_file"}


def kind_of(module: str) -> Kind:
    """Return what a module of a domain is."""
    if ".engines" in module or module.startswith("telephony.provider"):
        return Kind.ENGINE
    ending = module.rpartition(".")[2].rpartition("_")[2]
    return Kind(ending) if ending in {*Kind} - {Kind.ENGINE, Kind.PURE} else Kind.PURE


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Return who imports whom when the program runs, libraries included."""
    return grimp.build_graph(
        PACKAGES[0],
        *PACKAGES[1:],
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def reached(graph: grimp.ImportGraph, kind: Kind, modules: Iterator[str]) -> list[str]:
    """Return what modules of this kind reach, themselves or through others, that they may not."""
    forbidden = {
        name: graph.find_downstream_modules(name, as_package=not graph.is_module_squashed(name))
        for name in ALL_IO
        if name in graph.modules and name not in MAY_REACH[kind]
    }
    return sorted(
        f"{module} reaches {name}"
        for module in modules
        if kind_of(module) is kind
        for name, downstream in forbidden.items()
        if module in downstream
    )


def domain_modules(graph: grimp.ImportGraph) -> Iterator[str]:
    """Walk the modules of the domains, and those of the values that all share."""
    yield from (name for name in graph.modules if name.partition(".")[0] in DOMAINS)
    yield from (name for name in graph.modules if f"{name}.".startswith("hotline.values."))


@pytest.mark.parametrize("kind", Kind)
def test_a_module_reaches_no_more_than_its_name_says(graph: grimp.ImportGraph, kind: Kind) -> None:
    assert reached(graph, kind, domain_modules(graph)) == []


def test_most_modules_of_the_domains_are_pure(graph: grimp.ImportGraph) -> None:
    kinds = [kind_of(module) for module in domain_modules(graph)]
    assert kinds.count(Kind.PURE) > len(kinds) / 2


def test_only_queries_and_services_speak_sql(graph: grimp.ImportGraph) -> None:
    speak = {
        name
        for table in ("sqlalchemy", *graph.find_descendants("hotline.models"), "hotline.models")
        for name in graph.find_modules_that_directly_import(table)
        if not f"{name}.".startswith("hotline.")
    }
    assert sorted(name for name in speak if kind_of(name) not in SPEAK_SQL) == []


def test_what_is_pure_opens_no_file() -> None:
    # FFmpeg's library is given bytes that somebody else has read.
    named = ((f"{path}:{call.lineno}", ast.unparse(call.func), name) for path, call, name in calls(Kind.PURE))
    opened = [place for place, whole, name in named if name in ON_DISK and whole != "av.open"]
    assert opened == []


def test_queries_never_commit() -> None:
    ends = [
        f"{path}:{call.lineno}"
        for path, call, name in calls(Kind.QUERIES)
        if name in {"commit", "rollback", "begin"} or "database." in ast.unparse(call.func)
    ]
    assert ends == []


def test_routes_stand_in_modules_named_for_them() -> None:
    """A blueprint is in `http.py` or `*_http.py`, so that the list of a folder shows where a route is."""
    routed = {
        path
        for path, tree in trees(*DOMAINS, "console")
        if any(isinstance(node, ast.Name) and node.id == "Blueprint" for node in ast.walk(tree))
    }
    assert len(routed) > len(DOMAINS)
    assert {path for path in routed if kind_of(path.removesuffix(".py").replace("/", ".")) is not Kind.HTTP} == set()


def calls(kind: Kind) -> Iterator[tuple[str, ast.Call, str]]:
    """Walk the calls in modules of this kind, with the name that is called."""
    for path, tree in trees(*DOMAINS):
        if kind_of(path.removesuffix(".py").replace("/", ".")) is kind:
            for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                yield path, call, call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def test_a_decision_that_reaches_a_table_through_another_module_would_be_told() -> None:
    graph = grimp.ImportGraph()
    graph.add_module("sqlalchemy", is_squashed=True)
    graph.add_import(importer="crm.cases.queries", imported="sqlalchemy")
    graph.add_import(importer="crm.cases.deadlines", imported="crm.cases.queries")
    assert reached(graph, Kind.QUERIES, iter(graph.modules)) == []
    assert reached(graph, Kind.PURE, iter(graph.modules)) == ["crm.cases.deadlines reaches sqlalchemy"]


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("crm.cases.http", Kind.HTTP),
        ("console.crm.cases_http", Kind.HTTP),
        ("routing.calls.transfer_service", Kind.SERVICE),
        ("routing.router.floor_queries", Kind.QUERIES),
        ("routing.queues.hours_file", Kind.FILE),
        ("recordings.speech.engines.vosk", Kind.ENGINE),
        ("telephony.provider.twiml", Kind.ENGINE),
        ("routing.ladder.ladder", Kind.PURE),
        ("ivr.dialogue.engine", Kind.PURE),
        ("campaigns.dialling.pacing", Kind.PURE),
    ],
)
def test_the_end_of_a_name_says_what_a_module_is(module: str, kind: Kind) -> None:
    assert kind_of(module) is kind
