"""The verbs of a document as values: what a call is told to do next. Pure; `telephony.provider.twiml` renders them."""

from dataclasses import dataclass

from hotline.values.language import Language


@dataclass(frozen=True)
class Say:
    """Speak a text by the provider's voice, on request slowly."""

    text: str
    language: Language
    is_slow: bool = False


@dataclass(frozen=True)
class Play:
    """Play the sound at a URL, `loop` times (0: without end)."""

    url: str
    loop: int = 1


@dataclass(frozen=True)
class Pause:
    """Be silent for whole seconds."""

    seconds: int = 1


Prompting = Say | Play | Pause


@dataclass(frozen=True)
class Gather:
    """Speak, listen for keys, then ask `action` what comes next, also when no key was pressed.

    `digits` is the number of keys that ends the input at once (`None`: only `finish_on_key` or the time-out does).
    The time-out runs from the end of the prompts. With a `language`, words are understood, too: `hints` are what may be
    said, none means anything.
    """

    action: str
    prompts: tuple[Prompting, ...]
    digits: int | None
    timeout_seconds: int
    finish_on_key: str = ""
    hints: tuple[str, ...] = ()
    language: Language | None = None


@dataclass(frozen=True)
class Record:
    """Record a message after a beep, then ask `action`; where nothing was said, the document goes on below.

    A key of `finish_on_key`, five seconds of silence or `max_seconds` end it. `status_url` is told of the recording.
    """

    action: str
    status_url: str
    max_seconds: int
    finish_on_key: str = "#"


@dataclass(frozen=True)
class Redirect:
    """Go on with the document at this URL."""

    url: str


@dataclass(frozen=True)
class Enqueue:
    """Wait in the provider's queue: `wait_url` is played meanwhile, `action` asked when the caller leaves the line."""

    queue: str
    wait_url: str
    action: str


@dataclass(frozen=True)
class JoinConference:
    """Join a conference without a beep.

    `starts`: the conference begins when this line enters; `ends`: it ends when this line leaves. `action` is asked
    when the line has left, `status_url` is told of every start, end, join and leave. `wait_url` plays until the
    conference has started; empty means silence.
    """

    conference: str
    action: str
    status_url: str
    starts: bool
    ends: bool
    wait_url: str = ""


@dataclass(frozen=True)
class DialNumber:
    """Ring a number outside and connect the line with it; `action` is asked when that is over or did not come about."""

    number: str
    caller_id: str
    action: str
    timeout_seconds: int = 30


@dataclass(frozen=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True)
class Reject:
    """Refuse the call before it is answered: `busy` or `rejected`."""

    reason: str = "rejected"


@dataclass(frozen=True)
class Leave:
    """Leave the provider's queue."""


Verb = Say | Play | Pause | Gather | Record | Redirect | Enqueue | JoinConference | DialNumber | Hangup | Reject | Leave
