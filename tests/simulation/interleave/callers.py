"""What callers do in the interleavings: they call, press keys in line and in dialogues, leave messages.

Each function returns "" when it cannot happen now, else what happened.
"""

from hotline.context import AppContext
from hotline.values.language import Language
from telephony import webhook_urls
from tests.simulation.exchange.exchange import ARRIVALS, SimulatedExchange
from tests.simulation.exchange.telephone import Line, Place
from tests.simulation.interleave import arrivals
from tests.simulation.interleave.arrivals import WISHES, Caller, Wish
from tests.simulation.interleave.phones import named, pick
from tests.simulation.interleave.seams import Door

MOST_CALLERS = 9
# Few enough for a patient to call again who is still to be called back.
NUMBERS = tuple(f"+86138000000{number:02}" for number in range(16))
OTHER_NUMBER = "13900139000"
HIDDEN, RECORDED = 0.1, 0.05
# In line: to be called back, to leave a message, an emergency, or what means nothing. In a dialogue more.
NO_KEY = "5"
LINE_KEYS = ("1", "1", "2", "9", NO_KEY)
DIALOGUE_KEYS = ("", "", "", "1", "2", "*", "9", OTHER_NUMBER)


def arrive(context: AppContext, exchange: SimulatedExchange, door: Door) -> str:
    """A caller is led into a line."""
    random = exchange.random
    up = [line for line in exchange.lines.values() if line.place is not Place.ENDED]
    busy = {line.address for line in up}
    free = [number for number in NUMBERS if number not in busy]
    if sum(not line.is_agent for line in up) >= MOST_CALLERS or not free:
        return ""
    number = None if random.random() < HIDDEN else random.choice(free)
    caller = Caller(random.choice(list(Language)), random.random() < RECORDED, number)
    wish = random.choice(WISHES)
    line = join(context, exchange, door, wish, caller)
    return f"{line.owner[-6:]} for {wish[0]} from {(number or 'hidden')[-2:]}"


def join(context: AppContext, exchange: SimulatedExchange, door: Door, wish: Wish, caller: Caller) -> Line:
    """A caller's line, in line for `wish`."""
    line = exchange.dial(caller.number or "anonymous")
    (asked,) = [mail for mail in exchange.mail if mail.url == ARRIVALS]
    exchange.mail.remove(asked)
    call_id = arrivals.join(context, wish, caller, line.sid)
    asked.deliver(*door.post(webhook_urls.requeued(call_id), asked.form))
    exchange.loop.settle()
    return line


def press(exchange: SimulatedExchange) -> str:
    """A caller in line presses a key while they are listened to."""
    line = pick(exchange, Place.QUEUE, is_agent=False)
    if line is None or line.verb != "Gather":
        return ""
    key = exchange.random.choice(DIALOGUE_KEYS if _in_dialogue(line) else LINE_KEYS)
    exchange.press(line, key)
    return f"{named(line)} {key!r}" if key else ""


def _in_dialogue(line: Line) -> bool:
    return line.verb == "Gather" and line.attributes["action"] != webhook_urls.wait(line.owner)


def is_busy(line: Line) -> bool:
    """Whether somebody hears or says something that comes to an end by itself."""
    place = line.place
    return place in (Place.DOCUMENT, Place.ASKED) or (place is Place.QUEUE and _in_dialogue(line))


def answer(exchange: SimulatedExchange) -> str:
    """Who is asked for a key presses one, or none; a message is left, or not; the other number answers, or not."""
    line = pick(exchange, Place.ASKED)
    if line is None:
        return ""
    random = exchange.random
    if line.verb == "Record" and random.random() < 0.7:
        exchange.leave_message(line)
    elif line.verb == "Dial":
        _outside(exchange, line, random.choice(["answered", "busy", "no-answer", "failed"]))
    elif line.verb == "Gather":
        exchange.press(line, random.choice(DIALOGUE_KEYS))
    return f"{named(line)} {line.verb}"


def _outside(exchange: SimulatedExchange, caller: Line, word: str) -> None:
    """The number outside to which a caller was forwarded answers or not; who has answered hangs up."""
    for line in list(exchange.lines.values()):
        if line.leg.facts.parent_sid != caller.sid or line.place is Place.ENDED:
            continue
        if line.place is Place.RINGING and word == "answered":
            exchange.pick_up(line)
        else:
            exchange.end(line, "completed" if line.is_up else word)


def hear_anew(exchange: SimulatedExchange) -> None:
    """Who is in line hears anew what is said there, as after the music: they press a key that means nothing."""
    for line in list(exchange.lines.values()):
        if line.place is Place.QUEUE and line.verb == "Gather" and not _in_dialogue(line):
            exchange.press(line, NO_KEY)


def fall_silent(exchange: SimulatedExchange) -> None:
    """Who talks with a number outside has said everything."""
    for line in list(exchange.lines.values()):
        if line.place is Place.ASKED and line.verb == "Dial":
            _outside(exchange, line, "no-answer")
