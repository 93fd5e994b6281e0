"""`hotline users`, `hotline agents`, and loading the hospital's file again after agents were edited."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from accounts.users import queries as user_queries
from accounts.users import service
from cli.main import group
from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.errors import HotlineError
from hotline.models import AuditEntry, User
from hotline.values.access import Role
from routing.agents import hospital_file, hospital_service, roster_service
from routing.queues import queues_file
from tests.support.factories import SAMPLE, load_hospital
from tests.support.morning import PASSWORD
from tests.support.staff import Staff

Run = Callable[..., Result]
SECRET = re.compile(r"^    (\S+)$", re.MULTILINE)


@pytest.fixture
def run(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of `hotline` on this house."""
    settings = context.settings
    load_hospital(context)
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
        "COLUMNS": "80",
    }.items():
        monkeypatch.setenv(name, text)

    def invoke(*words: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(group, words)
        assert (result.exit_code != 0) == fails, result.output + repr(result.exception)
        return result

    return invoke


def sees(context: AppContext) -> Flask:
    app = create(context)
    for live in ("live", "live_campaigns"):
        app.extensions[live].close()
    return app


def user(context: AppContext, login: str) -> User:
    with context.database.read() as session:
        return user_queries.by_login(session, login)


def audit(context: AppContext) -> list[tuple[str | None, str, str]]:
    with context.database.read() as session:
        looks = session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id))
        return [(look.user_id, look.action, look.address.split(" ")[0]) for look in looks]


def test_an_added_user_signs_in_with_the_printed_password_and_must_change_it(context: AppContext, run: Run) -> None:
    printed = run("users", "add", "wang", "--name", "王芳", "--role", "agent", "--agent", "1002").output
    secret = SECRET.search(printed)
    assert secret
    staff = Staff(sees(context))
    assert staff.sign_in("wang", secret[1]).status_code == 302
    assert staff.open("/").location.startswith("/account")
    assert audit(context)[0] == (None, "create_user", "command,")


def test_the_first_administrator_is_made_as_the_readme_shows_and_changes_no_password(
    context: AppContext, run: Run
) -> None:
    run("db", "user", "admin", "--name", "Your Name", "--role", "administrator", "--password", PASSWORD)
    staff = Staff(sees(context))
    assert staff.sign_in("admin").status_code == 302
    assert staff.open("/users").status_code == 200


def test_a_weak_password_is_refused_by_the_command_too(run: Run) -> None:
    weak = ("db", "user", "admin", "--name", "N", "--role", "administrator", "--password", "0123456789")
    assert "easy to guess" in str(run(*weak, fails=True).exception)


def test_users_are_edited_by_command_and_what_changed_is_logged(context: AppContext, run: Run) -> None:
    run("users", "add", "wang", "--name", "王芳", "--role", "agent", "--agent", "1002")
    changed = run(
        "users", "edit", "wang", "--role", "supervisor", "--no-agent", "--language", "en-US", "--name", "Wang"
    )
    assert changed.output == "wang: rename_user, role_supervisor, language_en-US, unlink_agent.\n"
    assert run("users", "edit", "wang", "--role", "supervisor").output == "wang: nothing to change.\n"
    one = user(context, "wang")
    assert (one.name, one.role, one.language, one.agent_id) == ("Wang", Role.SUPERVISOR, "en-US", None)
    told = ["create_user", "rename_user", "role_supervisor", "language_en-US", "unlink_agent"]
    assert [action for _, action, _ in audit(context)] == told


def test_refusals_of_the_commands_name_what_is_wrong(context: AppContext, run: Run) -> None:
    service.create(context.database, "admin", PASSWORD, "A", Role.ADMINISTRATOR)
    run("users", "add", "wang", "--name", "王芳", "--role", "agent", "--agent", "1002")
    for words, told in [
        (("users", "edit", "admin", "--role", "agent"), "only administrator"),
        (("users", "disable", "admin"), "only administrator"),
        (("users", "edit", "nobody", "--name", "N"), "nobody has the login"),
        (("users", "disable", "nobody"), "nobody has the login"),
        (("users", "reset-password", "nobody"), "nobody has the login"),
        (("users", "add", "wang", "--name", "W", "--role", "agent"), "taken"),
        (("users", "add", "wu", "--name", "W", "--role", "agent", "--agent", "1002"), "signs in as 'wang' already"),
        (("users", "edit", "admin", "--agent", "77"), "no agent has the staff number"),
        (("agents", "edit", "77", "--name", "N"), "no agent has the staff number"),
        (("agents", "edit", "1001", "--address", "client:agent-2"), "another agent has this telephone"),
        (("agents", "edit", "1001", "--skill", "booking"), "like booking=3"),
        (("agents", "edit", "1001", "--skill", "flying=3"), "known skill"),
    ]:
        refused = run(*words, fails=True)
        assert isinstance(refused.exception, HotlineError)
        assert told in str(refused.exception), words
    assert user(context, "admin").role is Role.ADMINISTRATOR


