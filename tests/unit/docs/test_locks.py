"""What is installed is locked to the file: each package with its digests, all that the project asks for, no address."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.documents import ROOT

ALL, PRODUCTION = "requirements.lock", "requirements-production.lock"
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.+))?")
DIGEST = re.compile(r"--hash=sha256:[0-9a-f]{64}")
# Which of the project's extras a lock holds.
EXTRAS = {ALL: {"sip", "test"}, PRODUCTION: {"sip"}}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BACKEND = PROJECT["build-system"]["requires"]
# Asked for on systems for voices that are not used: see pyproject.toml.
LEFT_OUT = {canonicalize_name(Requirement(each).name) for each in PROJECT["tool"]["uv"]["override-dependencies"]}


def entries(lock: str) -> list[list[str]]:
    """The entries of a lock: what is pinned, and its digests."""
    joined = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    return [re.split(r"\s{2,}", line.strip()) for line in joined.splitlines() if line.strip()]


def pins(lock: str) -> dict[str, set[str]]:
    """Each package with its versions for the machine that this runs on."""
    found: dict[str, set[str]] = {}
    for pinned, *_ in entries(lock):
        parts = PINNED.fullmatch(pinned)
        assert parts is not None, pinned
        if parts["marker"] is None or Marker(parts["marker"]).evaluate():
            found.setdefault(parts["name"], set()).add(parts["version"])
    return found


def asked(lock: str) -> list[Requirement]:
    """What the project itself asks for, to build, to run, and with the extras of this lock."""
    project = PROJECT["project"]
    extras = [each for extra in EXTRAS[lock] for each in project["optional-dependencies"][extra]]
    found = [Requirement(each) for each in (*BACKEND, *project["dependencies"], *extras)]
    return [one for one in found if one.marker is None or one.marker.evaluate()]


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_package_has_its_version_and_its_digests_and_nothing_else_stands_there(lock: str) -> None:
    assert len(entries(lock)) > 100
    for pinned, *digests in entries(lock):
        assert PINNED.fullmatch(pinned), pinned
        assert digests, f"{pinned}: no digest"
        assert all(DIGEST.fullmatch(each) for each in digests), pinned
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|\.(?:org|com|net|cn)\b|index|find-links", text), "an address would go around a mirror"


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_holds_what_the_project_asks_for(lock: str) -> None:
    locked = pins(lock)
    for wanted in asked(lock):
        (version,) = locked[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version, prereleases=True), f"{wanted}: run make lock"


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_is_whole_for_it_is_installed_without_looking_for_more(lock: str) -> None:
    locked, seen = pins(lock), set[tuple[str, frozenset[str]]]()
    waiting = [wanted for wanted in asked(lock) if str(wanted) not in BACKEND]
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if name in LEFT_OUT or (name, extras) in seen:
            continue
        seen.add((name, extras))
        assert name in locked, f"{wanted}: asked for and not locked; run make lock"
        for text in metadata.requires(name) or ():
            more = Requirement(text)
            if more.marker is None or any(more.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append(more)


def test_production_is_a_part_of_the_whole_and_holds_no_test_package() -> None:
    digests = {(pinned.split(" ; ")[0], *each) for pinned, *each in entries(ALL)}
    assert {(pinned.split(" ; ")[0], *each) for pinned, *each in entries(PRODUCTION)} <= digests
    only_tests = {canonicalize_name(one.name) for one in asked(ALL)} - {
        canonicalize_name(one.name) for one in asked(PRODUCTION)
    }
    assert {"pytest", "mypy", "playwright"} <= only_tests
    assert not only_tests & pins(PRODUCTION).keys()
