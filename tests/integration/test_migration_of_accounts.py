"""What the migration of accounts makes of a database from before it."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from hotline.database import migrate
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import Row

REVISION = "0004"
AGENT = (
    "INSERT INTO agents (id, staff_number, name, address, status, state, state_reason, state_since) VALUES"
    " (:id, :id, 'N', :id, 'offline', 'idle', '', '2026-03-02')"
)
USER = (
    "INSERT INTO users (id, login, password, name, role, language, agent_id, is_active, session_version) VALUES"
    " (:id, :id, '', 'N', 'agent', 'zh-CN', :agent, :active, 0)"
)
LOOK = (
    "INSERT INTO looks (id, at, user_id, action, subject, subject_id, address) VALUES"
    " ('l', '2026-03-02', 'u2', 'signed_in', 'user', 'u2', '')"
)


def test_of_several_accounts_of_an_agent_the_oldest_that_may_sign_in_keeps_the_link(database_url: str) -> None:
    database = Database(database_url, Keyring({"t": b"0" * 32}))
    Row.metadata.drop_all(database.engine)
    config = migrate.config(database)
    script = ScriptDirectory.from_config(config).get_revision(REVISION)
    assert isinstance(script.down_revision, str)
    command.upgrade(config, script.down_revision)
    with database.engine.execution_options(writes=True).begin() as connection:
        for agent in ("a", "b"):
            connection.execute(text(AGENT), {"id": agent})
        rows = [("u1", "a", False), ("u2", "a", True), ("u3", "a", True), ("u4", "b", True), ("u5", None, True)]
        for user, agent_id, is_active in rows:
            connection.execute(text(USER), {"id": user, "agent": agent_id, "active": is_active})
        connection.execute(text(LOOK))
    migrate.upgrade(database)
    migrate.check(database)
    with database.engine.connect() as connection:
        links = {row.id: row.agent_id for row in connection.execute(text("SELECT id, agent_id FROM users"))}
        one_time = connection.execute(text("SELECT count(*) FROM users WHERE one_time_until IS NOT NULL")).scalar_one()
    assert links == {"u1": None, "u2": "a", "u3": None, "u4": "b", "u5": None}
    assert one_time == 0, "nobody has to change a password because of an upgrade"
    database.close()
