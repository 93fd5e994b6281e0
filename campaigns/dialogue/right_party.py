"""Who is on the line, and is it they? Until that is certain only `script.PRIVATE` is said. Pure. Requirement E2."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.dialogue import questions
from campaigns.dialogue.dialogue_state import Concluded, Effect, Heard, Outcome, Person, Place, Reached, Stage
from campaigns.dialogue.questions import LISTEN_SECONDS
from campaigns.dialogue.script import Script
from hotline.values.states.attempt import AttemptOutcome
from ivr.dialogue.engine import TURN
from telephony.verbs import Gather, Verb

VERIFY_TRIES = 3
SILENCES = 2
FETCH_SECONDS = 30
EVENING, MORNING = time(18, 30), time(9, 30)
NOT_VERIFIED = "not verified"


def ask_who(script: Script, person: Person, place: Place, before: tuple[str, ...] = ("greeting",)) -> tuple[Verb, ...]:
    said = tuple(questions.say(script, place, name) for name in before)
    asked = questions.say(script, place, "for_name")
    asked = replace(asked, text=asked.text.replace("{name}", person.name))
    return (questions.gather(script, place, (*said, asked, questions.say(script, place, "who"))),)


def is_it(script: Script, person: Person, place: Place, heard: Heard) -> Outcome:
    for key, name in {"1": "me", "2": "fetch", "3": "later", "4": "wrong", "5": "refuse"}.items():
        if heard.keys == key or (not heard.keys and questions.told(script, place, heard, name)):
            return _replied(script, place, name)
    failures = place.failures + 1
    if failures > SILENCES:
        # A machine, or somebody who says nothing: the number to call back, and nothing more.
        return questions.end(script, place, "silent")
    reached = (Reached(),) if heard.keys or heard.words else ()
    place = replace(place, failures=failures)
    return Outcome(
        place, ask_who(script, person, place, ("unclear", "greeting") if reached else ("greeting",)), reached
    )


def _replied(script: Script, place: Place, name: str) -> Outcome:
    match name:
        case "me":
            return verify(script, replace(place, stage=Stage.VERIFY, failures=0), (), (Reached(),))
        case "fetch":
            place = replace(place, stage=Stage.FETCHING, failures=0)
            return Outcome(place, (questions.listen(script, place, ("fetching",), FETCH_SECONDS),), (Reached(),))
        case "later":
            place = replace(place, stage=Stage.LATER, failures=0)
            return Outcome(place, (questions.listen(script, place, ("later",)),), (Reached(),))
        case "wrong":
            return questions.end(script, place, "wrong_number", Concluded(AttemptOutcome.WRONG_PERSON))
        case _:
            return questions.end(script, place, "refused", Concluded(AttemptOutcome.REFUSED))


def fetched(script: Script, person: Person, place: Place, heard: Heard, now: datetime) -> Outcome:
    if heard.keys or questions.told(script, place, heard, "me"):
        return verify(script, replace(place, stage=Stage.VERIFY, failures=0))
    if place.failures + 1 >= SILENCES:
        later_at = now + timedelta(hours=1)
        return questions.end(script, place, "nobody", Concluded(AttemptOutcome.CALL_LATER, "not fetched", later_at))
    del person
    place = replace(place, failures=place.failures + 1)
    return Outcome(place, (questions.listen(script, place, ("fetching",), FETCH_SECONDS),))


def later(script: Script, person: Person, place: Place, heard: Heard, now: datetime) -> Outcome:
    if heard.keys not in {"1", "2", "3"} and place.failures + 1 < SILENCES:
        place = replace(place, failures=place.failures + 1)
        return Outcome(place, (questions.listen(script, place, ("unclear", "later")),))
    at = later_at(heard.keys, person.zone, now)
    return questions.end(script, place, "later_noted", Concluded(AttemptOutcome.CALL_LATER, later_at=at))


def later_at(key: str, zone: ZoneInfo, now: datetime) -> datetime:
    """When to call again: `1` in an hour, `2` this evening, `3` (and whoever names nothing) tomorrow morning."""
    if key == "1":
        return now + timedelta(hours=1)
    local = now.astimezone(zone)
    evening = datetime.combine(local.date(), EVENING, zone)
    if key == "2" and evening > now:
        return evening.astimezone(now.tzinfo)
    at = EVENING if key == "2" else MORNING
    return datetime.combine(local.date() + timedelta(days=1), at, zone).astimezone(now.tzinfo)


def verify(script: Script, place: Place, before: tuple[str, ...] = (), effects: tuple[Effect, ...] = ()) -> Outcome:
    said = tuple(questions.say(script, place, name) for name in (*before, "verify", "verify_number"))
    return Outcome(place, (Gather(TURN, said, 6, LISTEN_SECONDS, "#"),), effects)


def failed(script: Script, place: Place, heard: Heard) -> Outcome:
    """The check did not succeed: once more, or the end."""
    failures = place.failures + 1
    if failures >= VERIFY_TRIES:
        return questions.end(script, place, "verify_failed", Concluded(AttemptOutcome.WRONG_PERSON, NOT_VERIFIED))
    return verify(script, replace(place, failures=failures), ("verify_wrong",) if heard.keys else ("unclear",))


def is_they(person: Person, keys: str) -> bool:
    """Whether the keys are the year and day of birth (six) or the last four digits of the hospital number."""
    if person.birth_date is not None and keys == f"{person.birth_date:%Y%d}":
        return True
    return len(person.number_end) == 4 and keys == person.number_end
