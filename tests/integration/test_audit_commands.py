"""Every command says whether it touches patient data, and leaves a row of the audit log where it does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cli import audit_marks
from cli.main import group
from hotline import clock
from hotline.audit import log
from hotline.context import AppContext
from hotline.models import AuditEntry, Call, Recipient
from hotline.values.access import AuditOutcome
from hotline.values.states.call import CallOutcome
from tests.integration.campaign_house import campaign
from tests.support.factories import load_hospital
from tests.support.morning import a_call

Run = Callable[..., Result]
# Whatever else is added here has its reason on the command: it shows, exports and changes nothing of patients.
NOTHING = {
    *("up", "demo", "staffing", "doctor", "campaign status", "campaign draw", "config schema", "ivr check", "ivr draw"),
    *("queues check", "queues show", "transcribe", "review", "models list", "models fetch", "models check"),
    *("users list", "users add", "users edit", "users reset-password", "users disable", "users enable"),
    *("agents list", "agents edit", "audit verify", "db upgrade", "db load", "db user", "db retry"),
    *("keys list", "keys add", "keys rotate", "keys retire", "users unlock"),
    *("run router", "run worker", "run clock"),
}


@pytest.fixture
def run(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `hotline` on this house."""
    settings = context.settings
    for name, text in {
        "HOTLINE_HOME": str(settings.hotline_home),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "HOTLINE_KEYS": settings.hotline_keys.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": "t",
        "VOICE_URL": settings.voice_url,
        "HOTLINE_NUMBER": settings.hotline_number,
    }.items():
        monkeypatch.setenv(name, text)
    return lambda *words: CliRunner().invoke(group, words)


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its name."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))


def looks(context: AppContext) -> list[AuditEntry]:
    with context.database.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.number)))


def test_every_command_says_whether_it_touches_patient_data_and_why_not() -> None:
    marks = {name: audit_marks.mark(command.callback) for name, command in commands(group)}
    assert {name for name, mark in marks.items() if mark is None} == set()
    assert {name for name, mark in marks.items() if isinstance(mark, str)} == NOTHING
    assert all(marks[name] for name in NOTHING)


@pytest.fixture
def words(context: AppContext, tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """What each command that touches patient data is called with here."""
    (one,) = campaign(context, 1)
    load_hospital(context)
    table, doctors, out = tmp_path / "list.csv", tmp_path / "away.csv", tmp_path / "out.csv"
    table.write_text("number,name\n+8613800138000,病人\n", "utf-8")
    doctors.write_text("patient_number\n1\n", "utf-8")
    with context.database.write() as session:
        call = a_call("held", clock.now(), CallOutcome.ABANDONED)
        session.add(call)
        session.flush()
        name = session.get_one(Recipient, one).campaign_id
        assert name
    return {
        "floor": ("--once",),
        "patients import": (str(table),),
        "retention run": ("--dry-run",),
        "retention hold": (f"call:{call.id}", "--reason", "r", "--by", "b"),
        "retention holds": (),
        "retention lift": ("none", "--by", "b"),
        "campaign import": (str(table),),
        "campaign plan": ("spring",),
        "campaign start": ("spring",),
        "campaign pause": ("spring",),
        "campaign undo": (one, "--why", "w"),
        "campaign export": ("spring", str(out), "--anonymous"),
        "campaign away": ("doctor", str(doctors)),
        "campaign listen": ("--host", "nowhere.invalid"),
    }


def test_every_command_that_touches_patient_data_leaves_a_row_by_this_machine_s_account(
    context: AppContext, run: Run, words: dict[str, tuple[str, ...]]
) -> None:
    marks = {name: audit_marks.mark(command.callback) for name, command in commands(group)}
    assert {name for name, mark in marks.items() if isinstance(mark, audit_marks.Mark)} == set(words)
    told: dict[str, AuditEntry] = {}
    for name, given in words.items():
        mark, before = marks[name], len(looks(context))
        result = run(*name.split(), *given)
        added = [
            look
            for look in looks(context)[before:]
            if isinstance(mark, audit_marks.Mark) and look.action == mark.action
        ]
        assert added, f"hotline {name} left nothing: {result.output}{result.exception!r}"
        assert all(look.address == audit_marks.who() and look.user_id is None for look in added), name
        is_done = result.exit_code == 0
        assert (added[-1].outcome is AuditOutcome.DONE) == is_done, f"{name}: {result.output}{result.exception!r}"
        told[name] = added[-1]
    assert {name for name, look in told.items() if look.outcome is AuditOutcome.FAILED} <= {
        *("retention lift", "campaign import", "campaign away", "campaign listen")
    }
    assert (told["patients import"].count, told["campaign export"].count) == (1, 1)
    assert (told["campaign export"].filter, told["campaign export"].subject_id) == ('{"anonymous":"True"}', "spring")
    with context.database.read() as session:
        assert log.verify(session).broken is None
        assert session.scalars(select(Call.id)).first()


def test_verify_prints_the_end_and_finds_what_was_changed(context: AppContext, run: Run) -> None:
    run("retention", "holds")
    result = run("audit", "verify")
    assert result.exit_code == 0, result.output
    with context.database.read() as session:
        end = log.verify(session).head
    assert end in result.output
    assert run("audit", "verify", "--head", end).exit_code == 0
    late = run("audit", "verify", "--head", f"9:{'0' * 64}")
    assert (late.exit_code, "row 2" in late.output) == (1, True)
    assert run("audit", "verify", "--head", "nonsense").exit_code == 2
    with context.database.engine.connect() as connection:
        if context.database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("UPDATE audit_log SET action = 'nothing' WHERE number = 1")
        connection.commit()
    broken = run("audit", "verify")
    assert (broken.exit_code, "broken at row 1" in broken.output) == (1, True)


def test_what_a_command_could_not_do_is_written_down_and_its_own_fault_is_told(context: AppContext, run: Run) -> None:
    result = run("campaign", "start", "none")
    assert result.exit_code == 1
    (look,) = looks(context)
    assert (look.action, look.outcome, look.subject_id) == ("start_campaign", AuditOutcome.FAILED, "none")
