"""The form of a request, however its client writes it: in one piece or in parts, in any encoding, within limits."""

import asyncio
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web

from exchange.core.errors import ApiError
from exchange.webhooks.charset import DEFAULT, text_of

MOST_FIELDS, LARGEST_BYTES = 500, 256 * 1024
Fields = list[tuple[str, str]]


async def read(request: web.Request) -> Fields:
    """Return the fields in order; files in them are skipped. Raises `ApiError` 413 for too much, 400 for what is
    unreadable.
    """
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return []
    try:
        body = await request.read()
        fields = await _fields(request, body)
        "".join(name + value for name, value in fields).encode()  # halves of letters can be written into no answer
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, 20413, f"The request is larger than {LARGEST_BYTES >> 10} kB.") from error
    except (ValueError, LookupError, RuntimeError, AssertionError, TypeError, web.HTTPException) as error:
        message = f"The request's parameters cannot be read: {str(error)[:200] or type(error).__name__}"
        raise ApiError(400, 20001, message.encode(errors="replace").decode()) from error
    return fields


async def _fields(request: web.Request, body: bytes) -> Fields:
    if request.content_type.startswith("multipart/"):
        return await _parts(request, body)
    if request.content_type != "application/x-www-form-urlencoded":
        return []
    charset = request.charset or DEFAULT
    text = text_of(body, charset)
    return parse_qsl(text, keep_blank_values=True, encoding=charset, max_num_fields=MOST_FIELDS)


async def _parts(request: web.Request, body: bytes) -> Fields:
    if body.count(b"\n--") > MOST_FIELDS:
        raise ValueError(f"more than {MOST_FIELDS} parts")
    stream = StreamReader(request.protocol, 1 << 16, loop=asyncio.get_running_loop())
    stream.feed_data(body)
    stream.feed_eof()
    fields: Fields = []
    async for part in MultipartReader(request.headers, stream):
        if isinstance(part, BodyPartReader) and part.name and not part.filename:
            content = bytes(await part.read(decode=True))
            fields.append((part.name, text_of(content, part.get_charset(DEFAULT))))
    return fields
