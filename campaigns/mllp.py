"""HL7 over MLLP: a listener that takes ADT messages one by one and acknowledges each once it is in the database."""

import asyncio
import threading
from datetime import datetime

from campaigns import hl7v2, inbox, sources
from campaigns.entry import Entry
from campaigns.importing import intake
from campaigns.importing.record import VisitRecord
from hotline import clock, log
from hotline.ground import Ground

START, END = b"\x0b", b"\x1c\r"
LARGEST_MESSAGE = 1 << 20
SILENCE_SECONDS = 300.0


class Listener:
    """Takes messages on one address until it is told to stop."""

    def __init__(self, ground: Ground, has_consent: bool) -> None:
        """`has_consent`: the hospital has the consent of everyone in this feed to be called."""
        self._ground, self._has_consent = ground, has_consent
        self.taken = 0

    def take(self, text: str, now: datetime) -> str:
        """One message into the database; its acknowledgement. Taken again, it changes nothing and is accepted."""
        house = self._ground.settings
        heard = hl7v2.read(text, 1, (house.day(now), house.timezone, self._has_consent))
        if isinstance(heard.item, list):
            log.get().warning("message_rejected", field=heard.item[0].field)
            return hl7v2.acknowledge(text, False, "; ".join(str(reject) for reject in heard.item))
        try:
            if isinstance(heard.item, Entry):
                self._store(sources.record_of(heard.item), now)
            if heard.told is not None:
                self._store(sources.told_of(heard.told), now)
        except Exception:
            # The sender keeps the message and sends it again; the log says what was wrong with us.
            log.get().exception("message_failed")
            return hl7v2.acknowledge(text, False, "try again later")
        self.taken += 1
        return hl7v2.acknowledge(text, True)

    def _store(self, record: VisitRecord, now: datetime) -> None:
        if intake.store(self._ground, [record], "hl7", now).is_news:
            inbox.plan_running(self._ground, now)

    async def serve(self, host: str, port: int, stop: threading.Event) -> None:
        """Listen on `host` and `port` until `stop` is set."""
        server = await asyncio.start_server(self._line, host, port, limit=LARGEST_MESSAGE)
        async with server:
            await asyncio.to_thread(stop.wait)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await asyncio.wait_for(reader.readuntil(START), SILENCE_SECONDS)
                framed = await asyncio.wait_for(reader.readuntil(END), SILENCE_SECONDS)
                text = framed.removesuffix(END).decode("utf-8", "replace")
                answer = await asyncio.to_thread(self.take, text, clock.now())
                writer.write(START + answer.encode() + END)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            return  # the sender is gone, or sends what is no MLLP; it connects again
        finally:
            writer.close()
