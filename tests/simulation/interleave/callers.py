"""What callers do in the interleavings: they call, hear what is said in line, press keys, leave messages.

Each function returns "" when it cannot happen now, else what happened.
"""

import xml.etree.ElementTree as ET

from hotline.context import AppContext
from hotline.values.language import Language
from tests.simulation.interleave import arrivals
from tests.simulation.interleave.arrivals import WISHES, Caller, Wish
from tests.simulation.interleave.exchange import Exchange
from tests.simulation.interleave.lines import Line, Place
from tests.simulation.interleave.phones import named, pick
from tests.simulation.interleave.seams import Door

MOST_CALLERS = 9
# Few enough for a patient to call again who is still to be called back.
NUMBERS = tuple(f"+86138000000{number:02}" for number in range(16))
OTHER_NUMBER = "13900139000"
HIDDEN, RECORDED = 0.1, 0.05
# In line: mostly nothing; to be called back, to leave a message, an emergency. In a dialogue about a call-back more.
LINE_KEYS = ("", "", "", "", "", "1", "1", "2", "9", "5")
DIALOGUE_KEYS = ("", "", "", "1", "2", "*", "9", OTHER_NUMBER)


def arrive(context: AppContext, exchange: Exchange) -> str:
    """A caller is led into a line."""
    random = exchange.random
    busy = {line.address for line in exchange.lines.values() if line.place is not Place.ENDED}
    callers = [line for line in exchange.lines.values() if not line.is_agent and line.place is not Place.ENDED]
    free = [number for number in NUMBERS if number not in busy]
    if len(callers) >= MOST_CALLERS or not free:
        return ""
    number = None if random.random() < HIDDEN else random.choice(free)
    caller = Caller(random.choice(list(Language)), random.random() < RECORDED, number)
    wish = random.choice(WISHES)
    return f"{join(context, exchange, wish, caller).owner[-6:]} for {wish[0]} from {(number or 'hidden')[-2:]}"


def join(context: AppContext, exchange: Exchange, wish: Wish, caller: Caller) -> Line:
    """A caller's line, in line for `wish`."""
    call_id, sid = arrivals.join(context, wish, caller)
    calls = f"/voice/calls/{call_id}"
    line = Line(sid, call_id, caller.number or "hidden", False, "/voice/calls/status", place=Place.QUEUE)
    line.waits, line.action = f"{calls}/wait", f"{calls}/left"
    exchange.lines[line.sid] = line
    return line


def wait(exchange: Exchange, door: Door) -> str:
    """A caller in line asks what to hear next, or answers there with a key."""
    line = pick(exchange, Place.QUEUE, is_agent=False)
    if line is None:
        return ""
    key = exchange.random.choice(DIALOGUE_KEYS if line.dialogue else LINE_KEYS)
    return f"{named(line)} {key!r} {_hear(exchange, door, line, key)}"


def _hear(exchange: Exchange, door: Door, line: Line, key: str) -> str:
    status, text = door.post(line.dialogue or line.waits, {"CallSid": line.sid, "Digits": key})
    if status != 200:
        raise AssertionError(f"{line.dialogue or line.waits}: HTTP {status}")
    for verb in ET.fromstring(text):  # noqa: S314 (the product's own documents)
        if verb.tag == "Gather":
            line.dialogue = "" if verb.attrib["action"] == line.waits else verb.attrib["action"]
            return "listens"
        if verb.tag == "Redirect":
            line.dialogue = ""
            return "waits"
        if verb.tag in ("Leave", "Hangup"):
            exchange.obey(line, text)
            return verb.tag
    return "hears"


def answer(exchange: Exchange) -> str:
    """Who is asked for a key presses one, or none; a message is left, or not; the other number answers, or not."""
    line = pick(exchange, Place.ASKED)
    if line is None:
        return ""
    random, verb = exchange.random, line.verb
    if verb == "Record" and random.random() < 0.7:
        exchange.fetch(line, line.action, RecordingSid=exchange.keep_message(line), Digits="#")
    elif verb == "Dial":
        word = random.choice(["completed", "busy", "no-answer", "failed"])
        exchange.fetch(line, line.action, DialCallStatus=word)
    else:
        exchange.fetch(line, line.action, Digits=random.choice(DIALOGUE_KEYS) if verb == "Gather" else "")
    return f"{named(line)} {verb}"


def calm_down(exchange: Exchange, door: Door) -> None:
    """Nobody presses anything; who is in line hears what is said there."""
    for line in list(exchange.lines.values()):
        if line.place is Place.ASKED:
            exchange.fetch(line, line.action, **({"DialCallStatus": "completed"} if line.verb == "Dial" else {}))
        elif line.place is Place.QUEUE:
            _hear(exchange, door, line, "")
