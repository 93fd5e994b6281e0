"""Reads scripts and plays from YAML or JSON; every message names file, line and field. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exchange.media.dtmf import tone_for
from exchange.phone import document
from exchange.phone.document import Place, Table, flag, number, one_of, text
from exchange.phone.script import (
    Action,
    Actor,
    Expect,
    HangUp,
    Incoming,
    OnRing,
    Press,
    Speak,
    Step,
    Wait,
    WaitForAnswer,
    WaitForHangUp,
    WaitForPrompt,
    WaitForSilence,
    WaitForSpeechEnd,
)


@dataclass(frozen=True)
class Form:
    """How an action is written: its fields, and the one that may stand alone."""

    action: Callable[..., Action]
    fields: dict[str, Callable[[Any, Place], Any]]
    short: str | None = None
    is_bare: bool = False


def _keys(value: Any, place: Place) -> str:
    keys = text(value, place)
    try:
        tone_for(keys, 0, 0)
    except ValueError as error:
        raise place.error(str(error)) from error
    return keys


def _pattern(value: Any, place: Place) -> str:
    pattern = text(value, place)
    try:
        re.compile(pattern)
    except re.error as error:
        raise place.error(f"is no regular expression: {error}") from error
    return pattern


_LIMITS: dict[str, Callable[[Any, Place], Any]] = {"timeout": number, "required": flag}
_PROMPT = {"pattern": _pattern, "state": one_of("start", "end"), "fresh": flag, **_LIMITS}
_EXPECT = {"heard": one_of("speech", "tone", "silence"), "event": text, "timeout": number}
FORMS = {
    "wait": Form(Wait, {"seconds": number}, short="seconds"),
    "wait_for_answer": Form(WaitForAnswer, _LIMITS, short="timeout", is_bare=True),
    "wait_for_prompt": Form(WaitForPrompt, _PROMPT, short="pattern"),
    "wait_for_silence": Form(WaitForSilence, {"seconds": number, **_LIMITS}, short="seconds"),
    "wait_for_speech_end": Form(WaitForSpeechEnd, {"quiet": number, **_LIMITS}, short="quiet", is_bare=True),
    "wait_for_hang_up": Form(WaitForHangUp, _LIMITS, short="timeout", is_bare=True),
    "press": Form(Press, {"keys": _keys}, short="keys"),
    "speak": Form(Speak, {"file": text}, short="file"),
    "hang_up": Form(HangUp, {}, is_bare=True),
    "expect": Form(Expect, _EXPECT),
}


def parse_steps(source: str, file: str) -> tuple[Step, ...]:
    """A script for one phone: a list of steps, or a mapping with `steps`. ScriptError names what is wrong."""
    value, place = document.load(source, file), Place(file, 1)
    if isinstance(value, Table):
        value, place = document.table(value, place, ("steps",)).get("steps"), place.under("steps")
    return _steps(value, place)


def parse_play(source: str, file: str) -> tuple[Actor, ...]:
    """A play for many phones. Fields of the document that begin with `x-` hold pieces shared by YAML anchors."""
    value, place = document.load(source, file), Place(file, 1)
    shared = tuple(name for name in value if name.startswith("x-")) if isinstance(value, Table) else ()
    play = document.table(value, place, ("phones", "crews", *shared))
    crews = _crews(play.get("crews", Table()), place.under("crews", play.get("crews")))
    listed = document.entries(play.get("phones"), place.under("phones", play.get("phones")))
    actors = tuple(_actor(entry, here, crews) for entry, here in listed)
    addresses = [actor.address for actor in actors]
    for address in addresses:
        if addresses.count(address) > 1:
            raise place.under("phones").error(f"{address} is there twice; a phone has one line")
    return actors


def _crews(value: Any, place: Place) -> dict[str, tuple[Incoming, ...]]:
    if not isinstance(value, Table):
        raise place.error(f"must be a mapping from names to lists of calls, not {document.shown(value)}")
    return {name: _calls(calls, place.under(name, calls)) for name, calls in value.items()}


def _actor(value: Any, place: Place, crews: dict[str, tuple[Incoming, ...]]) -> Actor:
    fields = document.table(value, place, ("address", "at", "dial", "steps", "incoming", "crew"))
    incoming = fields.get("incoming")
    crew = text(fields["crew"], place.under("crew")) if "crew" in fields else None
    if crew is not None and (crew not in crews or "incoming" in fields):
        raise place.under("crew").error(f"must be one of {', '.join(crews) or 'crews'}, and replaces incoming")
    return Actor(
        address=text(fields.get("address"), place.under("address")),
        at=number(fields.get("at", 0), place.under("at")),
        dial=text(fields["dial"], place.under("dial")) if "dial" in fields else None,
        steps=_steps(fields["steps"], place.under("steps", fields["steps"])) if "steps" in fields else (),
        incoming=_calls(incoming, place.under("incoming", incoming))
        if "incoming" in fields
        else crews.get(crew or "", ()),
        crew=crew,
    )


def _calls(value: Any, place: Place) -> tuple[Incoming, ...]:
    return tuple(_incoming(entry, here) for entry, here in document.entries(value, place))


def _incoming(value: Any, place: Place) -> Incoming:
    fields = document.table(value, place, ("on_ring", "steps"))
    on_ring = (
        _on_ring(fields["on_ring"], place.under("on_ring", fields["on_ring"])) if "on_ring" in fields else OnRing(1)
    )
    steps = _steps(fields["steps"], place.under("steps", fields["steps"])) if "steps" in fields else ()
    return Incoming(on_ring, steps)


def _on_ring(value: Any, place: Place) -> OnRing:
    ways = ("answer_after_rings", "answer_after_seconds", "ignore", "reject", "busy")
    fields = document.table(value, place, ways)
    if len(fields) != 1:
        raise place.error(f"must be exactly one of {', '.join(ways)}")
    ((name, given),) = fields.items()
    where = place.under(name)
    if name == "answer_after_rings":
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise where.error(f"must be a whole number of at least 1, not {document.shown(given)}")
        return OnRing(answer_after_rings=given)
    if name == "answer_after_seconds":
        return OnRing(answer_after_seconds=number(given, where))
    if not flag(given, where):
        raise where.error("can only be true; leave it out otherwise")
    return OnRing(ignore=name == "ignore", reject=name == "reject", busy=name == "busy")


def _steps(value: Any, place: Place) -> tuple[Step, ...]:
    return tuple(_step(entry, here) for entry, here in document.entries(value, place))


def _step(value: Any, place: Place) -> Step:
    name, given = value, None
    if isinstance(value, Table) and len(value) == 1:
        ((name, given),) = value.items()
    if not isinstance(name, str) or name not in FORMS:
        raise place.error(f"must be one of {', '.join(FORMS)}, not {document.shown(name)}")
    return Step(name, place, _action(FORMS[name], given, place.under(name, given)))


def _action(form: Form, value: Any, place: Place) -> Action:
    if value is None and form.is_bare:
        return form.action()
    if not isinstance(value, Table) and form.short:
        return form.action(**{form.short: form.fields[form.short](value, place)})
    fields = document.table(value, place, tuple(form.fields))
    if form.short and not form.is_bare and form.short not in fields:
        raise place.error(f"needs {form.short}")
    action = form.action(**{name: form.fields[name](given, place.under(name)) for name, given in fields.items()})
    if isinstance(action, Expect) and (action.heard is None) == (action.event is None):
        raise place.error("needs either heard or event")
    return action
