"""One page for everything, told apart by its parameters and served as text/html, as an old PHP script does."""

from aiohttp import web

DEPARTMENTS = {"1": "Surgery", "2": "Medicine"}


def application() -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/ivr.php", _page)
    return app


async def _page(request: web.Request) -> web.Response:
    """The answer begins with an empty line, as such scripts' answers often do."""
    params = {**dict(request.query), **{name: str(value) for name, value in (await request.post()).items()}}
    chosen = DEPARTMENTS.get(params.get("Digits", ""))
    if chosen:
        body = f'<Say voice="woman">{chosen}.</Say><Dial timeout="2" action="ivr.php?step=after">client:nobody</Dial>'
    elif params.get("step") == "after":
        body = f"<Say>The line was {params['DialCallStatus']}.</Say>"
    else:
        body = '<Gather numDigits="1" method="GET" action="?step=menu"><Say>One or two?</Say></Gather>'
    return web.Response(text=f"\n<Response>\n  {body}\n</Response>\n", content_type="text/html")
