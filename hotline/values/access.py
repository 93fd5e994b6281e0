"""Roles of staff, and how an access to data ended. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """Who may do what on the staff pages."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    # Reads the audit log, and nothing of patients.
    AUDITOR = "auditor"


class AuditOutcome(StrEnum):
    """How what the audit log tells of ended: it was done, it was not allowed, it could not be done."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
