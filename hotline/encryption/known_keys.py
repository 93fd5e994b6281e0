"""That a process has the keys which its database was sealed with, which of them seals, and the key of the index.

Each key that the database has met has a row with a canary. No process starts without every key that ever sealed, or
with another key under the same id.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import log
from hotline.database.database import Database
from hotline.encryption import keyring as encryption_keyring
from hotline.encryption.keyring import Keyring, Undecipherable
from hotline.encryption.sealed_columns import Place, places
from hotline.errors import ConfigError
from hotline.models import Call, KnownKey, Patient, PatientIdentifier, StoredSecret
from hotline.values import phone_numbers

INDEX = "index"
_CANARY = b"the canary sings"
REMEDY = (
    "Put back the keys that the database was sealed with: secrets.json in HOTLINE_HOME, or HOTLINE_KEYS in the "
    "environment (docs/operations.md, Loss of keys)"
)


def prove(database: Database, keyring: Keyring, now: datetime) -> None:
    """Have `keyring` use the key and the index that the database says. The first time, write both down.

    Raises `ConfigError` when a key is missing, is another, or does not open what is there.
    """
    with database.read() as session:
        known = all_known(session)
    if not known:
        _begin(database, keyring, now)
    elif fresh := [key for key in keyring.keys if key not in {row.id for row in known}]:
        _write(database, [_row(keyring, key, now, None) for key in fresh])
    with database.read() as session:
        known = all_known(session)
        kept = session.get(StoredSecret, INDEX)
    check(keyring, known)
    if kept is None:
        raise ConfigError(f"the key of the index is gone from stored_secrets; restore the database. {REMEDY}")
    keyring.use(chosen(known).id)
    keyring.index_key = _opened(keyring, kept.sealed, f"kept-secret:{INDEX}", "the key of the index")


def follow(database: Database, keyring: Keyring) -> None:
    """Seal with the key that was chosen meanwhile. A process that lacks it goes on with its own, and says so."""
    with database.read() as session:
        known = all_known(session)
    if not known:
        log.get().error("keys_forgotten")  # somebody emptied the table: the next start writes them down again
        return
    key = chosen(known).id
    if key not in keyring.keys:
        log.get().error("key_unknown", key=key)
    elif key != keyring.current:
        keyring.use(key)
        log.get().info("key_chosen", key=key)


def all_known(session: Session) -> list[KnownKey]:
    """Return every key that the database has met, by the time at which it was chosen, those that never were first."""
    rows = list(session.scalars(select(KnownKey)))
    return sorted(rows, key=lambda row: (row.chosen_at is not None, row.chosen_at or row.known_at, row.id))


def chosen(known: Sequence[KnownKey]) -> KnownKey:
    """Return the key that seals: the one that was chosen last."""
    return known[-1]


def check(keyring: Keyring, known: Sequence[KnownKey]) -> None:
    """Raise `ConfigError` when a key is another than the one known by its id, or one that ever sealed is missing."""
    for row in known:
        if row.id in keyring.keys:
            _opened(keyring, row.canary, _about(row.id), f"data under the key id {row.id}")
    missing = [row.id for row in known if row.id not in keyring.keys and row.chosen_at and not row.retired_at]
    if missing:
        raise ConfigError(
            f"HOTLINE_KEYS: {', '.join(missing)} is missing, with which this database is sealed. {REMEDY}"
        )


def choose(database: Database, keyring: Keyring, key: str, now: datetime) -> None:
    """Have every process seal with this key from now on; the key must be known to all of them (docs/operations.md)."""
    with database.write() as session:
        known = all_known(session)
        if chosen(known).id != key:
            row = session.get_one(KnownKey, key)
            row.retired_at = None
            row.chosen_at = max(now, *(each.chosen_at + timedelta(milliseconds=1) for each in known if each.chosen_at))
    keyring.use(key)


def retire(database: Database, key: str, now: datetime) -> None:
    """Nobody needs this key any more; another key may never have its id."""
    with database.write() as session:
        session.get_one(KnownKey, key).retired_at = now


def _begin(database: Database, keyring: Keyring, now: datetime) -> None:
    """The first start: what is there must open, then the keys are written down, and the key of the index."""
    with database.read() as session:
        is_old = _opens(session, keyring)
        is_kept = session.get(StoredSecret, INDEX) is not None
        index_key = _old_index_key(session, keyring) if is_old else os.urandom(32)
    kept = StoredSecret(name=INDEX, sealed=keyring.encrypt(index_key, f"kept-secret:{INDEX}"))
    # Before the tables knew them, any of the keys may have sealed; the first one did so last.
    rows = [
        _row(keyring, key, now, now - timedelta(seconds=place) if is_old or not place else None)
        for place, key in enumerate(keyring.keys)
    ]
    _write(database, rows if is_kept else [*rows, kept])


def _write(database: Database, rows: Sequence[KnownKey | StoredSecret]) -> None:
    """Add the rows, all or none: whoever starts at the same time may be faster, and is then believed."""
    try:
        with database.write() as session:
            for row in rows:
                session.add(row)
                session.flush()
    except IntegrityError:
        log.get().info("keys_written_elsewhere")


def _row(keyring: Keyring, key: str, now: datetime, chosen_at: datetime | None) -> KnownKey:
    return KnownKey(id=key, canary=keyring.encrypt(_CANARY, _about(key), key), known_at=now, chosen_at=chosen_at)


def _about(key: str) -> str:
    return f"known-key:{key}"


def _opened(keyring: Keyring, sealed: bytes, about: str, what: str) -> bytes:
    try:
        return keyring.decrypt(sealed, about)
    except Undecipherable as error:
        raise ConfigError(f"HOTLINE_KEYS: these keys do not open {what} ({error}). {REMEDY}") from error


def _opens(session: Session, keyring: Keyring) -> bool:
    """Return whether the database holds anything sealed; its oldest and newest value of each column are opened.

    Raises `ConfigError` when one does not open.
    """
    found = session.scalar(select(func.count()).select_from(PatientIdentifier)) or 0
    for place in places():
        for row, sealed in _ends(session, place):
            found += 1
            try:
                place.open(keyring, row, sealed)
            except Undecipherable as error:
                raise ConfigError(f"HOTLINE_KEYS: these keys do not open {place.name} ({error}). {REMEDY}") from error
    return found > 0


def _ends(session: Session, place: Place) -> list[tuple[str, bytes]]:
    there = select(place.row, place.sealed).where(place.sealed.is_not(None)).limit(1)
    ends = [session.execute(there.order_by(order)).one_or_none() for order in (place.row, place.row.desc())]
    return [(row, bytes(sealed)) for row, sealed in filter(None, ends)]


def _old_index_key(session: Session, keyring: Keyring) -> bytes:
    """Before it was kept, the oldest key of the ring made the index: it goes on doing so."""
    called = select(Call.caller_number, Call.caller_index).where(Call.caller_index.is_not(None))
    listed = select(Patient.number, Patient.number_index)
    found = [(number, index) for query in (called, listed) for number, index in session.execute(query.limit(20))]
    samples = [(number, index) for number, index in found if number and index]
    keys = list(reversed(keyring.keys.values()))
    fits = [sum(_digests(key, number, index) for number, index in samples) for key in keys]
    return keys[fits.index(max(fits))]


def _digests(key: bytes, number: str, index: str) -> bool:
    return index in {
        encryption_keyring.digest(key, number),
        encryption_keyring.digest(key, phone_numbers.split(number)[0]),
    }
