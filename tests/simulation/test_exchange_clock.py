"""The exchange itself on a simulated clock: hours pass at once, and its verbs do what they do in earnest."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import time_machine

from telephony.errors import ProviderDown
from tests.conftest import make_settings
from tests.simulation.exchange.engines import SENTENCE_SECONDS
from tests.simulation.exchange.exchange import SimulatedExchange
from tests.simulation.exchange.network import SITE, Faults, Mail
from tests.simulation.exchange.telephone import Line, Place

MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
AGENT = "client:agent-1"
GATHER = "<Gather action='/key' numDigits='1' timeout='5' actionOnEmptyResult='true'/>"
HELLO = f"<Response><Say>hello</Say>{GATHER}</Response>"
ROOM = "<Response><Dial action='/done'><Conference endConferenceOnExit='true'>room</Conference></Dial></Response>"


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[SimulatedExchange]:
    """An exchange without faults."""
    with time_machine.travel(MORNING, tick=False) as travel:
        settings = make_settings(tmp_path, "sqlite://", "redis://unused")
        chance = Random(1)  # noqa: S311 (chance to be repeated, not a secret)
        made = SimulatedExchange(
            settings, tmp_path / "exchange", chance, lambda seconds: travel.shift(timedelta(seconds=seconds))
        )
        made.faults = Faults(0, 0, 0)
        with closing(made):
            yield made


def rung(exchange: SimulatedExchange, seconds: int = 20) -> Line:
    """An agent's telephone, dialled by the product's own client."""
    urls = (f"{SITE}/voice/offers/o1/answer", f"{SITE}/voice/offers/o1/status")
    sid = exchange.provider.dial(AGENT, "+861066880000", *urls, seconds)
    return exchange.lines[sid]


def taken(exchange: SimulatedExchange, path: str) -> Mail:
    """The webhook in flight to this path, which is not in flight any more."""
    (mail,) = [each for each in exchange.mail if each.url == path and each.answer is not None]
    exchange.mail.remove(mail)
    return mail


def answered(exchange: SimulatedExchange, path: str, document: str) -> None:
    taken(exchange, path).deliver(200, document)
    exchange.loop.settle()


def test_a_telephone_rings_out_at_its_moment_while_no_time_passes_outside(exchange: SimulatedExchange) -> None:
    began = time.process_time()
    phone = rung(exchange, 600)
    exchange.ring(phone)
    exchange.loop.pass_time(599)
    assert phone.place is Place.RINGING
    exchange.loop.pass_time(2)
    assert (phone.place, phone.word) == (Place.ENDED, "no-answer")
    assert [mail.form["CallStatus"] for mail in exchange.mail] == ["initiated", "ringing", "no-answer"]
    assert datetime.now(UTC) == MORNING + timedelta(seconds=601)
    assert time.process_time() - began < 60


def test_a_key_and_its_absence_are_the_verbs_own(exchange: SimulatedExchange) -> None:
    caller = exchange.dial("+8613800000001")
    answered(exchange, "/arrivals", HELLO)
    places = [caller.place]
    exchange.loop.pass_time(2 * SENTENCE_SECONDS)
    assert [*places, caller.place] == [Place.DOCUMENT, Place.ASKED]
    exchange.press(caller, "1")
    mail = taken(exchange, "/key")
    assert mail.form["Digits"] == "1"
    mail.deliver(200, HELLO)
    exchange.loop.pass_time(10)
    assert taken(exchange, "/key").form["Digits"] == ""


def test_two_lines_meet_and_the_room_ends_with_the_one_it_depends_on(exchange: SimulatedExchange) -> None:
    caller, phone = exchange.dial("+8613800000001"), rung(exchange)
    answered(exchange, "/arrivals", ROOM)
    exchange.pick_up(phone)
    answered(exchange, "/voice/offers/o1/answer", ROOM)
    assert exchange.room("room") == [caller, phone]
    conference = exchange.provider.find_conference("room") or ""
    exchange.provider.hold(conference, caller.sid, f"{SITE}/wait")
    assert (caller.is_held, phone.is_held) == (True, False)
    exchange.end(phone, "completed")
    assert (caller.place, taken(exchange, "/wait").answer is None) == (Place.DOCUMENT, False)
    assert {mail.url for mail in exchange.mail if mail.answer} == {"/done"}


def test_a_document_that_comes_too_late_is_not_followed(exchange: SimulatedExchange) -> None:
    caller = exchange.dial("+8613800000001")
    late = taken(exchange, "/arrivals")
    exchange.loop.pass_time(16)
    late.deliver(200, HELLO)
    exchange.loop.settle()
    assert [mail.url for mail in exchange.mail] == ["/voice/fallback"]
    assert caller.is_asking


def test_what_was_done_although_the_answer_is_lost_is_done(exchange: SimulatedExchange) -> None:
    shares = iter([0.0, 1.0])

    def between() -> None:
        exchange.faults = Faults(down=next(shares))

    exchange.requests.between = between
    with pytest.raises(ProviderDown):
        rung(exchange)
    assert [line.address for line in exchange.dialled] == [AGENT]
