"""Replacing a key: everything is sealed anew, whenever it is stopped and whatever is written meanwhile."""

import hashlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, insert, select
from sqlalchemy import update as change

from cli.commands.keys import SETTLED
from cli.local import embedded, sealed_data, secrets_file
from cli.main import group
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context, open_unchecked
from hotline.database.database import Database
from hotline.encryption import known_keys, resealing
from hotline.encryption.keyring import Keyring, key_id, new_key
from hotline.encryption.sealed_columns import Place, places
from hotline.errors import ConfigError
from hotline.models import Call, KnownKey, Patient, Prompt, Recording
from hotline.models.sealed import in_row
from hotline.values.language import Language
from hotline.values.states.recording import RecordingState
from recordings.storage import sealed_sound_service, service
from tests.integration.test_known_keys import FIRST, SECOND, with_keys
from tests.integration.test_sealed_rows import NOW, a_patient
from tests.integration.test_tables_checked import as_environment
from tests.support.servers import wait_for

BOTH = f"k2:{SECOND},k1:{FIRST}"
NAME, NUMBER = Place("patients", "name"), Place("patients", "number")
MANY = 2500


def run(settings: Settings, *words: str) -> tuple[int, str]:
    environment = {name.upper(): value for name, value in as_environment(settings).items()}
    done = CliRunner().invoke(group, ["keys", *words], env=environment)
    return done.exit_code, (done.output + str(done.exception or "")).lstrip()


def fill(settings: Settings, count: int) -> None:
    """Patients of the first key; every other one is sealed as before rows were bound."""
    with open_context(with_keys(settings, f"k1:{FIRST}")) as context, context.database.write() as session:
        facts = {"language": Language.ENGLISH, "added_at": NOW, "changed_at": NOW}
        flags = dict.fromkeys(("limited_mobility", "cardiac", "diabetic", "flagged", "do_not_call", "deceased"), False)
        rows = [
            {
                "id": f"{n:05}",
                "name": f"name {n}",
                "number": f"number {n}",
                "number_index": "n",
                "identity_index": f"{n}",
            }
            | facts
            | flags
            for n in range(count)
        ]
        session.execute(insert(Patient.__table__), [in_row(Patient, row) for row in rows])  # type: ignore[arg-type] # a table
        for n in range(0, count, 2):
            old = {
                place.column: context.keyring.encrypt(f"{place.column} {n}".encode(), place.name) for place in (NAME,)
            }
            session.execute(change(NAME.raw).where(NAME.row == f"{n:05}").values(**old))


def resealed(settings: Settings) -> int:
    with open_unchecked(settings) as context, context.database.read() as session:
        begins = func.substr(NUMBER.sealed, 1, 3) == NUMBER.head("k2")
        return session.scalar(select(func.count()).select_from(NUMBER.raw).where(begins)) or 0


def test_rotate_goes_on_where_it_was_killed(settings: Settings) -> None:
    fill(settings, MANY)
    both = with_keys(settings, BOTH)
    environment = os.environ | {name.upper(): value for name, value in as_environment(both).items()}
    chance = random.Random(8)  # noqa: S311 (the same moments in every run)
    for aim in sorted(chance.randrange(MANY) for _ in range(3)):
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "keys", "rotate", "--yes"], env=environment, stderr=subprocess.PIPE
        )
        wait_for(lambda aim=aim, process=process: resealed(both) > aim or process.poll() is not None, 60)  # type: ignore[misc] # the defaults
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with open_context(both) as context, context.database.read() as session:
            names = dict(session.execute(select(Patient.id, Patient.name)).all())
            assert names == {f"{n:05}": f"name {n}" for n in range(MANY)}
    code, said = run(both, "rotate", "--yes")
    assert code == 0, said
    with open_context(both) as context:
        assert resealing.left(context.database, context.keyring) == 0
        assert sealed_data.counted(context.database, context.objects, ["k1", "k2"]).of("k1") == 0
    assert run(both, "rotate", "--yes")[1] == "0 values and 0 files were sealed with k2.\n"


