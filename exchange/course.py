"""One leg following TwiML: fetches documents, performs their verbs in order, falls back, and never leaves silence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

import structlog

from exchange import ssml, twiml
from exchange.call import Leg
from exchange.errors import CallError, DocumentError, WebhookError
from exchange.office import Office
from exchange.sound import Pcm, Quiet
from exchange.speak import SpeechError
from exchange.twiml import Element
from exchange.webhook import Response, Target

log = structlog.get_logger(__name__)
UNKNOWN_VERB, CONTENT_TYPE, TOO_LARGE, LOOP = 12100, 12300, 11750, 12400
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html", "application/xhtml+xml", ""})
MOST_DOCUMENTS_AT_ONCE = 50
MOST_TRACED_BYTES = 4096
APOLOGY = (
    ("zh-CN", "对不起,系统暂时无法为您服务,请稍后再拨。"),
    ("en-US", "We are sorry, an application error has occurred. Goodbye."),
)
SILENT_VERBS = frozenset({"Reject"})


class End(Enum):
    """How a course came to its end."""

    RAN_OUT = auto()
    HANG_UP = auto()
    LEAVE = auto()


@dataclass(frozen=True)
class Goto:
    """Go on with the document behind this address."""

    target: Target
    params: Mapping[str, str]


@dataclass(frozen=True)
class Inline:
    """Go on with TwiML that was handed over with a request."""

    body: bytes


Step = Goto | End | None
Beginning = Goto | Inline | tuple[Element, ...]
Perform = Callable[["Course", Element], Awaitable[Step]]
Verbs = Mapping[str, Perform]


class Course:
    """The documents one leg follows, one after the other.

    `extra` gives parameters that every request carries besides the standard ones, such as the place in a queue.
    """

    def __init__(
        self, office: Office, leg: Leg, verbs: Verbs, extra: Callable[[], Mapping[str, str]] | None = None
    ) -> None:
        self.office = office
        self.leg = leg
        self.verbs = verbs
        self.here = Target("")
        self._extra = extra or dict
        self._rush_since = -1.0
        self._rush = 0

    def branch(self, extra: Callable[[], Mapping[str, str]] | None = None) -> "Course":
        """A course beside this one, for a document within a document: music while waiting, a whisper."""
        other = Course(self.office, self.leg, self.verbs, extra)
        other.here = self.here
        return other

    async def follow(self, beginning: Beginning) -> End:
        """Until a document runs out or a verb ends it; CallError when one cannot be had or read."""
        step: Beginning | End | None = beginning
        while step is not None and not isinstance(step, End):
            step = await self.perform(await self._elements(step))
        return step or End.RAN_OUT

    async def _elements(self, step: Beginning) -> tuple[Element, ...]:
        if isinstance(step, Goto):
            return await self.fetch(step)
        return self._known(twiml.parse(step.body) if isinstance(step, Inline) else step)

    async def fetch(self, goto: Goto) -> tuple[Element, ...]:
        """Ask the application and read its answer."""
        self._check_rush(goto.target.url)
        self.here = goto.target
        params = self.leg.facts.parameters() | dict(self._extra()) | dict(goto.params)
        self.leg.trace("request", method=goto.target.method, url=goto.target.url, params=params)
        response = await self.office.webhooks.ask(goto.target, params, self.leg.cookies)
        self.here = Target(response.url or goto.target.url, goto.target.method)
        kind, body = response.content_type, response.body[:MOST_TRACED_BYTES]
        shown = {} if kind.startswith("audio/") else {"body": body.decode("utf-8", "replace")}
        self.leg.trace("response", status=response.status, url=self.here.url, content_type=kind, **shown)
        return self._known(read(response))

    def _known(self, elements: tuple[Element, ...]) -> tuple[Element, ...]:
        for element in elements:
            if element.name not in self.verbs:
                message = (
                    f"line {element.line}: {element.name} is not a verb; known are {', '.join(sorted(self.verbs))}"
                )
                raise DocumentError(UNKNOWN_VERB, message, self.here.url)
        return elements

    async def perform(self, elements: tuple[Element, ...]) -> Step:
        """The verbs in order, until one leads elsewhere."""
        for element in elements:
            if element.name not in SILENT_VERBS and not _answers_later(element):
                self.leg.answer()
            self.leg.trace("verb", verb=element.name, line=element.line, attributes=dict(element.attributes))
            step = await self.verbs[element.name](self, element)
            if step is not None:
                return step
        return None

    def goto(self, element: Element, params: Mapping[str, str], name: str = "action", method: str = "method") -> Goto:
        """Where an element's action (or another of its addresses) leads, with what it reports."""
        return Goto(self.here.join(element.string(name), element.method(method)), params)

    def notify(self, element: Element, params: Mapping[str, str]) -> None:
        """Report to an element's action although nobody is left to hear the answer."""
        if element.string("action"):
            target = self.here.join(element.string("action"), element.method())
            told = self.leg.facts.parameters() | dict(params)
            self.office.webhooks.later(self._deliver(target, told))

    async def _deliver(self, target: Target, params: Mapping[str, str]) -> None:
        try:
            await self.office.webhooks.ask(target, params, self.leg.cookies)
        except WebhookError as error:
            # The call is over or elsewhere; the application's sweep is what notices.
            self.fault("action_failed", error)

    def fault(self, event: str, error: CallError) -> None:
        """Write down, and show to a telephone that asked, what the application did wrong."""
        log.warning(event, call_id=self.leg.sid, code=error.code, url=error.url, reason=error.message)
        self.leg.trace("error", code=error.code, message=error.message, url=error.url, fault=event)

    def calm_down(self) -> None:
        """A fallback is not part of the circle that led to it."""
        self._rush = 0

    def _check_rush(self, url: str) -> None:
        """A document that leads to itself without a sound would ask for ever."""
        now = self.office.ticker.seconds
        if now - self._rush_since > 1.0:
            self._rush_since, self._rush = now, 0
        self._rush += 1
        if self._rush > MOST_DOCUMENTS_AT_ONCE:
            raise DocumentError(
                LOOP, "the documents lead in a circle without a sound; end one of them, or let it pause", url
            )


