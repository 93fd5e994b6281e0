"""The script of a phone, as values. It touches no file and no call. Pure."""

from dataclasses import dataclass

from exchange.phone.yaml_document import SourceLocation

LONGEST_WAIT = 60.0
END_OF_TURN = 0.7


@dataclass(frozen=True)
class LetTimePass:
    """Let time pass; the end of the call cuts it short."""

    seconds: float


@dataclass(frozen=True)
class WaitForAnswer:
    timeout: float = LONGEST_WAIT
    required: bool = True


@dataclass(frozen=True)
class WaitForPrompt:
    """Wait until the far end plays something whose text or address matches.

    It may have begun before this step, unless `fresh`; but not before the last key, and none counts twice.
    """

    pattern: str
    state: str = "start"
    timeout: float = LONGEST_WAIT
    required: bool = True
    fresh: bool = False


@dataclass(frozen=True)
class WaitForSilence:
    seconds: float
    timeout: float = LONGEST_WAIT
    required: bool = True


@dataclass(frozen=True)
class WaitForSpeechEnd:
    """Wait until the other side has spoken since our own last words, and has then been quiet; prompts do not count."""

    quiet: float = END_OF_TURN
    timeout: float = LONGEST_WAIT
    required: bool = True


@dataclass(frozen=True)
class WaitForHangUp:
    timeout: float = LONGEST_WAIT
    required: bool = True


@dataclass(frozen=True)
class Press:
    keys: str


@dataclass(frozen=True)
class Speak:
    """Play a WAV file into the call; a relative path starts at the script's folder."""

    file: str


@dataclass(frozen=True)
class HangUp:
    pass


@dataclass(frozen=True)
class Expect:
    """Fail unless this sound is heard, or this message has come or comes, in time."""

    heard: str | None = None
    event: str | None = None
    timeout: float = 10.0


Action = (
    LetTimePass
    | WaitForAnswer
    | WaitForPrompt
    | WaitForSilence
    | WaitForSpeechEnd
    | WaitForHangUp
    | Press
    | Speak
    | HangUp
    | Expect
)


@dataclass(frozen=True)
class ScriptStep:
    """One action and where it was written."""

    name: str
    place: SourceLocation
    action: Action


@dataclass(frozen=True)
class OnRing:
    """How a call is taken: exactly one of these is set."""

    answer_after_rings: int | None = None
    answer_after_seconds: float | None = None
    ignore: bool = False
    reject: bool = False
    busy: bool = False


@dataclass(frozen=True)
class IncomingPlan:
    """One incoming call: how it is taken, and what is then done."""

    on_ring: OnRing = OnRing(answer_after_rings=1)
    steps: tuple[ScriptStep, ...] = ()


@dataclass(frozen=True)
class PlayActor:
    """One phone of a play; `incoming` are its calls in order, the last one again and again.

    Phones of one `crew` share that order: the first call goes to whoever is rung first, and so on.
    """

    address: str
    at: float = 0.0
    dial: str | None = None
    steps: tuple[ScriptStep, ...] = ()
    incoming: tuple[IncomingPlan, ...] = ()
    crew: str | None = None