def test_rotate_loses_nothing_of_what_is_written_meanwhile(settings: Settings) -> None:
    fill(settings, 600)
    both = with_keys(settings, BOTH)
    wanted = {f"{n:05}": f"name {n}" for n in range(600)}
    over = threading.Event()
    with open_context(both) as ours, open_context(both) as theirs:

        def write() -> None:
            chance, number = random.Random(9), 0  # noqa: S311 (the same rows in every run)
            while not over.is_set():
                number += 1
                key = f"{chance.randrange(600):05}"
                with theirs.database.write() as session:
                    session.get_one(Patient, key).name = f"written {number}"
                    session.add(a_patient(f"x{number:05}"))
                wanted[key], wanted[f"x{number:05}"] = f"written {number}", f"name of x{number:05}"

        writer = threading.Thread(target=write)
        writer.start()
        try:
            known_keys.choose(ours.database, ours.keyring, "k2", clock.now())
            resealing.reseal(ours.database, ours.keyring, lambda _: known_keys.follow(theirs.database, theirs.keyring))
        finally:
            over.set()
            writer.join()
        resealing.reseal(ours.database, ours.keyring, lambda _: None)
        assert resealing.left(ours.database, ours.keyring) == 0
        with ours.database.read() as session:
            assert dict(session.execute(select(Patient.id, Patient.name)).all()) == wanted


def test_what_no_key_opens_stays_and_is_named(settings: Settings) -> None:
    fill(settings, 3)
    both = with_keys(settings, BOTH)
    with open_context(both) as context, context.database.write() as session:
        stolen = session.execute(select(NAME.sealed).where(NAME.row == "00001")).scalar_one()
        session.execute(change(NAME.raw).where(NAME.row == "00002").values(name=stolen))
    code, said = run(both, "rotate", "--yes")
    assert (code, "patients.name of 00002" in said) == (1, True)
    with open_context(both) as context:
        assert resealing.left(context.database, context.keyring) == 1


def test_what_is_bound_to_its_column_alone_is_bound_to_its_row_without_a_new_key(settings: Settings) -> None:
    fill(settings, 4)
    one = with_keys(settings, f"k1:{FIRST}")
    with open_context(one) as context:
        assert sealed_data.counted(context.database, context.objects, ["k1"]).values["k1"].unbound == 2
    assert run(one, "rotate") == (0, "2 values and 0 files were sealed with k1.\n")
    with open_context(one) as context, context.database.read() as session:
        assert sealed_data.counted(context.database, context.objects, ["k1"]).values["k1"].unbound == 0
        assert session.scalars(select(Patient.name).order_by(Patient.id)).all() == [f"name {n}" for n in range(4)]


def test_every_kind_of_seal_is_counted_and_sealed_anew(settings: Settings) -> None:
    with open_context(with_keys(settings, f"k1:{FIRST}")) as context, context.database.write() as session:
        call = Call(
            id="c", provider_sid="CA", language=Language.ENGLISH, started_at=NOW, last_report_at=NOW, dialogue_state={}
        )
        session.add(call)
        session.flush()
        context.objects.put("recordings/old", b"old sound", service.sealing_context("old"))
        lock = sealed_sound_service.put(context.objects, context.keyring, "recordings/new", "new", [b"new sound"])
        whole: dict[str, Any] = {"blob": "recordings/old", "data_key": None}
        for name, facts in {"old": whole, "new": {"blob": lock.blob, "data_key": lock.data_key}}.items():
            recording = Recording(id=name, provider_sid=name, call_id="c", key_id="k1", size=9, started_at=NOW, **facts)
            recording.digest = hashlib.sha256(f"{name} sound".encode()).hexdigest()
            recording.state = RecordingState.STORED
            session.add(recording)
        context.objects.put("prompts/d", b"spoken", about="prompts/d")
        session.add(Prompt(digest="d", language=Language.ENGLISH, text="x", blob="prompts/d"))
        session.add(a_patient("01"))
    both = with_keys(settings, BOTH)
    assert run(both, "rotate", "--yes") == (0, "8 values and 2 files were sealed with k2.\n")
    with open_context(with_keys(settings, BOTH)) as context:
        with context.database.read() as session:
            old, new = session.get_one(Recording, "old"), session.get_one(Recording, "new")
        for recording, sound in ((old, b"old sound"), (new, b"new sound")):
            assert service.decrypted_wav(context.objects, context.keyring, recording) == sound
        assert (old.key_id, new.key_id, old.data_key is not None) == ("k2", "k2", True)
        assert not context.objects.has("recordings/old")
        assert context.objects.get("prompts/d", "prompts/d") == b"spoken"
        assert key_id(context.objects.sealed("prompts/d")) == "k2"
        counts = sealed_data.counted(context.database, context.objects, ["k1", "k2"])
        assert (counts.of("k1"), counts.strange) == (0, 0)
    assert {place.name for place in places()} >= {"recordings.data_key", "stored_secrets.sealed", "utterances.words"}