def read(response: Response) -> tuple[Element, ...]:
    """The verbs of an answer: TwiML, or sound to be played, or plain text to be said; nothing at all is no verb."""
    kind = response.content_type
    if response.status == 204:
        return ()
    if kind.startswith("audio/"):
        return (Element("Play", {}, response.url),)
    if kind == "text/plain":
        return _plain(response)
    if kind not in XML_TYPES:
        raise DocumentError(CONTENT_TYPE, f"content type {kind} is no document; answer with text/xml", response.url)
    if len(response.body) > twiml.LARGEST_BYTES:
        raise DocumentError(TOO_LARGE, "the document is larger than 64 kB; split it with Redirect", response.url)
    try:
        return twiml.parse(response.body)
    except DocumentError as error:
        raise DocumentError(error.code, error.message, response.url) from error


def _plain(response: Response) -> tuple[Element, ...]:
    """Plain text that is TwiML is followed, any other is said."""
    try:
        return twiml.parse(response.body)
    except DocumentError:
        text = response.body.decode("utf-8", "replace")
        return (Element("Say", {}, text, content=(text,)),)


async def run(course: Course, beginning: Beginning) -> None:
    """A leg's whole work: its document, else its fallback, else an apology; then it hangs up."""
    leg = course.leg
    try:
        await course.follow(beginning)
        leg.answer()
    except CallError as error:
        course.fault("document_failed", error)
        await _fall_back(course, error)
    except Exception:
        # A fault of ours: the caller is told and the loop's handler writes it down, for it goes on below.
        await _apologise(course)
        leg.end()
        raise
    leg.end()


async def _fall_back(course: Course, error: CallError) -> None:
    told = {"ErrorCode": str(error.code), "ErrorUrl": error.url}
    try:
        if course.leg.fallback:
            course.calm_down()
            await course.follow(Goto(course.leg.fallback, told))
            return
    except CallError as second:
        course.fault("fallback_failed", second)
    await _apologise(course)


async def _apologise(course: Course) -> None:
    course.leg.answer()
    for language, words in APOLOGY:
        await say(course, (words,), language)


async def say(course: Course, pieces: tuple[ssml.Piece, ...], language: str, times: int = 1) -> None:
    """Speak to the leg; a synthesiser that fails costs the words, not the call."""
    text = ssml.words(pieces)
    try:
        pcm = await ssml.sound(course.office.voice, pieces, language)
    except SpeechError as error:
        log.warning("speech_failed", call_id=course.leg.sid, reason=str(error))
        return
    course.leg.trace("say", text=text, language=language, loop=times)
    prompt = partial(course.leg.line.tell, "prompt", call=course.leg.sid, verb="Say", text=text)
    prompt(state="start")
    try:
        await course.leg.play(Pcm(pcm, times))
    finally:
        prompt(state="end")


async def wait_with(course: Course, goto: Goto | None, music: bytes, is_repeated: bool = True) -> End:
    """Play to somebody who waits, for ever: the document, or music where there is none.

    A queue's document is asked for again and again; after a conference's there is silence, but sound goes on.
    """
    while goto:
        began = course.office.ticker.count
        try:
            elements = await course.fetch(goto)
            step = await course.perform(elements)
            end = step if isinstance(step, End) else End.RAN_OUT if step is None else await course.follow(step)
            is_sound = step is None and [(each.name, each.line) for each in elements] == [("Play", 0)]
        except CallError as error:
            course.fault("wait_document_failed", error)
            await course.leg.play(Pcm(music))
            continue
        if end is not End.RAN_OUT:
            return end
        if not (is_repeated or is_sound):
            await course.leg.play(Quiet())
        if course.office.ticker.count - began < 50:
            # An empty document must not be asked for more than once a second.
            await course.office.ticker.sleep(1.0)
    await course.leg.play(Pcm(music, times=0))
    return End.RAN_OUT


async def cancelled(task: asyncio.Task[End]) -> None:
    """Stop a task and wait until it has cleaned up."""
    task.cancel()
    await asyncio.wait({task})


def _answers_later(element: Element) -> bool:
    return element.name == "Dial" and element.flag("answerOnBridge", False)
