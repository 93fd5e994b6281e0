"""HL7 over MLLP on a real socket: every acknowledgement tells the truth, and no sender ends the listener."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import func, select

from campaigns.importing.hl7 import mllp_service
from campaigns.importing.hl7.mllp_frames import frame
from hotline import clock
from hotline.context import AppContext
from hotline.models import Discharge
from tests.integration.campaign_house import NOW

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "hl7"
Answers = list[bytes]


def case(name: str, number: str = "", year: str = "2026") -> bytes:
    """A message of the collection, of another patient where a number is given, long before today."""
    raw = (CASES / f"{name}.hl7").read_bytes().replace(b"202611", year.encode() + b"01")
    return raw.replace(b"M0001", number.encode()) if number else raw


class Sender:
    """A hospital's system that sends to the listener."""

    def __init__(self, port: int) -> None:
        """Send to this port of this machine."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._left = b""

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(raw)

    def answer(self) -> bytes:
        """The next acknowledgement."""
        while b"\x1c\r" not in self._left:
            received = self._socket.recv(1 << 16)
            if not received:
                raise ConnectionError
            self._left += received
        answer, self._left = self._left.split(b"\x1c\r", 1)
        return answer.removeprefix(b"\x0b")

    def ask(self, raw: bytes) -> bytes:
        """Send a message and get its acknowledgement."""
        self.send(frame(raw))
        return self.answer()

    def __enter__(self) -> Self:
        """It is connected."""
        return self

    def __exit__(self, *_fault: object) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@contextmanager
def listening(context: AppContext, **settings: object) -> Iterator[int]:
    """The port of a listener that runs with these settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = int(probe.getsockname()[1])
    own = replace(context, settings=context.settings.model_copy(update=settings))
    stop, listener = threading.Event(), mllp_service.Listener(own, has_consent=True)
    thread = threading.Thread(target=lambda: asyncio.run(listener.serve("127.0.0.1", found, stop)))
    thread.start()
    while True:
        try:
            socket.create_connection(("127.0.0.1", found), timeout=30).close()
            break
        except ConnectionError:
            continue
    try:
        yield found
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def port(context: AppContext) -> Iterator[int]:
    """The port of a listener that takes as many from one address as there is room for."""
    with listening(context, mllp_senders_of_a_peer=context.settings.mllp_senders) as found:
        yield found


@pytest.fixture
def sender(port: int) -> Iterator[Sender]:
    """A sender that is connected."""
    opened = Sender(port)
    yield opened
    opened.close()


def count(context: AppContext) -> int:
    """The discharges that are stored."""
    with context.database.read() as session:
        return session.scalar(select(func.count()).select_from(Discharge)) or 0


@pytest.mark.parametrize("name", ["00-good", "70-lf", "72-crcr", "80-gbk", "97-short-msh"])
def test_every_way_of_writing_is_taken_as_in_a_file_and_told_again_harmlessly(
    context: AppContext, sender: Sender, name: str
) -> None:
    assert b"MSA|AA|1\r" in sender.ask(case(name))
    assert count(context) == 1
    assert b"MSA|AA|1\r" in sender.ask(case(name))
    assert count(context) == 1


def test_each_message_of_a_batch_gets_its_own_acknowledgement(context: AppContext, sender: Sender) -> None:
    sender.send(frame(case("73-batch")))
    assert [b"MSA|AA|" + number in sender.answer() for number in (b"1", b"2")] == [True, True]
    assert count(context) == 2


def test_several_messages_in_a_packet_and_one_in_many_are_all_taken(context: AppContext, sender: Sender) -> None:
    sender.send(frame(case("00-good")) + b"\r\n" + frame(case("00-good", "M2")) + frame(case("00-good", "M3"))[:60])
    assert [b"MSA|AA" in sender.answer() for _ in range(2)] == [True, True]
    for byte in frame(case("00-good", "M3"))[60:]:
        sender.send(bytes([byte]))
    assert b"MSA|AA" in sender.answer()
    assert count(context) == 3


def test_what_cannot_be_stored_is_refused_with_its_field_and_what_cannot_be_read_is_rejected(
    context: AppContext, sender: Sender
) -> None:
    refused = sender.ask(case("00-good").replace(b"13800000011", b"12345678901"))
    assert b"MSA|AE|1|phone: " in refused
    assert b"ERR||PID^1^13|102" in refused
    assert "林".encode() not in refused
    assert b"MSA|AR|" in sender.ask(b"nonsense")
    assert b"MSA|AA|1" in sender.ask(case("00-good").replace(b"ADT^A03", b"ORU^R01"))
    assert count(context) == 0


def test_a_sender_that_fails_does_not_touch_the_next_message_or_the_next_sender(port: int, sender: Sender) -> None:
    sender.send(b"noise \x1c\r\x0bMSH|cut off \x0b\x0b")
    sender.send(case("00-good") + b"\x1c")  # no carriage return, and no start of its own
    answers = [sender.answer(), sender.answer()]
    assert b"MSA|AR|" in answers[0]
    assert b"MSA|AA|1" in answers[1]
    gone = Sender(port)
    gone.send(b"\x0b" + case("00-good")[:40])
    gone.close()
    assert b"MSA|AA|1" in sender.ask(case("00-good"))


def test_a_message_that_is_too_long_is_rejected_and_the_next_one_taken(sender: Sender) -> None:
    sender.send(b"\x0b")
    for _ in range(5):
        sender.send(b"x" * (1 << 20))
    sender.send(b"\x1c\r")
    assert b"MSA|AR|" in sender.answer()
    assert b"MSA|AA|1" in sender.ask(case("00-good"))


def test_more_senders_than_there_is_room_for_are_turned_away_and_the_others_served(port: int, sender: Sender) -> None:
    assert b"MSA|AA" in sender.ask(case("00-good"))
    others = [Sender(port) for _ in range(31)]
    assert b"MSA|AA" in others[-1].ask(case("00-good"))
    turned_away = Sender(port)
    with pytest.raises(ConnectionError):
        turned_away.answer()
    turned_away.close()
    others[0].close()
    assert b"MSA|AA" in sender.ask(case("00-good"))
    for other in others[1:]:
        other.close()


def test_a_fault_of_ours_is_an_error_that_is_sent_again(context: AppContext) -> None:
    listener = mllp_service.Listener(context, has_consent=True)
    with context.database.write() as session:
        session.execute(Discharge.__table__.delete())  # type: ignore[attr-defined] # a table
    context.database.engine.dispose()
    with context.database.write() as session:
        Discharge.metadata.drop_all(session.connection())
    (answer,) = listener.take(case("00-good"), NOW)
    assert b"MSA|AE|1|could not be stored" in answer
    with context.database.write() as session:
        Discharge.metadata.create_all(session.connection())
    assert b"MSA|AA|1" in listener.take(case("00-good"), clock.now())[0]
    assert count(context) == 1
