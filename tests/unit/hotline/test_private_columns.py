"""docs/security.md says of every column that could tell of somebody how it is kept, and the models keep it so."""

import sqlalchemy as sa
from sqlalchemy.orm import configure_mappers

from hotline.models import Row
from hotline.models.column_types import EnumWord, Utc
from hotline.models.sealed import EncryptedJson, EncryptedText
from tests.support.documents import table

PAGE, TITLE = "docs/security.md", "Every column"
SEALED, DIGEST, PLAIN = "sealed", "digest", "plain"
# What no column of these kinds can tell: see the page.
HARMLESS = (Utc, EnumWord, sa.Integer)
Place = tuple[str, str]


def columns() -> dict[Place, sa.Column[object]]:
    """Every column of every table."""
    configure_mappers()
    return {(name, column.name): column for name, each in Row.metadata.tables.items() for column in each.columns}


def is_harmless(column: sa.Column[object]) -> bool:
    """An id, a reference to another row, a time, a word of a list, a whole number."""
    return column.name == "id" or bool(column.foreign_keys) or isinstance(column.type, HARMLESS)


def placed() -> list[tuple[Place, str, str]]:
    """What the page says: table and column, how it is kept, and why."""
    return [
        ((name, column), kept, why) for name, listed, kept, why in table(PAGE, TITLE) for column in listed.split(", ")
    ]


def test_every_column_that_could_tell_of_somebody_has_its_place() -> None:
    places = [place for place, _, _ in placed()]
    assert len(places) == len(set(places)), "a column stands there twice"
    known = columns()
    assert set(places) <= set(known), "the page names a column that is not there"
    missing = {place for place, column in known.items() if not is_harmless(column)} - set(places)
    assert not missing, f"say in {PAGE} how these are kept, and why"


def test_what_the_page_calls_sealed_is_sealed_and_nothing_else_is() -> None:
    known = columns()
    sealing = (EncryptedText, EncryptedJson, sa.LargeBinary)
    said = {place for place, kept, _ in placed() if kept == SEALED}
    assert said == {place for place, column in known.items() if isinstance(column.type, sealing)}


def test_whatever_lies_plain_has_a_reason() -> None:
    assert {kept for _, kept, _ in placed()} == {SEALED, DIGEST, PLAIN}
    assert all(len(why.split()) > 1 for _, kept, why in placed() if kept == PLAIN)


def test_each_sealed_column_is_sealed_for_its_own_place() -> None:
    """What is copied from one column into another does not open."""
    for (name, column_name), column in columns().items():
        if isinstance(column.type, EncryptedText | EncryptedJson):
            assert column.type.about == f"{name}.{column_name}"
