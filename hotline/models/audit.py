"""The audit log: who looked at or changed what."""

from datetime import datetime

from sqlalchemy import DDL, BigInteger, Index, Integer, String, event
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.access import AuditOutcome


class AuditEntry(Row, WithId):
    """A row of the audit log: who looked at or changed what, when (requirement G4). Chained, and never changed.

    `hotline.audit.log` gives number and digest when the transaction ends; whoever adds a row leaves them out.
    """

    __tablename__ = "audit_log"
    # From 1, without a gap: the place in the chain.
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    at: Mapped[datetime] = mapped_column(Utc)
    # `None`: a command (the address says of which account of the machine) or the hotline itself. No foreign key: it
    # would have the log wait for whoever changes a user.
    user_id: Mapped[str | None] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(45), default="")
    outcome: Mapped[AuditOutcome] = mapped_column(EnumWord(AuditOutcome), default=AuditOutcome.DONE)
    # How many rows a list, export or search showed; its filter as JSON: codes, ids, days, digests of what was typed.
    count: Mapped[int | None] = mapped_column(Integer)
    filter: Mapped[str] = mapped_column(String(400), default="")
    # SHA-256 over the digest before and all of the above (`hotline.audit.chain`).
    digest: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index(None, "subject_id", "at"), Index(None, "at"), Index(None, "user_id", "at"))


class AuditHead(Row):
    """The end of the audit log's chain, one row: moved by every transaction that adds to the log, as its last act."""

    __tablename__ = "audit_heads"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    # Number and digest again, under the keyring: who has only the database cannot make another chain end here. Read
    # only where it is checked: a key that is gone must not keep the log from being written.
    sealed: Mapped[str] = mapped_column(EncryptedText("audit_heads.sealed"), deferred=True)
    # The last check of the whole chain: when, up to which row, and the first broken one (`None`: none).
    checked_at: Mapped[datetime | None] = mapped_column(Utc)
    checked_number: Mapped[int | None] = mapped_column(BigInteger)
    broken_number: Mapped[int | None] = mapped_column(BigInteger)


# Also where tables are made without migrations; the first migration holds a copy.
REFUSED = "audit_log: rows of the audit log are never changed or deleted"
# `INSERT OR REPLACE` deletes without asking the trigger that keeps rows from it.
_KEPT = (
    "CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log "
    "WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id OR number = NEW.number) "
    "BEGIN SELECT RAISE(ABORT, 'audit_log: rows of the audit log are never changed or deleted'); END"
)
_SQLITE = (
    f"CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    f"CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    _KEPT,
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$",
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION audit_log_is_kept()",
    "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept()",
)
PROTECTION = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
for _dialect, _statements in PROTECTION.items():
    for _statement in _statements:
        _made = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call] # the library's
        event.listen(AuditEntry.__table__, "after_create", _made)
