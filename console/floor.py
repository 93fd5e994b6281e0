"""The live floor: a page, and a stream that sends its sections again whenever something happened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Blueprint, Flask, Response, current_app, render_template, stream_with_context
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console import snapshot
from console.access import STAFF, allow, ground
from console.live import Live, Viewer
from hotline import clock
from hotline.ground import Ground
from hotline.values import Language

pages = Blueprint("floor", __name__)

SECTIONS = ("figures", "waiting", "talks", "agents")
HEARTBEAT_SECONDS = 10.0
# A stream ends after so many messages or heartbeats and is opened again: whoever was shut out stays out.
MOST_MESSAGES = 300


@dataclass(frozen=True)
class Picture:
    """A snapshot, and its sections as they were rendered for each kind of page (language, sees all calls)."""

    seen: snapshot.Snapshot
    rendered: dict[tuple[Language, bool], str] = field(default_factory=dict)


def open_live(app: Flask, ground: Ground) -> None:
    """Give `app` its live floor; nothing runs until a page looks."""
    app.extensions["live"] = Live(ground, lambda: Picture(snapshot.take(ground, clock.now())))


def live() -> Live[Picture]:
    """The live floor of this process."""
    found: Live[Picture] = current_app.extensions["live"]
    return found


@pages.get("/")
@allow(*STAFF)
def show() -> ResponseReturnValue:
    """The floor at this moment."""
    return render_template("floor.html", floor=snapshot.take(ground(), clock.now()), sections=SECTIONS)


@pages.get("/floor/stream")
@allow(*STAFF)
def stream() -> ResponseReturnValue:
    """Server-sent events: `floor` with the sections as HTML, and a comment as heartbeat."""
    kind = (Language(current_user.language), bool(current_user.sees_all_calls))
    floor = live()
    viewer = floor.join()
    response = Response(stream_with_context(_messages(viewer, kind)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: floor.leave(viewer))
    return response


@pages.get("/floor/here")
@allow(*STAFF)
def here() -> ResponseReturnValue:
    """Nothing, for whoever is still signed in: a page whose stream was refused asks why."""
    return "", 204


def _messages(viewer: Viewer[Picture], kind: tuple[Language, bool]) -> Iterator[str]:
    yield "retry: 2000\n\n"
    for _count in range(MOST_MESSAGES):
        picture = viewer.get(HEARTBEAT_SECONDS)
        yield ": still here\n\n" if picture is None else f"event: floor\ndata: {_render(picture, kind)}\n\n"


def _render(picture: Picture, kind: tuple[Language, bool]) -> str:
    found = picture.rendered.get(kind)
    if found is None:
        parts = {name: render_template(f"floor_{name}.html", floor=picture.seen) for name in SECTIONS}
        found = json.dumps({"now": picture.seen.now.timestamp(), "sections": parts}, ensure_ascii=False)
        picture.rendered[kind] = found
    return found
