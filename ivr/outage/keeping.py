"""What callers hear while nothing can be asked of the database: words, music, another try every few seconds.

Pure: the documents are functions of how long a caller has waited. Nothing here needs more than this process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hotline.values.language import Language
from hotline.values.states.leg import LegStatus
from ivr.prompts.melody import PIECE_SECONDS
from telephony.turn import Turn
from telephony.verbs import DialNumber, Gather, Hangup, Leave, Play, Prompting, Redirect, Say, Verb
from telephony.webhook_urls import FALLBACK

# After so many seconds without the service a caller is connected with the number of `OUTAGE_NUMBER`; who is not
# reached there is kept on, and connected again as much later.
LEAD_AFTER_SECONDS = 60
# Without such a number callers are kept so long; then they are told that they will be called back.
LONGEST_SECONDS = 600
WORDS_EVERY_SECONDS = 30
LEAD_RINGS_SECONDS = 45

WORDS: Mapping[str, Mapping[Language, str]] = {
    "kept": {
        Language.MANDARIN: "很抱歉，系统暂时出现故障，正在恢复，请不要挂机。"
        "万一断线，我们会给您回电。紧急情况请拨打120。",
        Language.ENGLISH: "We are sorry. We have a technical problem. Please hold, it will pass. "
        "If you are cut off, we will call you back. In an emergency, dial 120.",
    },
    "kept_key": {
        Language.MANDARIN: "如需立即与值班人员通话，请按任意数字键。",
        Language.ENGLISH: "To speak to somebody on duty at once, press any number.",
    },
    "kept_still": {
        Language.MANDARIN: "系统仍在恢复，请继续等候。",
        Language.ENGLISH: "We are still working on it. Please hold.",
    },
    "kept_led": {
        Language.MANDARIN: "正在为您转接值班人员，请稍候。",
        Language.ENGLISH: "We are connecting you to somebody on duty. Please hold.",
    },
    "kept_goodbye": {
        Language.MANDARIN: "很抱歉，系统仍未恢复，我们会尽快给您回电。紧急情况请拨打120。再见。",
        Language.ENGLISH: "We are sorry. It is not over yet. We will call you back as soon as we can. "
        "In an emergency, dial 120. Goodbye.",
    },
}


@dataclass(frozen=True)
class Wait:
    """A caller who is kept: since when (seconds since 1970), how many seconds by now, and the next bit of music."""

    since: float
    seconds: float
    music: Play

    @property
    def address(self) -> str:
        """Return the query by which the next document knows since when."""
        return f"since={self.since:.0f}"


def prompts() -> Iterator[tuple[str, Language, str]]:
    """Return what is said here: names, languages, texts."""
    for name, texts in WORDS.items():
        yield from ((name, language, text) for language, text in texts.items())


def kept(wait: Wait, number: str, turn: Turn, caller_id: str) -> tuple[Verb, ...]:
    """Return what a caller hears next who asked for help and cannot be helped yet; `number` is whom they are led to."""
    again = f"{FALLBACK}?{wait.address}"
    if turn.dial_status in {LegStatus.COMPLETED, LegStatus.ANSWERED}:
        return (Hangup(),)  # they have spoken to somebody
    if number and (turn.digits or wait.seconds >= LEAD_AFTER_SECONDS):
        lead = DialNumber(number, caller_id, FALLBACK, LEAD_RINGS_SECONDS)
        return (*_say("kept_led"), lead)
    if wait.seconds >= LONGEST_SECONDS:
        return (*_say("kept_goodbye"), Hangup())
    said: tuple[Prompting, ...] = ()
    if wait.seconds < 1:
        said = (*_say("kept"), *(_say("kept_key") if number else ()))
    elif wait.seconds % WORDS_EVERY_SECONDS < PIECE_SECONDS:
        said = _say("kept_still")
    if number:
        return (Gather(again, (*said, wait.music), 1, 1), Redirect(again))
    return (*said, wait.music, Redirect(again))


def in_queue(wait: Wait, path: str, number: str) -> tuple[Verb, ...]:
    """Return what a caller in line hears.

    Music, until they are to be led to `number`; then they leave the line for it.
    """
    if number and wait.seconds >= LEAD_AFTER_SECONDS:
        return (Leave(),)
    return (wait.music, Redirect(f"{path}?{wait.address}"))


def once_more(wait: Wait, path: str) -> tuple[Verb, ...]:
    """Return what another line hears (a patient we call, an agent who picked up).

    The same is asked again for a minute.
    """
    if wait.seconds >= LEAD_AFTER_SECONDS:
        return (*_say("kept_goodbye"), Hangup())
    said = _say("kept_still") if wait.seconds < 1 else ()
    return (*said, wait.music, Redirect(f"{path}?{wait.address}"))


def _say(name: str) -> tuple[Say, ...]:
    return tuple(Say(text, language) for language, text in WORDS[name].items())
