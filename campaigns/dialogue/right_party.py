"""Right-party verification: until it is certain that it is the patient, only `script.PRIVATE` is said. Pure.

Requirement E2.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.dialogue import questions
from campaigns.dialogue.dialogue_state import (
    Conclude,
    DialogueDecision,
    DialogueState,
    Effect,
    NoteReached,
    PatientTurn,
    RightParty,
    Stage,
)
from campaigns.dialogue.questions import LISTEN_SECONDS
from campaigns.dialogue.script import Script
from hotline.values.states.attempt import AttemptOutcome
from ivr.dialogue.engine import TURN
from telephony.verbs import Gather, Verb

VERIFY_TRIES = 3
SILENCES = 2
FETCH_SECONDS = 30
EVENING, MORNING = time(18, 30), time(9, 30)
NOT_VERIFIED = "not_verified"


def ask_who(
    script: Script, party: RightParty, state: DialogueState, before: tuple[str, ...] = ("greeting",)
) -> tuple[Verb, ...]:
    said = tuple(questions.say(script, state, name) for name in before)
    asked = questions.say(script, state, "for_name")
    asked = replace(asked, text=asked.text.replace("{name}", party.name))
    return (questions.gather(script, state, (*said, asked, questions.say(script, state, "who"))),)


def is_it(script: Script, party: RightParty, state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    for key, name in {"1": "me", "2": "fetch", "3": "later", "4": "wrong", "5": "refuse"}.items():
        if turn.keys == key or (not turn.keys and questions.told(script, state, turn, name)):
            return _replied(script, state, name)
    failures = state.failures + 1
    if failures > SILENCES:
        # A machine, or somebody who says nothing: the number to call back, and nothing more.
        return questions.end(script, state, "silent")
    reached = (NoteReached(),) if turn.keys or turn.words else ()
    state = replace(state, failures=failures)
    return DialogueDecision(
        state, ask_who(script, party, state, ("unclear", "greeting") if reached else ("greeting",)), reached
    )


def _replied(script: Script, state: DialogueState, name: str) -> DialogueDecision:
    match name:
        case "me":
            return verify(script, replace(state, stage=Stage.VERIFY, failures=0), (), (NoteReached(),))
        case "fetch":
            state = replace(state, stage=Stage.FETCHING, failures=0)
            return DialogueDecision(
                state, (questions.listen(script, state, ("fetching",), FETCH_SECONDS),), (NoteReached(),)
            )
        case "later":
            state = replace(state, stage=Stage.LATER, failures=0)
            return DialogueDecision(state, (questions.listen(script, state, ("later",)),), (NoteReached(),))
        case "wrong":
            return questions.end(script, state, "wrong_number", Conclude(AttemptOutcome.WRONG_PERSON))
        case _:
            return questions.end(script, state, "refused", Conclude(AttemptOutcome.REFUSED))


def fetched(
    script: Script, party: RightParty, state: DialogueState, turn: PatientTurn, now: datetime
) -> DialogueDecision:
    if turn.keys or questions.told(script, state, turn, "me"):
        return verify(script, replace(state, stage=Stage.VERIFY, failures=0))
    if state.failures + 1 >= SILENCES:
        postponed_until = now + timedelta(hours=1)
        return questions.end(
            script, state, "nobody", Conclude(AttemptOutcome.CALL_LATER, "not_fetched", postponed_until)
        )
    del party
    state = replace(state, failures=state.failures + 1)
    return DialogueDecision(state, (questions.listen(script, state, ("fetching",), FETCH_SECONDS),))


def later(
    script: Script, party: RightParty, state: DialogueState, turn: PatientTurn, now: datetime
) -> DialogueDecision:
    if turn.keys not in {"1", "2", "3"} and state.failures + 1 < SILENCES:
        state = replace(state, failures=state.failures + 1)
        return DialogueDecision(state, (questions.listen(script, state, ("unclear", "later")),))
    at = postponed_until(turn.keys, party.zone, now)
    return questions.end(script, state, "later_noted", Conclude(AttemptOutcome.CALL_LATER, postponed_until=at))


def postponed_until(key: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when to call again: `1` in an hour, `2` this evening, `3` (and whoever names nothing) tomorrow morning."""
    if key == "1":
        return now + timedelta(hours=1)
    local = now.astimezone(zone)
    evening = datetime.combine(local.date(), EVENING, zone)
    if key == "2" and evening > now:
        return evening.astimezone(now.tzinfo)
    at = EVENING if key == "2" else MORNING
    return datetime.combine(local.date() + timedelta(days=1), at, zone).astimezone(now.tzinfo)


def verify(
    script: Script, state: DialogueState, before: tuple[str, ...] = (), effects: tuple[Effect, ...] = ()
) -> DialogueDecision:
    said = tuple(questions.say(script, state, name) for name in (*before, "verify", "verify_number"))
    return DialogueDecision(state, (Gather(TURN, said, 6, LISTEN_SECONDS, "#"),), effects)


def failed(script: Script, state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    """Ask once more after a check that did not succeed, or end the call."""
    failures = state.failures + 1
    if failures >= VERIFY_TRIES:
        return questions.end(script, state, "verify_failed", Conclude(AttemptOutcome.WRONG_PERSON, NOT_VERIFIED))
    return verify(script, replace(state, failures=failures), ("verify_wrong",) if turn.keys else ("unclear",))


def is_they(party: RightParty, keys: str) -> bool:
    """Return whether the keys are the year and day of birth (six) or the last four digits of the hospital number."""
    if party.birth_date is not None and keys == f"{party.birth_date:%Y%d}":
        return True
    return len(party.number_end) == 4 and keys == party.number_end