def test_a_key_is_retired_only_when_nothing_is_sealed_with_it(settings: Settings) -> None:
    fill(settings, 3)
    both = with_keys(settings, BOTH)
    open_context(both).close()
    assert "k1 seals" in run(both, "retire", "k1")[1]
    with open_context(both) as context:
        index = context.keyring.index("x")
        known_keys.choose(context.database, context.keyring, "k2", clock.now())
    assert "less than a minute" in run(both, "retire", "k1")[1]
    with time_machine.travel(clock.now() + 2 * SETTLED):
        assert "k1 still seals 19 values" in run(both, "retire", "k1")[1]
        assert run(both, "rotate", "--yes")[0] == 0
        code, said = run(both, "retire", "k1")
    assert (code, f"HOTLINE_KEYS=k2:{SECOND}\n" in said) == (0, True), said
    with open_context(with_keys(settings, f"k2:{SECOND}")) as context, context.database.read() as session:
        assert context.keyring.index("x") == index
        assert len(session.scalars(select(Patient.name)).all()) == 3
    with pytest.raises(ConfigError, match="under the key id k1"):
        open_context(with_keys(settings, f"k2:{SECOND},k1:{new_key()}"))


def test_add_prints_the_new_value_once_where_the_environment_holds_the_keys(settings: Settings) -> None:
    fill(settings, 1)
    code, said = run(with_keys(settings, f"k1:{FIRST}"), "add")
    assert code == 0
    value = next(line for line in said.splitlines() if line.startswith("HOTLINE_KEYS=")).partition("=")[2]
    ring = Keyring.parse(value)
    assert list(ring.keys)[1:] == ["k1"]
    added = with_keys(settings, value)
    assert f"{ring.current} was added already" in str(_restarted(added))
    code, said = run(added, "list")
    assert (code, "waits for rotate" in said, FIRST in said) == (0, True, False)


def _restarted(settings: Settings) -> str:
    open_context(settings).close()
    return run(settings, "add")[1]


