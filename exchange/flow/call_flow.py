"""One leg following TwiML: fetch documents and perform their verbs in order, until one leads elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import structlog

from exchange.calls.leg import CallLeg
from exchange.core.errors import CallError, DocumentError, WebhookError
from exchange.flow.context import ExchangeContext
from exchange.webhooks import twiml
from exchange.webhooks.document import read
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import WebhookTarget

log = structlog.get_logger(__name__)
UNKNOWN_VERB, LOOP = 12100, 12400
MOST_DOCUMENTS_AT_ONCE = 50
MOST_TRACED_BYTES = 4096
SILENT_VERBS = frozenset({"Reject"})


class FlowEnd(Enum):
    """How a call flow came to its end."""

    RAN_OUT = auto()
    HANG_UP = auto()
    LEAVE = auto()


@dataclass(frozen=True)
class Goto:
    """Go on with the document behind this address."""

    target: WebhookTarget
    params: Mapping[str, str]


@dataclass(frozen=True)
class Inline:
    """Go on with TwiML that was handed over with a request."""

    body: bytes


Step = Goto | FlowEnd | None
Beginning = Goto | Inline | tuple[Element, ...]
Perform = Callable[["CallFlow", Element], Awaitable[Step]]
Verbs = Mapping[str, Perform]


class CallFlow:
    """The documents one leg follows, one after the other.

    `extra` gives parameters that every request carries besides the standard ones, such as the place in a queue.
    """

    def __init__(
        self, context: ExchangeContext, leg: CallLeg, verbs: Verbs, extra: Callable[[], Mapping[str, str]] | None = None
    ) -> None:
        self.context = context
        self.leg = leg
        self.verbs = verbs
        self.here = WebhookTarget("")
        self._extra = extra or dict
        self._unknown = UNKNOWN_VERB
        self._rush_since = -1.0
        self._rush = 0

    def branch(
        self, extra: Callable[[], Mapping[str, str]] | None = None, only: Collection[str] = (), code: int = UNKNOWN_VERB
    ) -> "CallFlow":
        """Return a flow beside this one for a document within a document; verbs but `only` these
        are the fault `code`.
        """
        verbs = {name: verb for name, verb in self.verbs.items() if name in only} if only else self.verbs
        other = CallFlow(self.context, self.leg, verbs, extra)
        other.here, other._unknown = self.here, code
        return other

    async def follow(self, beginning: Beginning) -> FlowEnd:
        """Follow documents until one runs out or a verb ends the flow. Raises `CallError` when one cannot be fetched or
        read.
        """
        step: Beginning | FlowEnd | None = beginning
        while step is not None and not isinstance(step, FlowEnd):
            step = await self.perform(await self._elements(step))
        return step or FlowEnd.RAN_OUT

    async def _elements(self, step: Beginning) -> tuple[Element, ...]:
        if isinstance(step, Goto):
            return await self.fetch(step)
        return self._known(twiml.parse(step.body) if isinstance(step, Inline) else step)

    async def fetch(self, goto: Goto) -> tuple[Element, ...]:
        """Ask the application for a document and read its answer."""
        self._check_loop(goto.target.url)
        self.here = goto.target
        params = self.leg.facts.parameters() | dict(self._extra()) | dict(goto.params)
        self.leg.trace("request", method=goto.target.method, url=goto.target.url, params=params)
        response = await self.context.webhooks.ask(goto.target, params, self.leg.cookies)
        self.here = WebhookTarget(response.url or goto.target.url, goto.target.method)
        kind, body = response.content_type, response.body[:MOST_TRACED_BYTES]
        shown = {} if kind.startswith("audio/") else {"body": body.decode("utf-8", "replace")}
        self.leg.trace("response", status=response.status, url=self.here.url, content_type=kind, **shown)
        return self._known(read(response))

    def _known(self, elements: tuple[Element, ...]) -> tuple[Element, ...]:
        for element in elements:
            if element.name not in self.verbs:
                message = (
                    f"line {element.line}: {element.name} is not a verb here; known are {', '.join(sorted(self.verbs))}"
                )
                raise DocumentError(self._unknown, message, self.here.url)
        return elements

    async def perform(self, elements: tuple[Element, ...]) -> Step:
        """Perform the verbs in order, until one leads elsewhere."""
        for element in elements:
            if element.name not in SILENT_VERBS and not _answers_later(element):
                self.leg.answer()
            self.leg.trace("verb", verb=element.name, line=element.line, attributes=dict(element.attributes))
            step = await self.verbs[element.name](self, element)
            if step is not None:
                return step
        return None

    def goto(self, element: Element, params: Mapping[str, str], name: str = "action", method: str = "method") -> Goto:
        """Return where an element's action (or another of its addresses) leads, with what it reports."""
        return Goto(self.here.join(element.string(name), element.method(method)), params)

    def notify(self, element: Element, params: Mapping[str, str]) -> None:
        """Report to an element's action although nobody is left to hear the answer."""
        if element.string("action"):
            target = self.here.join(element.string("action"), element.method())
            parameters = self.leg.facts.parameters() | dict(params)
            self.context.webhooks.later(self._deliver(target, parameters))

    async def _deliver(self, target: WebhookTarget, params: Mapping[str, str]) -> None:
        try:
            await self.context.webhooks.ask(target, params, self.leg.cookies)
        except WebhookError as error:
            # The call is over or elsewhere; the application's sweep is what notices.
            self.fault("action_failed", error)

    def fault(self, event: str, error: CallError) -> None:
        """Log, and show to a telephone that asked for a trace, what the application did wrong."""
        log.warning(event, call_id=self.leg.sid, code=error.code, url=error.url, reason=error.message)
        self.leg.trace("error", code=error.code, message=error.message, url=error.url, fault=event)

    def reset_loop_guard(self) -> None:
        """Reset the loop guard: a fallback is not part of the loop that led to it."""
        self._rush = 0

    def _check_loop(self, url: str) -> None:
        """Raise for a document that leads to itself without a sound: it would be asked for ever."""
        now = self.context.ticker.seconds
        if now - self._rush_since > 1.0:
            self._rush_since, self._rush = now, 0
        self._rush += 1
        if self._rush > MOST_DOCUMENTS_AT_ONCE:
            raise DocumentError(
                LOOP, "the documents lead in a circle without a sound; end one of them, or let it pause", url
            )


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has cleaned up."""
    task.cancel()
    await asyncio.wait({task})


def _answers_later(element: Element) -> bool:
    return element.name == "Dial" and element.flag("answerOnBridge", default=False)
