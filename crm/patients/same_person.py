"""Whether two people in lists are one: by their telephone and their name, however these are spelled."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.patients import person_fields
from hotline.encryption.keyring import Keyring
from hotline.models import Patient
from hotline.values import phone_numbers

Person = tuple[str, str]  # number, name


def number_index(keyring: Keyring, number: str) -> str:
    """The blind index by which callers from this number are known; an extension is not seen by whom it calls."""
    return keyring.index(phone_numbers.split(number)[0])


def index(keyring: Keyring, person: Person) -> str:
    """The blind index of a person, the same for every spelling."""
    number, name = person
    return keyring.index(f"{phone_numbers.split(number)[0]} {person_fields.name_key(name)}")


def known(session: Session, keyring: Keyring, people: Iterable[Person]) -> dict[str, Patient]:
    """The patients among these people, by their index.

    Whoever was stored when the index still told spellings apart is found by the spelling, and gets the index of today.
    """
    wanted = {index(keyring, person): keyring.index(" ".join(person)) for person in people}
    rows = session.scalars(select(Patient).where(Patient.identity_index.in_({*wanted, *wanted.values()})))
    by_index = {row.identity_index: row for row in rows}
    found = {}
    for today, before in wanted.items():
        row = by_index.get(today) or by_index.get(before)
        if row is not None:
            row.identity_index = today
            found[today] = row
    return found
