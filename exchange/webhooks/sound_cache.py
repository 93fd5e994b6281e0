"""Sound files of the application, fetched once; later only asked for whether they changed."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from exchange.core.errors import WebhookError
from exchange.core.foreign_text import whole
from exchange.media import decode
from exchange.media.clock import Ticker
from exchange.media.decoder import is_light
from exchange.webhooks.webhook import RETRIEVAL, WebhookClient, WebhookResponse, WebhookTarget

UNPLAYABLE = 12300
FRESH_SECONDS = 60.0
MOST_FILES, MOST_BYTES = 200, 256 * 1024 * 1024
LARGEST_BYTES = 64 * 1024 * 1024
Decode = Callable[[bytes, str, str], Awaitable[bytes]]


@dataclass
class _CachedSound:
    pcm: bytes
    tag: str
    fresh_until: float


class SoundCache:
    """Fetches and decodes; obeys `Cache-Control: no-cache` and `max-age`, else a minute is fresh."""

    def __init__(self, webhooks: WebhookClient, ticker: Ticker, decoded: "Decode | None" = None) -> None:
        self._decoded = decoded or _decode_in_thread
        self._webhooks = webhooks
        self._ticker = ticker
        self._kept: OrderedDict[str, _CachedSound] = OrderedDict()
        self._own: Callable[[str], Path | None] = lambda _url: None

    def know(self, own: Callable[[str], Path | None]) -> None:
        """Set which addresses are the exchange's own recordings, and their files: they need no password."""
        self._own = own

    async def fetch(self, target: WebhookTarget) -> bytes:
        """Return the sound behind an address as PCM. Raises `WebhookError` when it cannot be fetched or played."""
        kept = self._kept.get(target.url)
        if kept and kept.fresh_until > self._ticker.seconds:
            return kept.pcm
        if own := self._own(target.url):
            return await self._own_sound(own, target.url)
        response = await self._webhooks.ask(WebhookTarget(target.url, target.method), {}, most_bytes=LARGEST_BYTES)
        if response.is_cut:
            raise WebhookError(UNPLAYABLE, f"larger than {LARGEST_BYTES >> 20} MB", response.url)
        tag = response.headers.get("ETag", "")
        pcm = kept.pcm if kept and tag and tag == kept.tag else await self._decode(response)
        self._kept[target.url] = _CachedSound(pcm, tag, self._ticker.seconds + _fresh_seconds(response))
        self._kept.move_to_end(target.url)
        while len(self._kept) > 1 and (len(self._kept) > MOST_FILES or self._size() > MOST_BYTES):
            self._kept.popitem(last=False)
        return pcm

    async def _own_sound(self, path: Path, url: str) -> bytes:
        try:
            data = await asyncio.to_thread(path.read_bytes)
            return await self._decoded(data, "audio/wav", path.name)
        except OSError as error:
            raise WebhookError(RETRIEVAL, "there is no such recording any more", url) from error
        except ValueError as error:
            raise WebhookError(UNPLAYABLE, f"cannot be played: {error}", url) from error

    async def _decode(self, response: WebhookResponse) -> bytes:
        try:
            return await self._decoded(response.body, response.content_type, urlsplit(response.url).path)
        except ValueError as error:
            raise WebhookError(UNPLAYABLE, f"cannot be played: {error}", response.url) from error

    def _size(self) -> int:
        return sum(len(kept.pcm) for kept in self._kept.values())


async def _decode_in_thread(data: bytes, kind: str, name: str) -> bytes:
    """Decode in a thread, or at once what is little work; used where there is no process for it."""
    if is_light(data, kind, name):
        return decode.decode(data, kind, name)
    return await asyncio.to_thread(decode.decode, data, kind, name)


def _fresh_seconds(response: WebhookResponse) -> float:
    rules = [rule.strip().lower() for rule in response.headers.get("Cache-Control", "").split(",")]
    if "no-cache" in rules or "no-store" in rules:
        return 0.0
    ages = [rule.removeprefix("max-age=") for rule in rules if rule.startswith("max-age=")]
    age = whole(ages[0]) if ages else None
    return FRESH_SECONDS if age is None else float(age)
