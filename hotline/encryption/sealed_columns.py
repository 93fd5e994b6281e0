"""Where the keyring's seals lie in the tables, as bytes past the models' types: to count them, to seal them anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnClause, LargeBinary, String, TableClause, column, func, select, table
from sqlalchemy.orm import Session

from hotline.encryption.keyring import Keyring, head
from hotline.models import Recording, Row, StoredSecret
from hotline.models.sealed import Sealed, key_of


@dataclass(frozen=True)
class Place:
    """A column that holds what the keyring sealed: its name, and whether it is bound to rows by `encrypt_in_row`.

    The others are sealed for `about` and the id of their row. `beside` is a column that repeats the key's id.
    """

    table: str
    column: str
    about: str = ""
    id: str = "id"
    beside: str = ""

    @property
    def name(self) -> str:
        """The column as `table.column`."""
        return f"{self.table}.{self.column}"

    @cached_property
    def raw(self) -> TableClause:
        """The table with its id and the bytes of the column."""
        more = [column(self.beside, String)] if self.beside else []
        return table(self.table, column(self.id, String), column(self.column, LargeBinary), *more)

    @property
    def row(self) -> ColumnClause[str]:
        """The column of the row's id."""
        return self.raw.c[self.id]

    @property
    def sealed(self) -> ColumnClause[bytes]:
        """The column of bytes."""
        return self.raw.c[self.column]

    def head(self, key: str) -> bytes:
        """Return how each value begins that this key sealed as it ought to be."""
        return head(key, is_bound=not self.about)

    def again(self, keyring: Keyring, row: str, sealed: bytes) -> bytes:
        """Return the same, sealed with the current key and bound to its row. Raises `Undecipherable`."""
        if self.about:
            about = f"{self.about}:{row}"
            return keyring.encrypt(keyring.decrypt(sealed, about), about)
        return keyring.encrypt_in_row(keyring.decrypt_in_row(sealed, self.name, row), self.name, row)

    def open(self, keyring: Keyring, row: str, sealed: bytes) -> bytes:
        """Return what is sealed. Raises `Undecipherable`."""
        return (
            keyring.decrypt(sealed, f"{self.about}:{row}")
            if self.about
            else keyring.decrypt_in_row(sealed, self.name, row)
        )


def places() -> Iterator[Place]:
    """Every sealed column there is."""
    for made in Row.metadata.sorted_tables:
        yield from (Place(made.name, each.name, id=key_of(made)) for each in made.c if isinstance(each.type, Sealed))
    yield Place(Recording.__tablename__, "data_key", "recording-key", beside="key_id")
    yield Place(StoredSecret.__tablename__, "sealed", "kept-secret", id="name")


@dataclass(frozen=True)
class Count:
    """How many values one key sealed, and how many of them open in any row of their column."""

    values: int
    unbound: int = 0


def counts(session: Session, keys: Iterator[str] | list[str]) -> dict[str, Count]:
    """Return how many values each of these keys sealed; under an empty name those of any other key."""
    found: dict[str, Count] = {}
    for place in places():
        rest = session.scalar(select(func.count()).select_from(place.raw).where(place.sealed.is_not(None))) or 0
        for key in keys:
            bound, free = (_beginning(session, place, head(key, is_bound=is_bound)) for is_bound in (True, False))
            before = found.get(key, Count(0))
            unbound = 0 if place.about else free
            found[key] = Count(before.values + bound + free, before.unbound + unbound)
            rest -= bound + free
        found[""] = Count(found.get("", Count(0)).values + rest)
    return found


def _beginning(session: Session, place: Place, start: bytes) -> int:
    begins = func.substr(place.sealed, 1, len(start), type_=LargeBinary) == start
    return session.scalar(select(func.count()).select_from(place.raw).where(begins)) or 0
