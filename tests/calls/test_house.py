"""Whole calls through every process, with audio."""

import json
import wave
from pathlib import Path

from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.models import AutoScore, Offer, Row
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.call import CallOutcome
from hotline.values.states.offer import OfferState
from recordings.storage.audio import read_wav
from reports.service_level import figures
from tests.calls.stage import (
    ANSWER,
    GREETING,
    IGNORES,
    QUESTION,
    Stage,
    agent,
    agents,
    asks_and_hangs_up,
    heard,
    patient,
    picks_up,
    stage,
    words_of,
)
from tests.support.hearing import error_rate

CALLS = Path("../shared/audio/calls")


def test_a_call_is_answered_recorded_encrypted_and_can_be_read(house: Stage) -> None:
    with house.phones(patient("+8613900000001", *asks_and_hangs_up()), *agents()):
        call = house.ended("+8613900000001")
    assert (call.outcome, call.intent, call.queue) == (CallOutcome.ANSWERED, Intent.BOOKING, "booking")
    rings = figures.caller_rings(call, 1.0)
    assert rings is not None
    assert rings <= 3
    transcript = house.transcript(call)
    recording = house.recording(call)
    assert recording.channels == 2
    assert recording.deleted_at_provider_at is not None or house.wait(
        lambda: house.recording(call).deleted_at_provider_at, 20, "deletion at the exchange"
    )
    assert not house.context.objects.sealed(recording.blob or "").startswith(b"RIFF")
    for speaker, files in (("agent", (GREETING, ANSWER)), ("caller", (QUESTION,))):
        said = (words_of(file) for file in files)
        assert error_rate(said, heard(transcript, speaker), Language.ENGLISH) < 0.5
    greeted = (AutoScore.call_id == call.id, AutoScore.item == "greeting")
    [mark] = house.wait(lambda: house.rows(AutoScore, *greeted), 20, "marks")
    assert (mark.probability or 0.0) > 0.5


def line_of(call: str, speaker: str, folder: Path) -> tuple[str, str]:
    """The first line of a speaker in a shared call, cut out for this test: its file and its words."""
    told = json.loads((CALLS / f"{call}.json").read_text("utf-8"))
    line = next(each for each in told["utterances"] if each["speaker"] == speaker)
    channel = read_wav((CALLS / f"{call}.wav").read_bytes()).channels[told["channels"].index(speaker)]
    file = folder / f"{call}-{speaker}.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(channel[int(line["start"] * 8000) : int(line["end"] * 8000) + 800].tobytes())
    return str(file), line["text"]


def test_a_call_in_mandarin_is_answered_and_read_in_mandarin(house: Stage, tmp_path: Path) -> None:
    greeting, _ = line_of("zh-booking-good", "agent", tmp_path)
    question, asked = line_of("zh-booking-good", "caller", tmp_path)
    *asks, _ = asks_and_hangs_up(question)
    rates = [
        {"wait_for_prompt": {"pattern": ".", "timeout": 30}},
        {"press": "5"},
        {"wait_for_hang_up": {"timeout": 20}},
    ]
    caller = patient("+8613900000003", *asks, *rates, language="1")
    answers = picks_up(greeting=greeting)
    answers["steps"][-1] = "hang_up"  # so that the caller is asked for a rating
    with house.phones(caller, *agents(answers)):
        call = house.ended("+8613900000003")
    assert (call.outcome, call.language, call.rating) == (CallOutcome.ANSWERED, Language.MANDARIN, 5)
    transcript = house.transcript(call)
    assert error_rate([asked], heard(transcript, "caller"), Language.MANDARIN) < 0.5
    greeted = (AutoScore.call_id == call.id, AutoScore.item == "greeting")
    [mark] = house.wait(lambda: house.rows(AutoScore, *greeted), 20, "marks")
    assert mark.answer is not ItemAnswer.NO  # it may be unsure of plain synthetic speech, never against the agent


def test_who_does_not_pick_up_costs_the_caller_nothing_and_the_offer_widens(house: Stage) -> None:
    deaf = (agent(1, IGNORES), *agents(numbers=range(2, 5)))
    with house.phones(patient("+8613900000002", *asks_and_hangs_up()), *deaf):
        call = house.ended("+8613900000002")
    offers = sorted(house.rows(Offer, Offer.call_id == call.id), key=lambda offer: offer.started_at)
    assert [offer.state for offer in offers] == [OfferState.CANCELLED, OfferState.ANSWERED]
    assert offers[1].ring == 2
    rings = figures.caller_rings(call, 1.0)
    assert rings is not None
    assert 1 <= rings <= 3


def test_a_caller_who_hangs_up_in_line_stops_every_phone_at_once(house: Stage) -> None:
    gives_up = patient("+8613900000004", {"wait": 2.0}, "hang_up")
    with house.phones(gives_up, *agents(IGNORES)):
        call = house.ended("+8613900000004", 40)
        house.wait(house.nothing_is_stuck, 5, "phones that stopped ringing")
    assert call.outcome is CallOutcome.ABANDONED
    assert {offer.state for offer in house.rows(Offer, Offer.call_id == call.id)} == {OfferState.CANCELLED}


def test_the_same_call_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url, Keyring({"t": b"0" * 32}))
    Row.metadata.drop_all(database.engine)  # the house makes its own tables
    database.close()
    phones = (patient("+8613900000009", *asks_and_hangs_up()), *agents())
    with stage(tmp_path, DATABASE_URL=postgres_url) as house:
        with house.phones(*phones):
            call = house.ended("+8613900000009")
        assert call.outcome is CallOutcome.ANSWERED
        house.transcript(call)
        house.wait(house.nothing_is_stuck, 30, "no work left")
