"""The written pages tell of every setting, command, job, status and process, name nothing else, and lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic_core import PydanticUndefined

from cli.commands import ivr as ivr_command
from cli.local.embedded import PORTS
from cli.local.supervisor import read_procfile
from cli.main import group
from exchange.__main__ import main as exchange
from hotline.configuration.settings import RENAMED, Settings
from tests.support import documents
from tests.support.documents import ROOT, pages, table
from tests.unit.docs import status_page
from workers.registry import JOB_KINDS

OPERATIONS, ARCHITECTURE = "docs/operations.md", "docs/architecture.md"
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
OURS = re.compile(r"[a-z_]+(?:/[a-z0-9_.-]+)+\.(?:py|yaml|html|css|js|svg|png|md)")
# Written to by runs, or not ours.
ELSEWHERE = ("var/",)
# Variables of others that the pages name: the object store's, and the signs of the exchange's own protocol.
FOREIGN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "CURRENT_TIMESTAMP",
    "THIS_REPOSITORY",
    "LC_MESSAGES",
}


def names(name: str, title: str) -> set[str]:
    """The first cells of a table."""
    rows = [row[0] for row in table(name, title)]
    assert len(rows) == len(set(rows)), "a row stands there twice"
    return set(rows)


def settings() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def process_variables() -> set[str]:
    """What the Procfile and `hotline up` read from the environment, beside the settings."""
    used = set(re.findall(r"\$\{?([A-Z_]+)", (ROOT / "Procfile").read_text("utf-8"))) | set(PORTS)
    for path in (ROOT / "cli").rglob("*.py"):
        used |= set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', path.read_text("utf-8")))
    return used - settings() - {"PATH"}


def commands(command: click.Command, path: tuple[str, ...] = ("hotline",)) -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield (
            " ".join(path),
            {
                word
                for part in command.params
                if isinstance(part, click.Option)
                for word in (*part.opts, *part.secondary_opts)
            },
        )


def of_exchange(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        exchange([*arguments, "--help"])
    return capsys.readouterr().out


def test_every_setting_is_explained_and_no_other() -> None:
    assert names(OPERATIONS, "Settings") == settings()


def test_the_defaults_of_settings_are_the_ones_that_are_written() -> None:
    written = {row[0].lower(): row[1].strip("*") for row in table(OPERATIONS, "Settings")}
    for name, field in Settings.model_fields.items():
        default = "required" if field.default is PydanticUndefined else field.default
        default = "empty" if default in ("", None) else str(default)
        assert written[name] == default, name


def test_every_variable_of_the_processes_is_explained_and_no_other() -> None:
    assert names(OPERATIONS, "Environment of the processes") == process_variables()


def test_pages_name_no_variable_that_nothing_reads() -> None:
    known = settings() | process_variables() | set(RENAMED) | FOREIGN
    for page in pages():
        strange = set(VARIABLE.findall(page.read_text("utf-8"))) - known
        assert not strange, f"{page.relative_to(ROOT)} names {strange}"


def test_every_process_is_explained_and_no_other() -> None:
    processes = set(read_procfile(ROOT / "Procfile"))
    assert names(OPERATIONS, "Processes") == processes
    assert names(ARCHITECTURE, "Processes") == processes


def test_every_command_is_explained_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    written = {re.sub(r" \[?[A-Z]+\]?$", "", row[0]): row[1] for row in table(OPERATIONS, "Commands")}
    there = dict(commands(group))
    listed = re.findall(r"^    (\w+)\s", of_exchange(capsys), re.MULTILINE)
    for name in listed:
        there[f"python -m exchange {name}"] = set(re.findall(r"--[a-z-]+", of_exchange(capsys, name))) - {"--help"}
    assert listed
    assert set(written) == set(there)
    for name, options in there.items():
        assert set(re.findall(r"--[a-z-]+", written[name])) == options, name


def test_pages_name_no_command_that_is_not_there() -> None:
    there = {name for name, _ in commands(group)}
    beginnings = {" ".join(name.split()[:2]) for name in there}
    for page in pages():
        for word in re.findall(r"(?:`|bin/)hotline ([a-z]+)", page.read_text("utf-8")):
            assert f"hotline {word}" in beginnings, f"{page.relative_to(ROOT)}: hotline {word}"


def test_pages_name_no_target_of_make_that_is_not_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in pages():
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE))
        assert named <= targets, page.relative_to(ROOT)


def test_every_job_is_explained_with_its_queue_and_no_other() -> None:
    assert {row[0]: row[1] for row in table(OPERATIONS, "Jobs")} == {
        name: kind.queue for name, kind in JOB_KINDS.items()
    }


def test_every_event_of_a_status_is_written_and_drawn() -> None:
    assert status_page.PAGE.read_text("utf-8") == status_page.page(), "python -m tests.unit.docs.status_page"


def test_the_events_to_look_for_in_logs_are_logged() -> None:
    folders = ("hotline", "routing", "workers", "console", "voice", "ivr", "recordings", "accounts", "campaigns")
    code = "".join(path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))
    for row in table(OPERATIONS, "Logs"):
        for event in row[0].split(", "):
            assert f'"{event}"' in code, event


@pytest.mark.parametrize(
    "drawing", sorted((ROOT / "docs").rglob("flow.svg")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_drawing_of_the_standard_flow_is_today_s(drawing: Path) -> None:
    made = CliRunner().invoke(ivr_command.command, ["draw"], env={"FLOW_FILE": ""})
    assert made.output == drawing.read_text("utf-8"), f"hotline ivr draw --out {drawing.relative_to(ROOT)}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{target} is not there"
        assert not anchor or anchor in documents.anchors(path), f"{target} has no heading #{anchor}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_files_of_ours_that_a_page_names_are_there(page: Path) -> None:
    for code in documents.codes(page):
        if OURS.fullmatch(code) and not code.startswith(ELSEWHERE):
            assert (ROOT / code).exists() or list(ROOT.glob(f"*/{code}")), f"{code} is not there"


def test_every_setting_whose_name_has_changed_is_listed() -> None:
    rows = table(OPERATIONS, "Settings whose name has changed")
    assert {tuple(cell.strip("`") for cell in row) for row in rows} == set(RENAMED.items())
