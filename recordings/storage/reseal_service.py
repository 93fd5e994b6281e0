"""Resealing of recordings that were sealed whole by the keyring, before each had a key of its own."""

from collections import Counter

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.encryption.keyring import Undecipherable
from hotline.errors import NotFound
from hotline.models import Recording
from hotline.object_store import orphans
from hotline.values.states.recording import RecordingState
from recordings.errors import DigestMismatch
from recordings.storage import sealed_sound_service


def by_key(session: Session) -> Counter[str]:
    """Return how many there are by the id of the key that sealed them."""
    return Counter(key or "" for key in session.scalars(select(Recording.key_id).where(*_whole())))


def reseal(context: AppContext) -> tuple[int, set[str]]:
    """Give each a key of its own; return how many got one, and those that no key opens, or that are gone or altered."""
    with context.database.read() as session:
        recordings = list(session.scalars(select(Recording).where(*_whole()).order_by(Recording.id)))
    closed = {f"recording {recording.id}" for recording in recordings if not _is_resealed(context, recording)}
    return len(recordings) - len(closed), closed


def _is_resealed(context: AppContext, recording: Recording) -> bool:
    try:
        data = sealed_sound_service.read_all(context.objects, context.keyring, recording)
    except (DigestMismatch, NotFound, Undecipherable):
        return False
    with orphans.fresh(context.database, context.objects, f"recordings/{recording.id}") as name:
        envelope = sealed_sound_service.put(context.objects, context.keyring, name, recording.id, [data])
        with context.database.write() as session:
            row = session.get(Recording, recording.id, with_for_update=True)
            is_same = row is not None and row.blob == recording.blob and row.data_key is None and _is_kept(row)
            if row is not None and is_same:
                orphans.keep(session, name)
                row.blob, row.data_key, row.key_id = envelope.blob, envelope.data_key, envelope.key_id
    if is_same and recording.blob:
        context.objects.delete(recording.blob)
    return True


def _is_kept(row: Recording) -> bool:
    return row.state is not RecordingState.PURGED


def _whole() -> tuple[ColumnElement[bool], ...]:
    kept = Recording.state != RecordingState.PURGED
    return (Recording.data_key.is_(None), Recording.blob.is_not(None), kept)
