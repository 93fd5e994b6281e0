"""A survey that keeps its state in a cookie and leads on by HTTP redirects, as web frameworks with sessions do."""

from http.cookies import SimpleCookie

from aiohttp import web

QUESTIONS = ("How clean was it?", "How friendly were we?")


def application() -> web.Application:
    app = web.Application()
    app.router.add_post("/survey", _begin)
    app.router.add_get("/question", _ask)
    app.router.add_post("/answer", _answer)
    return app


async def _begin(_request: web.Request) -> web.Response:
    """Sets the cookie and sends the caller on, without a word of TwiML."""
    found = web.HTTPFound("/question")
    found.set_cookie("answers", "none", path="/", httponly=True)
    raise found


async def _ask(request: web.Request) -> web.Response:
    given = _given(request)
    if len(given) == len(QUESTIONS):
        return _twiml(f"<Say>You said {' and '.join(given)}. Thank you.</Say><Hangup/>")
    ask = f'<Gather numDigits="1" timeout="3" action="/answer"><Say>{QUESTIONS[len(given)]}</Say></Gather>'
    return _twiml(f"{ask}<Redirect method='GET'>/question</Redirect>")


async def _answer(request: web.Request) -> web.Response:
    form = await request.post()
    found = web.HTTPSeeOther("/question")
    found.set_cookie("answers", "-".join([*_given(request), str(form["Digits"])]), path="/")
    raise found


def _given(request: web.Request) -> list[str]:
    cookie = SimpleCookie(request.headers.get("Cookie", "")).get("answers")
    return [] if cookie is None or cookie.value == "none" else cookie.value.split("-")


def _twiml(body: str) -> web.Response:
    return web.Response(text=f"<?xml version='1.0'?><Response>{body}</Response>", content_type="application/xml")