def test_a_disabled_user_is_out_until_enabled(context: AppContext, run: Run) -> None:
    service.create(context.database, "li", PASSWORD, "Li", Role.SUPERVISOR)
    staff = Staff(sees(context))
    staff.sign_in("li")
    assert staff.open("/").status_code == 200
    run("users", "disable", "li")
    assert staff.open("/").status_code == 302
    assert "disabled" in run("users", "list").output
    run("users", "enable", "li")
    assert staff.sign_in("li").status_code == 302


def test_the_last_administrator_who_forgot_the_password_gets_another_by_command(context: AppContext, run: Run) -> None:
    service.create(context.database, "admin", PASSWORD, "A", Role.ADMINISTRATOR)
    secret = SECRET.search(run("users", "reset-password", "admin").output)
    assert secret
    assert Staff(sees(context)).sign_in("admin", secret[1]).status_code == 302
    assert SECRET.search(run("users", "reset-password", "admin").output), "and once more, when the day has passed"


def test_lists_fit_a_terminal_of_eighty_columns(context: AppContext, run: Run) -> None:
    service.create(
        context.database, "administrator-of-nights", PASSWORD, "欧阳 Administrator of Nights", Role.ADMINISTRATOR
    )
    for words in (("users", "list"), ("agents", "list")):
        lines = run(*words).output.splitlines()
        assert max(map(len, lines)) <= 80
    assert "administrator-of-nights" in run("users", "list").output


# The hospital's file after an edit


def file_with(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "hospital.yaml"
    path.write_text(SAMPLE.read_text("utf-8").replace(old, new), "utf-8")
    return path


def name_of(context: AppContext, number: str) -> str:
    with context.database.read() as session:
        return roster_service.numbered(session, number).name


def test_the_file_leaves_edited_agents_alone_and_names_them(context: AppContext, run: Run, tmp_path: Path) -> None:
    assert run("agents", "edit", "1002", "--name", "王芳芳", "--skill", "booking=5").output.startswith(
        "1002: rename_agent"
    )
    file = file_with(tmp_path, "张伟 Zhang Wei", "张伟 Zhang W.")
    loaded = run("db", "load", str(file)).output
    assert "left as they are: 1002." in loaded
    assert name_of(context, "1002") == "王芳芳"
    assert name_of(context, "1003") == "张伟 Zhang W.", "whom nobody has edited is as the file says"
    assert "left as they are" not in run("db", "load", str(file), "--overwrite").output
    assert name_of(context, "1002") == "王芳 Wang Fang"
    run("db", "load", str(file_with(tmp_path, "王芳 Wang Fang", "王芳 W.")))
    assert name_of(context, "1002") == "王芳 W.", "the file is right about them again"


def test_an_edit_that_says_the_same_leaves_the_agent_to_the_file(context: AppContext, run: Run, tmp_path: Path) -> None:
    assert run("agents", "edit", "1002", "--name", "王芳 Wang Fang").output == "1002: nothing to change.\n"
    run("db", "load", str(file_with(tmp_path, "王芳 Wang Fang", "王芳 W.")))
    assert name_of(context, "1002") == "王芳 W."


def test_a_file_that_gives_an_edited_agent_s_telephone_to_another_is_refused(context: AppContext, run: Run) -> None:
    run("agents", "edit", "1002", "--address", "client:agent-77")
    data = hospital_file.read(SAMPLE, queues_file.of(context.settings))
    part = data.agents["1003"].model_copy(update={"address": "client:agent-77"})
    moved = replace(data, agents={"1003": part})
    with pytest.raises(HotlineError, match="the same telephone"), context.database.write() as session:
        hospital_service.store(session, moved, clock.now())
