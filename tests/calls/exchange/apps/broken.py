"""A view that breaks with 500 and a page of HTML, and the fallback that its owner has set up for such days."""

from aiohttp import web


def application(asked: list[str]) -> web.Application:
    """`asked` is filled with the idempotency token of each request to the broken view."""

    async def view(request: web.Request) -> web.Response:
        asked.append(request.headers["I-Twilio-Idempotency-Token"])
        return web.Response(status=500, text="<html><h1>Internal Server Error</h1></html>", content_type="text/html")

    app = web.Application()
    app.router.add_post("/voice", view)
    app.router.add_post("/fallback", _fallback)
    return app


async def _fallback(request: web.Request) -> web.Response:
    form = await request.post()
    body = f"<Say>We have a fault, {form['ErrorCode']!s}.</Say><Hangup/>"
    return web.Response(text=f"<Response>{body}</Response>", content_type="text/xml")