# Under `hotline up` the keys lie in secrets.json.


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder as `hotline up` makes it, whose database was made; nothing runs."""
    folder = tmp_path / "home"
    monkeypatch.setattr(os, "environ", {**os.environ, "HOTLINE_HOME": str(folder)})
    for name in ("HOTLINE_KEYS", "DATABASE_URL"):
        os.environ.pop(name, None)
    up(folder)
    return folder


def up(folder: Path) -> AppContext:
    """What `hotline up` does before it starts its processes."""
    plan = embedded.plan(folder, {"HOTLINE_HOME": str(folder), "REDIS_URL": "redis://127.0.0.1:1/0"})
    context = open_unchecked(Settings.model_validate({name.lower(): text for name, text in plan.environment.items()}))
    from cli.local import upgrade

    upgrade.upgrade(context.database, context.keyring)
    embedded.write(folder, plan.environment)
    context.close()
    return context


def keys_of(folder: Path) -> list[str]:
    return list(Keyring.parse(secrets_file.read(folder)["HOTLINE_KEYS"]).keys)


def hotline(*words: str) -> tuple[int, str]:
    before = dict(os.environ)
    done = CliRunner().invoke(group, list(words))
    os.environ.clear()
    os.environ.update(before)
    return done.exit_code, done.output + str(done.exception or "")


def test_a_key_is_added_to_the_file_chosen_after_a_restart_and_retired(home: Path) -> None:
    [first] = keys_of(home)
    assert hotline("keys", "add")[0] == 0
    new, old = keys_of(home)
    assert old == first
    copies = sorted(home.glob("secrets.json.*"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home / "secrets.json", *copies)] == [0o600, 0o600]
    assert json.loads(copies[0].read_text("utf-8"))["HOTLINE_KEYS"].startswith(f"{first}:")
    assert "restart `hotline up`" in hotline("keys", "rotate")[1]
    up(home)
    assert hotline("keys", "rotate")[0] == 0
    with time_machine.travel(clock.now() + 2 * SETTLED):
        assert hotline("keys", "retire", first)[0] == 0
    assert keys_of(home) == [new]
    up(home)


def test_up_never_makes_new_keys_for_a_database_that_holds_data(home: Path) -> None:
    kept = (home / "secrets.json").read_bytes()
    (home / "secrets.json").unlink()
    with pytest.raises(ConfigError, match="HOTLINE_KEYS is gone"):
        up(home)
    assert not (home / "secrets.json").exists()
    (home / "secrets.json").write_bytes(kept)
    up(home)


def test_up_never_makes_new_keys_for_a_database_elsewhere_that_holds_data(
    tmp_path: Path, settings: Settings, database_url: str
) -> None:
    fill(settings, 1)
    environment = {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1/0"}
    with pytest.raises(ConfigError, match="HOTLINE_KEYS is gone"):
        embedded.plan(tmp_path / "another", environment)
    plan = embedded.plan(tmp_path / "another", environment | {"HOTLINE_KEYS": f"k1:{FIRST}"})
    assert plan.environment["HOTLINE_KEYS"] == f"k1:{FIRST}"
    assert "HOTLINE_KEYS" not in secrets_file.read(tmp_path / "another")


def test_no_keys_are_made_while_the_database_cannot_be_looked_at(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    with pytest.raises(ConfigError, match="cannot be looked at"):
        embedded.plan(tmp_path / "another", environment)
    assert secrets_file.read(tmp_path / "another") == {}


def test_a_damaged_file_of_secrets_is_named_and_left_alone(home: Path) -> None:
    (home / "secrets.json").write_text('{"HOTLINE_KEYS": "k1:', "utf-8")
    with pytest.raises(ConfigError, match=r"secrets\.json: cannot be read"):
        up(home)
    assert (home / "secrets.json").read_text("utf-8") == '{"HOTLINE_KEYS": "k1:'


def test_ids_of_keys_that_are_made_differ_from_house_to_house(tmp_path: Path) -> None:
    environment = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    for name in ("one", "other"):
        embedded.plan(tmp_path / name, environment)
    assert keys_of(tmp_path / "one") != keys_of(tmp_path / "other")


def test_doctor_and_a_server_say_in_one_line_that_keys_are_others(settings: Settings) -> None:
    fill(settings, 1)
    wrong = with_keys(settings, f"k1:{SECOND}")
    environment = {name.upper(): value for name, value in as_environment(wrong).items()}
    done = CliRunner().invoke(group, ["doctor"], env=environment)
    assert done.exit_code == 1
    assert "Loss of keys" in " ".join(done.output.split())
    server = "import console.serve; console.serve.app()"
    told = subprocess.run(
        [sys.executable, "-c", server],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        check=False,
        encoding="utf-8",
    )
    assert (told.returncode, told.stderr.count("\n")) == (3, 1)
    assert "HOTLINE_KEYS" in told.stderr


def test_known_keys_are_written_once(settings: Settings) -> None:
    fill(settings, 1)
    with open_context(with_keys(settings, f"k1:{FIRST}")) as context, context.database.read() as session:
        assert session.scalars(select(KnownKey.id)).all() == ["k1"]
        assert isinstance(context.database, Database)
