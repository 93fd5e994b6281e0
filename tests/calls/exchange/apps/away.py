"""An application whose server answers 503 for a while."""

from aiohttp import web


def application(asked: list[str], until: int) -> web.Application:
    """The first request and `until` more are refused; `asked` is filled with the path of each."""

    async def view(request: web.Request) -> web.Response:
        asked.append(request.path)
        if len(asked) <= until + 1:
            return web.Response(status=503, text="away")
        return web.Response(text="<Response><Say>we are back</Say><Pause/></Response>", content_type="text/xml")

    app = web.Application()
    app.router.add_post("/voice", view)
    return app
