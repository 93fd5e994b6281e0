"""Roles of staff, and how an access to data ended. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """Who may do what on the staff pages."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    # Reads the audit log, and nothing of patients.
    AUDITOR = "auditor"

    @property
    def is_lead(self) -> bool:
        """Tell whether other people's calls are open to this role, to listen to and to judge."""
        return self in {Role.SUPERVISOR, Role.ADMINISTRATOR}

    @property
    def is_administrator(self) -> bool:
        """Tell whether this role manages users and agents."""
        return self is Role.ADMINISTRATOR

    @property
    def is_auditor(self) -> bool:
        """Tell whether this role reads the audit log, and nothing else."""
        return self is Role.AUDITOR


class AuditOutcome(StrEnum):
    """How what the audit log tells of ended: it was done, it was not allowed, it could not be done."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
