"""The live floor: a page, and a stream that sends its sections again whenever something happened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.floor import breakdowns as parts
from console.floor import snapshot
from console.floor.live import FloorViewer, LiveFloor, messages
from console.web import audit_marks
from console.web.access import LEADS, STAFF, allow, by_itself, context
from console.web.audit_marks import touches, touches_nothing
from console.web.standing import Standing
from hotline import clock
from hotline.context import AppContext
from hotline.values.language import Language
from routing.queues import queues_file

pages = Blueprint("floor", __name__)

SECTIONS = ("figures", "waiting", "talks", "agents")


@dataclass(frozen=True)
class PageKind:
    """What pages of one rendering have in common."""

    language: Language
    sees_all_calls: bool


@dataclass(frozen=True)
class RenderedFloor:
    """A snapshot, and its sections as they were rendered for each kind of page."""

    seen: snapshot.FloorSnapshot
    # The last change that it shows.
    number: int = 0
    rendered: dict[PageKind, str] = field(default_factory=dict)


def open_live(app: Flask, context: AppContext) -> None:
    """Give `app` its live floor; nothing runs until a page looks."""

    def take() -> RenderedFloor:
        number = found.follower.number
        return RenderedFloor(snapshot.take(context.database, context.settings, clock.now()), number)

    found: LiveFloor[RenderedFloor] = LiveFloor(context.database, context.notifier, take)
    app.extensions["live"] = found


def live() -> LiveFloor[RenderedFloor]:
    """Return the live floor of this process."""
    found: LiveFloor[RenderedFloor] = current_app.extensions["live"]
    return found


@pages.get("/")
@allow(*STAFF)
@touches("view_floor", "floor", "floor", lists=True)
def show() -> ResponseReturnValue:
    """Return the floor at this moment."""
    seen = snapshot.take(context().database, context().settings, clock.now())
    audit_marks.showed(len(seen.waiting) + len(seen.talks))
    divided = _divided() if current_user.sees_all_calls else {"parts": None}
    return render_template("floor/floor.html", floor=seen, sections=SECTIONS, **divided)


@pages.get("/floor/figures")
@by_itself
@allow(*LEADS)
@touches_nothing("counts and shares, nobody in particular")
def divided() -> ResponseReturnValue:
    """Today's figures by queue, half hour or agent: a part of the floor page."""
    return render_template("floor/breakdown.html", **_divided())


def _divided() -> dict[str, object]:
    by = request.args.get("by", parts.HALF_HOUR)
    if by not in parts.PARTS:
        abort(400)
    queues = queues_file.of(context().settings).queues.values() if by == parts.QUEUE else ()
    labels = {queue.name: queue.label for queue in queues}
    return {"parts": parts.take(context().database, context().settings, by, clock.now()), "by": by, "labels": labels}


@pages.get("/floor/stream")
@by_itself
@allow(*STAFF)
@touches("view_floor", "floor", "floor", lists=True)
def stream() -> ResponseReturnValue:
    """Server-sent events: `floor` with the sections as HTML, and `beat` every second between."""
    kind = PageKind(Language(current_user.language), bool(current_user.sees_all_calls))
    last = request.headers.get("Last-Event-ID", "")
    floor = live()
    viewer = floor.join()
    seen = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0
    response = Response(
        stream_with_context(_messages(viewer, kind, seen, Standing.of_request())), mimetype="text/event-stream"
    )
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: floor.leave(viewer))
    return response


@pages.get("/floor/here")
@by_itself
@allow(*STAFF)
@touches_nothing("answers nothing")
def here() -> ResponseReturnValue:
    """Return nothing, for whoever is still signed in.

    Pages ask every other second, to leave when they no longer are.
    """
    return "", 204


def _messages(viewer: FloorViewer[RenderedFloor], kind: PageKind, seen: int, standing: Standing) -> Iterator[str]:
    """Pictures with the number of their last change; a page that has seen that one already needs none."""
    known = {seen}

    def told(picture: RenderedFloor) -> str:
        is_known = picture.number in known
        known.clear()
        return "" if is_known else f"event: floor\nid: {picture.number}\ndata: {_render(picture, kind)}\n\n"

    return messages(viewer, told, standing.holds)


def _render(picture: RenderedFloor, kind: PageKind) -> str:
    found = picture.rendered.get(kind)
    if found is None:
        parts = {name: render_template(f"floor/{name}.html", floor=picture.seen) for name in SECTIONS}
        told = {
            "now": picture.seen.now.timestamp(),
            "sections": parts,
            "alarms": render_template("floor/warning_signs.html", alarms=picture.seen.alarms),
        }
        found = json.dumps(told, ensure_ascii=False)
        picture.rendered[kind] = found
    return found
