"""The keyring: what it seals opens with its key, in its place, and nowhere else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotline.encryption.keyring import Keyring, Undecipherable, is_bound, key_id, new_key, new_key_id
from hotline.errors import ConfigError
from hotline.models.sealed import apart

IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=16)
RINGS = st.dictionaries(IDS, st.binary(min_size=32, max_size=32), min_size=1, max_size=4)
PLACES = st.tuples(st.sampled_from(["patients.name", "patients.number", "cases.text"]), IDS)


@given(RINGS, st.binary(), PLACES, st.data())
def test_what_is_sealed_in_a_row_opens_there_with_any_ring_that_has_the_key(
    keys: dict[str, bytes], plain: bytes, place: tuple[str, str], data: st.DataObject
) -> None:
    ring = Keyring(keys)
    ring.use(data.draw(st.sampled_from(sorted(keys))))
    sealed = ring.encrypt_in_row(plain, *place)
    assert (key_id(sealed), is_bound(sealed)) == (ring.current, True)
    again = Keyring(dict(data.draw(st.permutations(list(keys.items())))))
    assert again.decrypt_in_row(sealed, *place) == plain


@given(st.binary(), PLACES, PLACES)
def test_what_is_sealed_in_a_row_opens_in_no_other_row_or_column(
    plain: bytes, place: tuple[str, str], other: tuple[str, str]
) -> None:
    assume(place != other)
    ring = Keyring({"k": b"1" * 32})
    sealed = ring.encrypt_in_row(plain, *place)
    with pytest.raises(Undecipherable):
        ring.decrypt_in_row(sealed, *other)
    with pytest.raises(Undecipherable):
        ring.decrypt(sealed, place[0])


@given(st.binary(), PLACES, st.data())
def test_no_byte_can_be_changed(plain: bytes, place: tuple[str, str], data: st.DataObject) -> None:
    ring = Keyring({"k": b"1" * 32})
    sealed = bytearray(ring.encrypt_in_row(plain, *place))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Undecipherable):
        ring.decrypt_in_row(bytes(sealed), *place)


def test_what_was_sealed_for_the_column_alone_still_opens_in_it() -> None:
    ring = Keyring({"k": b"1" * 32})
    sealed = ring.encrypt(b"Mary Lin", "patients.name")
    assert not is_bound(sealed)
    assert ring.decrypt_in_row(sealed, "patients.name", "r1") == b"Mary Lin"
    with pytest.raises(Undecipherable):
        ring.decrypt_in_row(sealed, "patients.number", "r1")


@given(RINGS)
def test_a_ring_is_written_as_it_is_read(keys: dict[str, bytes]) -> None:
    again = Keyring.parse(Keyring(keys).text())
    assert list(again.keys.items()) == list(keys.items())
    assert again.current == next(iter(keys))


@pytest.mark.parametrize("other", [new_key, lambda: ""])
def test_two_keys_of_one_id_are_refused(other: object) -> None:
    first = new_key()
    second = other() or first  # type: ignore[operator] # one of the functions above
    with pytest.raises(ConfigError, match="two keys have the id k1"):
        Keyring.parse(f"k1:{first},k1:{second}")


@pytest.mark.parametrize("key", ["", "a b", "x" * 17, "中", "a\tb"])
def test_an_id_that_cannot_be_written_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="HOTLINE_KEYS"):
        Keyring.parse(f"{key}:{new_key()}")


def test_ids_of_new_keys_are_made_by_chance_and_can_be_read() -> None:
    made = {new_key_id() for _ in range(200)}
    assert len(made) == 200
    assert Keyring.parse(",".join(f"{key}:{new_key()}" for key in made)).keys.keys() == made


def test_there_is_no_index_before_its_key_is_known() -> None:
    ring = Keyring({"k": b"1" * 32})
    with pytest.raises(Undecipherable, match="index"):
        ring.index("+8613800000001")
    ring.index_key = b"2" * 32
    assert ring.index("+8613800000001") == Keyring({"other": b"3" * 32}, b"2" * 32).index("+8613800000001")


@given(IDS, PLACES, st.booleans())
def test_a_row_and_what_is_sealed_in_it_are_told_apart(row: str, place: tuple[str, str], is_old: bool) -> None:
    ring = Keyring({"key-of-16-signs-": b"1" * 32})
    sealed = ring.encrypt(b"x", place[0]) if is_old else ring.encrypt_in_row(b"x", *place)
    assert apart(row.encode() + sealed) == (row, sealed)
