"""Whole calls with audio whose processes are killed in the middle of them."""

from datetime import timedelta

from hotline import clock
from hotline.models import Call, Offer, QueueEntry, Transcript
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recording import RecordingState
from telephony.provider import connect
from tests.calls.stage import IGNORES, NUMBER, Stage, agent, agents, asks_and_hangs_up, patient


def test_a_router_killed_while_phones_ring_loses_no_caller_and_leaves_no_agent_stuck(house: Stage) -> None:
    first_is_deaf = (agent(1, IGNORES), *agents(numbers=range(2, 5)))
    with house.phones(patient("+8613900000005", *asks_and_hangs_up()), *first_is_deaf):
        house.wait(lambda: house.rows(Offer, Offer.state == OfferState.RINGING), 40, "a phone that rings")
        house.kill("router")
        call = house.ended("+8613900000005")
    assert call.outcome is CallOutcome.ANSWERED
    house.wait(house.nothing_is_stuck, 60, "a quiet floor")
    assert len(house.rows(Offer, Offer.call_id == call.id, Offer.state == OfferState.ANSWERED)) == 1


def test_a_worker_killed_at_work_costs_seconds_and_no_recording(house: Stage) -> None:
    with house.phones(patient("+8613900000006", *asks_and_hangs_up()), *agents()):
        call = house.ended("+8613900000006")
    house.wait(
        lambda: house.recording(call).state in {RecordingState.READY, RecordingState.STORED},
        20,
        "work on the recording",
    )
    house.kill("worker")
    house.wait(lambda: house.recording(call).state is RecordingState.TRANSCRIBED, 40, "a transcript all the same")
    assert len(house.rows(Transcript, Transcript.call_id == call.id)) == 1
    house.wait(house.nothing_is_stuck, 30, "no work left")


def test_caller_in_the_menu_hears_no_error_when_voice_and_console_are_killed(house: Stage) -> None:
    lines = len(house.lines)
    with house.phones(patient("+8613900000007", *asks_and_hangs_up()), *agents()):
        house.wait(lambda: house.call("+8613900000007"), 30, "a caller in the menu")
        house.kill("voice")
        house.kill("console")
        call = house.ended("+8613900000007")
    assert call.outcome is CallOutcome.ANSWERED
    failed = ("document_failed", "fallback_failed", "action_failed", "callback_failed")
    assert not [line for line in house.lines[lines:] if '["exchange"' in line and any(each in line for each in failed)]


def test_an_exchange_that_dies_ends_its_calls_and_frees_everyone(house: Stage) -> None:
    stays = patient("+8613900000008", {"wait": 60})
    with house.phones(stays, *agents()):
        house.wait(lambda: house.call("+8613900000008", status=CallStatus.TALKING), 40, "a conversation")
        house.kill("exchange")
        call = house.ended("+8613900000008")
        house.wait(house.nothing_is_stuck, 60, "a quiet floor")
    assert isinstance(call, Call)
    # Where the end of the agent's line is reported before that of the caller's, the caller is led back into line first.
    first, *again = sorted(house.rows(QueueEntry, QueueEntry.call_id == call.id), key=lambda row: row.id)
    assert (first.state, call.outcome) == (QueueEntryState.CONNECTED, CallOutcome.ANSWERED)
    assert all(row.requeue_reason and row.state is QueueEntryState.ABANDONED for row in again)


def test_a_call_that_came_while_the_webhooks_did_not_answer_is_found_and_listed(house: Stage) -> None:
    provider = connect(house.context.settings)
    since = clock.now() - timedelta(minutes=1)
    lost = {"address": "+8613900000010", "at": 0, "dial": NUMBER, "steps": [{"wait": 1}, "hang_up"]}
    house.freeze("voice")
    with house.phones(lost):
        house.wait(
            lambda: [c for c in provider.inbound(NUMBER, since) if c.caller_text == "+8613900000010" and c.ended_at],
            20,
            "a call that ended at the exchange",
        )
    house.kill("voice")
    call = house.ended("+8613900000010")
    assert call.outcome in {CallOutcome.FAILED, CallOutcome.LEFT_IN_MENU}
    provider.close()
