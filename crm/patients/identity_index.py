"""Blind indexes of patients: by the telephone number, and by number and name, however these are spelled."""

from crm.patients import person_fields
from hotline.encryption.keyring import Keyring
from hotline.values import phone_numbers

Identity = tuple[str, str]  # number, name


def number_index(keyring: Keyring, number: str) -> str:
    """Return the index by which callers from this number are known; an extension is not seen by whom it calls."""
    return keyring.index(phone_numbers.split(number)[0])


def identity_index(keyring: Keyring, identity: Identity) -> str:
    """Return the index of a person, the same for every spelling."""
    number, name = identity
    return keyring.index(f"{phone_numbers.split(number)[0]} {person_fields.name_key(name)}")
