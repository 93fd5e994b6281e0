"""HL7 over MLLP: a listener that takes ADT messages and acknowledges each with what became of it.

Accepted (AA) is what is in the database; told again, it changes nothing. No sender ends the listener.
"""

import asyncio
import ssl
import threading
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.importing import file_service, running_campaigns_service, service
from campaigns.importing.hl7 import acknowledgement, events, file, mllp_access_service
from campaigns.importing.hl7 import message as hl7_message
from campaigns.importing.hl7.acknowledgement import AcknowledgementCode, MessageOutcome
from campaigns.importing.hl7.message import HL7Message, UnreadableMessage
from campaigns.importing.hl7.mllp_access_service import SenderAccess
from campaigns.importing.hl7.mllp_frames import Frames, frame
from campaigns.importing.record import VisitRecord
from crm.feeds.rejected_field import RejectedField
from hotline import clock, log
from hotline.context import AppContext

BLOCK = 1 << 16
# A sender has so long to agree on keys.
HANDSHAKE_SECONDS = 10.0


class Listener:
    """Takes messages on one address until it is told to stop."""

    def __init__(self, context: AppContext, *, has_consent: bool) -> None:
        """Listen to a feed; `has_consent`: everyone in it has consented to be called."""
        self._context, self._has_consent = context, has_consent
        settings = context.settings
        self._largest = settings.mllp_message_megabytes << 20
        # A sender may be silent between two messages for so long, and may take so long for one.
        self._silence_seconds, self._message_seconds = settings.mllp_idle_seconds, settings.mllp_message_seconds
        self._has_news = False
        self.taken = 0

    def take(self, raw: bytes, now: datetime) -> list[bytes]:
        """Store a packet of one message or several; return the acknowledgements, one a message and in order."""
        return [answer for one in file.split(raw) for answer in self._answers(one, now)]

    def plan(self, now: datetime) -> None:
        """Have campaigns that run look at what is new; a fault here is none of the sender's."""
        if not self._has_news:
            return
        self._has_news = False
        try:
            running_campaigns_service.plan(self._context, now)
        except Exception:
            self._has_news = True
            log.get().exception("planning_failed")  # the next message, or the watched folder, has it done again

    async def serve(self, host: str, port: int, stop: threading.Event) -> None:
        """Listen on `host` and `port` until `stop` is set. Raises `ConfigError` where everybody could send."""
        door = mllp_access_service.of(self._context.settings, host)
        handshake = HANDSHAKE_SECONDS if door.tls else None

        async def sender(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._sender(door, reader, writer)

        server = await asyncio.start_server(
            sender, host, port, limit=BLOCK, ssl=door.tls, ssl_handshake_timeout=handshake
        )
        async with server:
            await asyncio.to_thread(stop.wait)

    def _answers(self, raw: bytes, now: datetime) -> list[bytes]:
        message: HL7Message | None = None
        try:
            message = hl7_message.parse(raw)
            outcome = self._outcome(message, now)
        except UnreadableMessage as fault:
            outcome = MessageOutcome(AcknowledgementCode.REJECTED, reason=str(fault))
        if outcome.code is AcknowledgementCode.ACCEPTED:
            self.taken += 1
        else:
            fields = [reject.field for reject in outcome.rejects]
            log.get().warning("message_refused", code=outcome.code.value, fields=fields)
        local = now.astimezone(ZoneInfo(self._context.settings.timezone))
        return acknowledgement.answers(message, outcome, clock.new_id()[:20], f"{local:%Y%m%d%H%M%S%z}")

    def _outcome(self, message: HL7Message, now: datetime) -> MessageOutcome:
        """Store what the message tells: all of it, or nothing."""
        items = events.read(message, 1, file_service.given(self._context.settings, now, has_consent=self._has_consent))
        rejects: list[RejectedField] = [reject for item in items if isinstance(item, list) for reject in item]
        if rejects:
            return MessageOutcome(AcknowledgementCode.ERROR, rejects)
        try:
            records = [item for item in items if isinstance(item, VisitRecord)]
            self._has_news |= service.store(self._context, records, "hl7", now).is_news
        except Exception:
            # The sender keeps the message and sends it again; the log says what was wrong with us.
            log.get().exception("message_failed")
            return MessageOutcome(AcknowledgementCode.ERROR, reason="could not be stored; send it again later")
        return MessageOutcome(AcknowledgementCode.ACCEPTED)

    async def _sender(self, door: SenderAccess, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("",))[0])
        if why := door.enter(address):
            log.get().warning("sender_turned_away", reason=why, senders=door.inside.total())
            writer.close()
            return
        try:
            await self._listen(reader, writer)
        except (TimeoutError, ConnectionError, ssl.SSLError):
            log.get().info("sender_lost")  # gone, silent or too slow; it connects again
        except Exception:
            log.get().exception("sender_failed")  # this connection ends, the listener goes on
        finally:
            door.leave(address)
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Frames(self._largest)
        deadline = asyncio.get_running_loop().time() + self._silence_seconds
        while True:
            async with asyncio.timeout_at(deadline):
                received = await reader.read(BLOCK)
            if not received:
                return
            was_within = frames.is_within
            for raw in frames.feed(received):
                await self._answer(raw, writer)
                was_within = False
            if not (was_within and frames.is_within):
                seconds = self._message_seconds if frames.is_within else self._silence_seconds
                deadline = asyncio.get_running_loop().time() + seconds

    async def _answer(self, raw: bytes | None, writer: asyncio.StreamWriter) -> None:
        now = clock.now()
        if raw is None:
            outcome = MessageOutcome(AcknowledgementCode.REJECTED, reason=f"is longer than {self._largest >> 20} MB")
            answers = acknowledgement.answers(None, outcome, clock.new_id()[:20], f"{now:%Y%m%d%H%M%S+0000}")
        else:
            answers = await asyncio.to_thread(self.take, raw, now)
        for answer in answers:
            writer.write(frame(answer))
        async with asyncio.timeout(self._message_seconds):
            await writer.drain()
        if self._has_news:
            await asyncio.to_thread(self.plan, now)
