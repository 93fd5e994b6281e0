"""Sound files of the application, fetched once and asked again only for whether they changed."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlsplit

from exchange import decode
from exchange.clock import Ticker
from exchange.errors import WebhookError
from exchange.webhook import Response, Target, Webhooks

UNPLAYABLE = 12300
FRESH_SECONDS = 60.0
MOST_FILES, MOST_BYTES = 200, 256 * 1024 * 1024
LARGE_BYTES = 100_000


@dataclass
class _Kept:
    pcm: bytes
    tag: str
    fresh_until: float


class Media:
    """Fetches and decodes; `Cache-Control: no-cache` and `max-age` are obeyed, else a minute is fresh."""

    def __init__(self, webhooks: Webhooks, ticker: Ticker) -> None:
        self._webhooks = webhooks
        self._ticker = ticker
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def fetch(self, target: Target) -> bytes:
        """The sound behind an address as PCM; WebhookError when it cannot be had or played."""
        kept = self._kept.get(target.url)
        if kept and kept.fresh_until > self._ticker.seconds:
            return kept.pcm
        response = await self._webhooks.ask(Target(target.url, target.method), {})
        tag = response.headers.get("ETag", "")
        pcm = kept.pcm if kept and tag and tag == kept.tag else await _decode(response)
        self._kept[target.url] = _Kept(pcm, tag, self._ticker.seconds + _fresh_seconds(response))
        self._kept.move_to_end(target.url)
        while len(self._kept) > 1 and (len(self._kept) > MOST_FILES or self._size() > MOST_BYTES):
            self._kept.popitem(last=False)
        return pcm

    def _size(self) -> int:
        return sum(len(kept.pcm) for kept in self._kept.values())


async def _decode(response: Response) -> bytes:
    """The sound of an answer as PCM; a large file is decoded aside, so that the media clock does not wait for it."""
    try:
        name = urlsplit(response.url).path
        if len(response.body) < LARGE_BYTES and not decode.is_packed(response.body):
            return decode.sound(response.body, response.content_type, name)
        return await asyncio.to_thread(decode.sound, response.body, response.content_type, name)
    except ValueError as error:
        raise WebhookError(UNPLAYABLE, f"cannot be played: {error}", response.url) from error


def _fresh_seconds(response: Response) -> float:
    rules = [rule.strip().lower() for rule in response.headers.get("Cache-Control", "").split(",")]
    if "no-cache" in rules or "no-store" in rules:
        return 0.0
    ages = [rule.removeprefix("max-age=") for rule in rules if rule.startswith("max-age=")]
    return float(ages[0]) if ages and ages[0].isdigit() else FRESH_SECONDS
