"""No process starts with other keys than those that its database was sealed with, on both databases."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import text

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context, open_unchecked
from hotline.database.start_check import RENEWED_EVERY
from hotline.encryption import keyring, known_keys
from hotline.encryption.keyring import Keyring, Undecipherable, key_id
from hotline.errors import ConfigError
from hotline.models import KnownKey, Patient, StoredSecret
from tests.conftest import make_settings
from tests.integration.test_sealed_rows import a_patient

FIRST, SECOND, THIRD = (base64.urlsafe_b64encode(sign * 32).decode() for sign in (b"1", b"2", b"3"))


def with_keys(settings: Settings, keys: str) -> Settings:
    return settings.model_copy(update={"hotline_keys": SecretStr(keys)})


@pytest.fixture
def house(settings: Settings) -> Settings:
    """A house that was started once with one key, and knows a patient."""
    chosen = with_keys(settings, f"k1:{FIRST}")
    with open_context(chosen) as context, context.database.write() as session:
        number = "+8613800000001"
        session.add(a_patient("01", number=number, number_index=context.keyring.index(number)))
    return chosen


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (f"k1:{SECOND}", "do not open data under the key id k1"),
        (f"k2:{SECOND}", "k1 is missing"),
        (f"k2:{FIRST}", "k1 is missing"),
        (f"k2:{SECOND},k1:{THIRD}", "do not open data under the key id k1"),
    ],
)
def test_a_process_with_other_keys_does_not_start_and_says_what_to_do(house: Settings, keys: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        open_context(with_keys(house, keys))
    assert "HOTLINE_KEYS" in str(refused.value)
    assert "secrets.json" in str(refused.value)
    assert "\n" not in str(refused.value)
    with open_context(house) as context, context.database.read() as session:
        assert session.get_one(Patient, "01").name == "name of 01"


def test_a_new_key_in_front_seals_nothing_before_it_is_chosen(house: Settings) -> None:
    with open_context(with_keys(house, f"k2:{SECOND},k1:{FIRST}")) as new, open_context(house) as old:
        assert (new.keyring.current, old.keyring.current) == ("k1", "k1")
        with new.database.write() as session:
            session.add(a_patient("02"))
        with old.database.read() as session:
            assert session.get_one(Patient, "02").name == "name of 02"


def test_a_key_that_never_sealed_may_be_left_out_again_but_no_other_may_have_its_id(house: Settings) -> None:
    open_context(with_keys(house, f"k2:{SECOND},k1:{FIRST}")).close()
    open_context(house).close()
    with pytest.raises(ConfigError, match="under the key id k2"):
        open_context(with_keys(house, f"k2:{THIRD},k1:{FIRST}"))


def test_running_processes_follow_the_choice_and_the_index_stays(house: Settings) -> None:
    both = with_keys(house, f"k2:{SECOND},k1:{FIRST}")
    with open_context(both) as one, open_context(both) as other:
        index = other.keyring.index("x")
        known_keys.choose(one.database, one.keyring, "k2", clock.now())
        assert other.keyring.current == "k1"
        with time_machine.travel(clock.now() + RENEWED_EVERY + timedelta(seconds=1)), other.database.write() as session:
            session.add(a_patient("02"))
        assert (other.keyring.current, other.keyring.index("x")) == ("k2", index)
    with pytest.raises(ConfigError, match="k2 is missing"):
        open_context(house)


def test_a_process_that_lacks_the_chosen_key_goes_on_with_its_own(house: Settings) -> None:
    with open_context(house) as old, open_context(with_keys(house, f"k2:{SECOND},k1:{FIRST}")) as new:
        known_keys.choose(new.database, new.keyring, "k2", clock.now())
        known_keys.follow(old.database, old.keyring)
        assert old.keyring.current == "k1"


def before_the_keys_were_known(settings: Settings, keys: str) -> None:
    """A house as it was before: two keys, the older one makes the index, nothing is bound to its row."""
    ring = Keyring.parse(keys)
    number = "+8613800000001"
    index = keyring.digest(list(ring.keys.values())[-1], number)
    with open_unchecked(with_keys(settings, keys)) as context, context.database.write() as session:
        session.add(a_patient("01", number=number, number_index=index))
        session.flush()
        name = ring.encrypt(b"old name", "patients.name", "k1")
        sealed = {"name": name, "number": ring.encrypt(number.encode(), "patients.number", "k2")}
        session.execute(text("UPDATE patients SET name = :name, number = :number"), sealed)


def test_an_existing_house_keeps_its_index_and_its_current_key(settings: Settings) -> None:
    keys = f"k2:{SECOND},k1:{FIRST}"
    before_the_keys_were_known(settings, keys)
    with open_context(with_keys(settings, keys)) as context, context.database.read() as session:
        patient = session.get_one(Patient, "01")
        assert (patient.name, patient.number_index) == ("old name", context.keyring.index(patient.number))
        assert context.keyring.current == "k2"
    with pytest.raises(ConfigError, match="k1 is missing"):
        open_context(with_keys(settings, f"k2:{SECOND}"))


@pytest.mark.parametrize("keys", [f"k2:{SECOND}", f"k2:{THIRD},k1:{FIRST}", f"k1:{THIRD}"])
def test_an_existing_house_is_never_given_to_keys_that_do_not_open_it(settings: Settings, keys: str) -> None:
    before_the_keys_were_known(settings, f"k2:{SECOND},k1:{FIRST}")
    with pytest.raises(ConfigError, match="HOTLINE_KEYS"):
        open_context(with_keys(settings, keys))
    with open_unchecked(settings) as context, context.database.read() as session:
        assert session.query(KnownKey).count() == 0
        assert session.query(StoredSecret).count() == 0


def test_two_that_start_first_at_the_same_time_have_one_index(settings: Settings) -> None:
    chosen = with_keys(settings, f"k1:{FIRST}")
    with open_unchecked(chosen) as one, open_unchecked(chosen) as other:
        now = clock.now()
        known_keys.prove(one.database, one.keyring, now)
        known_keys._begin(other.database, other.keyring, now)  # it had looked before the first one wrote
        known_keys.prove(other.database, other.keyring, now)
        assert one.keyring.index("x") == other.keyring.index("x")


def test_keys_that_were_forgotten_are_written_down_again_and_the_index_stays(house: Settings) -> None:
    with open_context(house) as context:
        index = context.keyring.index("x")
        with context.database.write() as session:
            session.query(KnownKey).delete()
        known_keys.follow(context.database, context.keyring)
        assert context.keyring.current == "k1"
    with pytest.raises(ConfigError, match="do not open"):
        open_context(with_keys(house, f"k1:{SECOND}"))
    with open_context(house) as context:
        assert (context.keyring.index("x"), context.keyring.current) == (index, "k1")


def test_a_lost_index_key_stops_the_start(house: Settings) -> None:
    with open_unchecked(house) as context, context.database.write() as session:
        session.query(StoredSecret).delete()
    with pytest.raises(ConfigError, match="index"):
        open_context(house)


def test_where_the_database_is_away_the_start_goes_on_and_nothing_is_written_unproven(
    tmp_path: Path, redis_server: str
) -> None:
    away = make_settings(tmp_path, f"sqlite:///{tmp_path}/missing/hotline.db", redis_server, hotline_keys=f"k1:{FIRST}")
    with open_context(away) as context:
        with pytest.raises(Undecipherable):
            context.keyring.index("x")
        (tmp_path / "missing").mkdir()
        _fill(away)
        with context.database.write() as session:
            session.add(a_patient("01"))
        assert context.keyring.index("x")
    assert key_id(_sealed(away)) == "k1"


def _fill(settings: Settings) -> None:
    from hotline.models import Row

    with open_unchecked(settings) as context:
        Row.metadata.create_all(context.database.engine)


def _sealed(settings: Settings) -> bytes:
    with open_unchecked(settings) as context, context.database.read() as session:
        return bytes(session.execute(text("SELECT name FROM patients")).scalar_one())


def test_grounds_of_tests_are_proven(context: AppContext) -> None:
    assert context.keyring.index_key is not None
