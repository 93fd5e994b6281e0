"""The address of every webhook of the public voice app, one function each. Pure.

Addresses are relative, as TwiML takes them; `absolute` makes one whole for a request to the provider. Those that a
hospital has typed in at its provider are constants and never change. Query parameters carry what is no part of a route.
"""

from urllib.parse import urlencode

INCOMING_CALL = "/voice/calls"
CALL_STATUS = "/voice/calls/status"
FALLBACK = "/voice/fallback"
MISSED_PATIENT = "/voice/campaigns/back"
MENU = f"{INCOMING_CALL}?menu=1"


def absolute(voice_url: str, path: str) -> str:
    """Return the address that the provider calls from outside; `voice_url` is the setting of this name."""
    return f"{voice_url.rstrip('/')}{path}"


def _with_query(path: str, **parameters: object) -> str:
    """Append the parameters that have a value."""
    told = {name: value for name, value in parameters.items() if value not in ("", None)}
    return f"{path}?{urlencode(told)}" if told else path


# The line of a caller.


def _call(call_id: str, name: str) -> str:
    return f"{INCOMING_CALL}/{call_id}/{name}"


def menu_turn(call_id: str, number: int) -> str:
    """Return the address for a key at the menu, or none in time."""
    return _call(call_id, f"turns/{number}")


def wait(call_id: str) -> str:
    """Return the address for what a caller hears while waiting, and on hold."""
    return _call(call_id, "wait")


def queue_left(call_id: str) -> str:
    """Return the address for when the caller left the provider's queue."""
    return _call(call_id, "queue-left")


def connect(call_id: str) -> str:
    """Return the address for when the caller joins the conference with the agent who answered."""
    return _call(call_id, "connect")


def requeued(call_id: str) -> str:
    """Return the address for when the caller waits again."""
    return _call(call_id, "requeued")


def conference_left(call_id: str, queue_entry_id: str, checks: int = 0) -> str:
    """Return the address for when the caller left the conference into which this queue entry had led.

    `checks` counts how often that was asked.
    """
    return _with_query(_call(call_id, "conference-left"), entry=queue_entry_id, checks=checks or None)


def rating(call_id: str) -> str:
    """Return the address for a key after the question for a rating."""
    return _call(call_id, "rating")


def callback_turn(call_id: str, step: str, where: str, *, is_second_try: bool = False) -> str:
    """Return the address for a key in the dialogue about a callback."""
    return _with_query(_call(call_id, f"callback/{step}/{where}"), second="1" if is_second_try else None)


def overflow(call_id: str, kind: str, number: str = "") -> str:
    """Return the address for an overflow that the router leads the caller to; `number` is where it forwards to."""
    return _with_query(_call(call_id, "overflow"), kind=kind, to=number)


def forwarded(call_id: str) -> str:
    """Return the address for when the connection with another number is over, or did not come about."""
    return _call(call_id, "forwarded")


# The line of a patient who is called back.


def callback_answered(callback_id: str, attempt: int) -> str:
    """Return the address for when the patient picked up."""
    return f"/voice/callbacks/{callback_id}/{attempt}/answer"


def callback_joined(callback_id: str, attempt: int) -> str:
    """Return the address for when the patient heard who calls, and stays."""
    return f"/voice/callbacks/{callback_id}/{attempt}/join"


def callback_status(callback_id: str, attempt: int) -> str:
    """Return the address for a status callback of the patient's line."""
    return f"/voice/callbacks/{callback_id}/{attempt}/status"


# The line of an agent, and the conference.


def offer_answered(offer_id: str) -> str:
    """Return the address for when the agent picked up."""
    return f"/voice/offers/{offer_id}/answer"


def offer_status(offer_id: str) -> str:
    """Return the address for a status callback of the agent's line."""
    return f"/voice/offers/{offer_id}/status"


def offer_done(offer_id: str) -> str:
    """Return the address for when the agent left the conference."""
    return f"/voice/offers/{offer_id}/done"


def conference_events(call_id: str, offer_id: str) -> str:
    """Return the address for a status callback of the conference of a caller and this agent."""
    return _with_query(f"/voice/conferences/{call_id}/events", offer=offer_id)


def recording_events(call_id: str, kind: str = "") -> str:
    """Return the address for a status callback of a recording; `kind` where it is not of a conversation."""
    return _with_query(f"/voice/recordings/{call_id}/events", kind=kind)


# The line of a patient who is called after discharge.


def _attempt(attempt_id: str, name: str) -> str:
    return f"/voice/campaigns/attempts/{attempt_id}/{name}"


def attempt_answered(attempt_id: str) -> str:
    """Return the address for when somebody or something picked up."""
    return _attempt(attempt_id, "answer")


def attempt_turn(attempt_id: str, number: int) -> str:
    """Return the address for a key or words, or none in time."""
    return _attempt(attempt_id, f"turns/{number}")


def attempt_status(attempt_id: str) -> str:
    """Return the address for a status callback of the patient's line."""
    return _attempt(attempt_id, "status")


def attempt_machine(attempt_id: str) -> str:
    """Return the address for who answered, as the provider takes it."""
    return _attempt(attempt_id, "machine")


def attempt_known(attempt_id: str) -> str:
    """Return the address at which the line goes on once it is known who answered."""
    return _attempt(attempt_id, "known")


def attempt_unanswered(attempt_id: str) -> str:
    """Return the address for when no nurse came within the rings."""
    return _attempt(attempt_id, "unanswered")


# Sounds.


def prompt(digest: str) -> str:
    """Return the address for the sound of a prompt; the address changes with the sound, so it may be kept for ever."""
    return f"/voice/prompts/{digest}.wav"
