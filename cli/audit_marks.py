"""What each command leaves in the audit log: a mark stands on every command, as on every route of the pages.

Nobody is signed in: the row says which account of this machine it was. It is written when the command ends, also when
it fails; one that goes on until it is told to stop writes it at its start.
"""

import functools
import json
import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from cli.local import embedded
from hotline import clock
from hotline.audit import log
from hotline.audit import service as audit_service
from hotline.context import open_context
from hotline.values.access import AuditOutcome

Command = TypeVar("Command", bound=Callable[..., Any])
_count: ContextVar[int | None] = ContextVar("shown_by_command", default=None)
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,32}")


@dataclass(frozen=True)
class Mark:
    """The action, the kind of what is touched, the parameter or word that says which; `at_start`: not at the end."""

    action: str
    subject: str
    which: str
    at_start: bool = False


def touches(action: str, subject: str, which: str, *, at_start: bool = False) -> Callable[[Command], Command]:
    """Mark a command as one that shows, exports or changes patient data, and have it leave its row."""
    mark = Mark(action, subject, which, at_start)

    def put(command: Command) -> Command:
        @functools.wraps(command)
        def run(*words: Any, **options: Any) -> Any:
            return _run(mark, lambda: command(*words, **options), options)

        run.trail = mark  # type: ignore[attr-defined] # it lives on the command
        return run  # type: ignore[return-value] # called as the command is

    return put


def touches_nothing(reason: str) -> Callable[[Command], Command]:
    """Mark a command as one that neither shows nor changes patient data, and say why."""

    def put(command: Command) -> Command:
        command.trail = reason  # type: ignore[attr-defined] # as above
        return command

    return put


def mark(command: Callable[..., Any] | None) -> Mark | str | None:
    """Return what stands on the command; `None` where nothing does."""
    found: Mark | str | None = getattr(command, "trail", None)
    return found


def showed(count: int) -> None:
    """Note how many rows the command shows, writes or changes."""
    _count.set(count)


def who() -> str:
    """Return the account of this machine, in the place where rows of the pages hold an address."""
    return f"command, uid {os.getuid()}"


def _run(mark: Mark, command: Callable[[], Any], options: dict[str, Any]) -> Any:
    log.forget()
    _count.set(None)
    with log.acting(who()):
        if mark.at_start:
            _write(mark, options, AuditOutcome.DONE)
        try:
            answer = command()
        except (Exception, SystemExit) as error:
            is_done = isinstance(error, SystemExit) and not error.code
            _write_if_can(mark, options, AuditOutcome.DONE if is_done else AuditOutcome.FAILED)
            raise
        if mark.action not in log.written():
            _write(mark, options, AuditOutcome.DONE)
        return answer


def _write_if_can(mark: Mark, options: dict[str, Any], outcome: AuditOutcome) -> None:
    """Write it down; where even this fails (no settings, no database), the command's own fault is told."""
    try:
        _write(mark, options, outcome)
    except Exception:
        return


def _write(mark: Mark, options: dict[str, Any], outcome: AuditOutcome) -> None:
    named = str(options.get(mark.which, mark.which))
    subject_id = named if _PLAIN.fullmatch(named) else "unknown"
    chosen = {name: str(value) for name, value in sorted(options.items()) if value is True or isinstance(value, date)}
    text = json.dumps(chosen, separators=(",", ":")) if chosen else ""
    with open_context(embedded.load()) as context, context.database.write() as session:
        made = audit_service.of_command(
            action=mark.action,
            subject=mark.subject,
            subject_id=subject_id,
            at=clock.now(),
            outcome=outcome,
            count=_count.get(),
            filter=text,
        )
        audit_service.add(session, made)
