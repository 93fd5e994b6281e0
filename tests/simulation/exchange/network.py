"""What the exchange sends to the application, in flight: late, doubled, out of order or lost, as a test has it.

A report is taken at once and delivered whenever it is; who asks for a document waits for the answer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from exchange.calls.media_stream import NO_SOCKETS, WebSocketConnection
from exchange.core.errors import WebhookError
from exchange.webhooks.webhook import WebhookRequest, WebhookResponse

SITE = "http://voice.test"
SOUNDS = f"{SITE}/voice/prompts/"
# What only reports have among their parameters.
REPORTS = ("CallbackSource", "StatusCallbackEvent", "RecordingStatus")


@dataclass
class Faults:
    """How often, 0 to 1, the exchange is down before or after doing what it is asked, and loses or doubles a report."""

    down: float = 0.02
    lost: float = 0.05
    doubled: float = 0.1


@dataclass(eq=False)
class Mail:
    """A webhook in flight, to this path with this form; who waits for a document waits for `answer`."""

    url: str
    form: dict[str, str]
    answer: asyncio.Future[WebhookResponse] | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether somebody still waits for the answer."""
        return self.answer is not None and not self.answer.done()

    def deliver(self, status: int, document: str) -> None:
        """Give the answer to whoever still waits for it."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(WebhookResponse(status, {"Content-Type": "text/xml"}, document.encode(), self.url))


@dataclass
class Network:
    """The way from the exchange to the application."""

    random: Random
    faults: Faults = field(default_factory=Faults)
    mail: list[Mail] = field(default_factory=list)
    _lost: set[str] = field(default_factory=set)

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        """See `Transport.send`."""
        if request.url.startswith(SOUNDS):
            return WebhookResponse(200, {"Content-Type": "audio/wav"}, b"", request.url)
        path, form = request.url.removeprefix(SITE), dict(request.params)
        if any(name in form for name in REPORTS):
            if not self._loses(form):
                self.mail.append(Mail(path, form))
            return WebhookResponse(204, {}, b"", request.url)
        mail = Mail(path, form, asyncio.get_running_loop().create_future())
        self.mail.append(mail)
        return await self._answered(mail, request.url)

    async def _answered(self, mail: Mail, url: str) -> WebhookResponse:
        assert mail.answer is not None
        answer = await mail.answer
        return WebhookResponse(answer.status, answer.headers, answer.body, url)

    def _loses(self, form: Mapping[str, str]) -> bool:
        """Whether a report is lost. Of a recording one at most: what is never heard of can be known to nobody."""
        recording = form.get("RecordingSid", "")
        if self.random.random() >= self.faults.lost or recording in self._lost:
            return False
        if recording:
            self._lost.add(recording)
        return True

    async def open(self, url: str, headers: Mapping[str, str]) -> WebSocketConnection:  # noqa: ARG002 (the protocol's)
        """See `WebSocketConnector.open`: no stream can be opened here."""
        raise WebhookError(NO_SOCKETS, "no WebSocket can be opened here", url)
