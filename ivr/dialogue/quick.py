"""The usual turn on PostgreSQL in two round trips: read the call; take it a turn further and add its events.

Most turns of a call neither join a line nor end anything. In a transaction of the ORM they cost eight round trips; here
one statement decides (`WHERE turn = …`) and writes, and commits by itself. What it does not cover goes through
`ivr.dialogue.service` as on SQLite.
"""

import json
from datetime import datetime
from typing import Any

import psycopg

from hotline import clock
from hotline.models import Call
from hotline.outbox.notifier import FLOOR
from hotline.values.language import Language
from hotline.values.states.call import CallStatus
from ivr.dialogue import decide, queries
from ivr.dialogue.context import Desk
from ivr.dialogue.decide import Consented, Outcome, Told
from ivr.dialogue.queries import Standing
from telephony.turn import Turn

# Sealed as the column is everywhere else.
ANSWER: Any = Call.__table__.c.last_answer.type  # a `Sealed`
READ = "SELECT id, provider_sid, place, language, status, turn, last_answer FROM calls WHERE id = %s"
TAKE = """
WITH moved AS (
    UPDATE calls SET turn = turn + 1, place = %s::json, language = %s, last_answer = %s, outcome = NULL,
        consent_at = coalesce(consent_at, %s::timestamptz), heard_at = %s
    WHERE id = %s AND turn = %s AND status = %s RETURNING id
)
INSERT INTO events (id, call_id, at, kind, data)
SELECT e.id, moved.id, %s, e.kind, e.data::json
FROM moved, unnest(%s::text[], %s::text[], %s::text[]) AS e (id, kind, data)
"""


def turn(desk: Desk, call_id: str, number: int, turn: Turn, now: datetime) -> str | None:
    """The answer to a turn, or `None` when it is not a usual one: nothing has happened then."""
    engine = desk.context.database.direct
    if engine is None:
        return None
    connection = engine.raw_connection()
    try:
        return _turn(desk, connection.cursor(), (call_id, number), turn, now)
    except psycopg.OperationalError:
        # The database was restarted, or is gone: the usual way asks it anew.
        connection.invalidate()
        return None
    finally:
        connection.close()


def _turn(desk: Desk, cursor: Any, about: tuple[str, int], turn: Turn, now: datetime) -> str | None:
    call_id, number = about
    known = _read(desk, cursor, call_id)
    if known is None or known.status is not CallStatus.IN_MENU or number != known.turn or number < 2:
        return None
    outcome = decide.step(desk.flow, known.place, turn, now)
    told = [effect for effect in outcome.effects if isinstance(effect, Told)]
    if not told or not all(isinstance(effect, Told | Consented) for effect in outcome.effects):
        return None
    text = desk.document(outcome.verbs, call_id, number + 1)
    ids = [clock.new_id() for _ in told]
    if not _take(cursor, known, outcome, (_sealed(desk, call_id, text), ids, told), now):
        return None
    rung = "\n".join(f"{effect.kind} {call_id} {key}" for effect, key in zip(told, ids, strict=True))
    desk.context.notifier.ring(FLOOR, rung)
    return text


def _sealed(desk: Desk, call_id: str, text: str) -> bytes:
    return desk.context.keyring.encrypt_in_row(ANSWER.to_bytes(text), ANSWER.about, call_id)


def _read(desk: Desk, cursor: Any, call_id: str) -> Standing | None:
    row = cursor.execute(READ, (call_id,)).fetchone()
    if row is None:
        return None
    key, sid, place, language, status, number, last_answer = row
    place = queries.read_place(place, Language(language))
    answer = None
    if last_answer is not None:
        answer = ANSWER.from_bytes(desk.context.keyring.decrypt_in_row(bytes(last_answer), ANSWER.about, key))
    return Standing(key, sid, place, CallStatus(status), number, answer)


def _take(
    cursor: Any, known: Standing, outcome: Outcome, said: tuple[bytes, list[str], list[Told]], now: datetime
) -> bool:
    """Write the turn and its events, if the call still stands where it was read; whether it did."""
    text, ids, told = said
    place, consented = outcome.place, any(isinstance(effect, Consented) for effect in outcome.effects)
    change: list[Any] = [json.dumps(queries.write_place(place)), place.language.value, text]
    change += [now if consented else None, now, known.call_id, known.turn, known.status.value]
    events = [now, ids, [effect.kind for effect in told], [json.dumps(effect.data) for effect in told]]
    written: int = cursor.execute(TAKE, (*change, *events)).rowcount
    return written == len(told)
