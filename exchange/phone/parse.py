"""Reads scripts and plays from YAML or JSON; every message names file, line and field. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exchange.media.dtmf import key_tones
from exchange.phone import yaml_document
from exchange.phone.script import (
    Action,
    Expect,
    HangUp,
    IncomingPlan,
    LetTimePass,
    OnRing,
    PlayActor,
    Press,
    ScriptStep,
    Speak,
    WaitForAnswer,
    WaitForHangUp,
    WaitForPrompt,
    WaitForSilence,
    WaitForSpeechEnd,
)
from exchange.phone.yaml_document import LocatedMapping, SourceLocation, flag, number, one_of, text


@dataclass(frozen=True)
class ActionForm:
    """How an action is written: its fields, and the one that may stand alone."""

    action: Callable[..., Action]
    fields: dict[str, Callable[[Any, SourceLocation], Any]]
    short: str | None = None
    is_bare: bool = False


def _keys(value: Any, place: SourceLocation) -> str:
    keys = text(value, place)
    try:
        key_tones(keys, 0, 0)
    except ValueError as error:
        raise place.error(str(error)) from error
    return keys


def _pattern(value: Any, place: SourceLocation) -> str:
    pattern = text(value, place)
    try:
        re.compile(pattern)
    except re.error as error:
        raise place.error(f"is no regular expression: {error}") from error
    return pattern


_LIMITS: dict[str, Callable[[Any, SourceLocation], Any]] = {"timeout": number, "required": flag}
_PROMPT = {"pattern": _pattern, "state": one_of("start", "end"), "fresh": flag, **_LIMITS}
_EXPECT = {"heard": one_of("speech", "tone", "silence"), "event": text, "timeout": number}
FORMS = {
    "wait": ActionForm(LetTimePass, {"seconds": number}, short="seconds"),
    "wait_for_answer": ActionForm(WaitForAnswer, _LIMITS, short="timeout", is_bare=True),
    "wait_for_prompt": ActionForm(WaitForPrompt, _PROMPT, short="pattern"),
    "wait_for_silence": ActionForm(WaitForSilence, {"seconds": number, **_LIMITS}, short="seconds"),
    "wait_for_speech_end": ActionForm(WaitForSpeechEnd, {"quiet": number, **_LIMITS}, short="quiet", is_bare=True),
    "wait_for_hang_up": ActionForm(WaitForHangUp, _LIMITS, short="timeout", is_bare=True),
    "press": ActionForm(Press, {"keys": _keys}, short="keys"),
    "speak": ActionForm(Speak, {"file": text}, short="file"),
    "hang_up": ActionForm(HangUp, {}, is_bare=True),
    "expect": ActionForm(Expect, _EXPECT),
}


def parse_steps(source: str, file: str) -> tuple[ScriptStep, ...]:
    """Read a script for one phone: a list of steps, or a mapping with `steps`. Raises `ScriptError`."""
    value, place = yaml_document.load(source, file), SourceLocation(file, 1)
    if isinstance(value, LocatedMapping):
        value, place = yaml_document.table(value, place, ("steps",)).get("steps"), place.under("steps")
    return _steps(value, place)


def parse_play(source: str, file: str) -> tuple[PlayActor, ...]:
    """Read a play for many phones. Fields of the document that begin with `x-` hold pieces shared by YAML anchors."""
    value, place = yaml_document.load(source, file), SourceLocation(file, 1)
    shared = tuple(name for name in value if name.startswith("x-")) if isinstance(value, LocatedMapping) else ()
    play = yaml_document.table(value, place, ("phones", "crews", *shared))
    crews = _crews(play.get("crews", LocatedMapping()), place.under("crews", play.get("crews")))
    listed = yaml_document.entries(play.get("phones"), place.under("phones", play.get("phones")))
    actors = tuple(_actor(entry, here, crews) for entry, here in listed)
    addresses = [actor.address for actor in actors]
    for address in addresses:
        if addresses.count(address) > 1:
            raise place.under("phones").error(f"{address} is there twice; a phone has one line")
    return actors


def _crews(value: Any, place: SourceLocation) -> dict[str, tuple[IncomingPlan, ...]]:
    if not isinstance(value, LocatedMapping):
        raise place.error(f"must be a mapping from names to lists of calls, not {yaml_document.shown(value)}")
    return {name: _calls(calls, place.under(name, calls)) for name, calls in value.items()}


def _actor(value: Any, place: SourceLocation, crews: dict[str, tuple[IncomingPlan, ...]]) -> PlayActor:
    fields = yaml_document.table(value, place, ("address", "at", "dial", "steps", "incoming", "crew"))
    incoming = fields.get("incoming")
    crew = text(fields["crew"], place.under("crew")) if "crew" in fields else None
    if crew is not None and (crew not in crews or "incoming" in fields):
        raise place.under("crew").error(f"must be one of {', '.join(crews) or 'crews'}, and replaces incoming")
    return PlayActor(
        address=text(fields.get("address"), place.under("address")),
        at=number(fields.get("at", 0), place.under("at")),
        dial=text(fields["dial"], place.under("dial")) if "dial" in fields else None,
        steps=_steps(fields["steps"], place.under("steps", fields["steps"])) if "steps" in fields else (),
        incoming=_calls(incoming, place.under("incoming", incoming))
        if "incoming" in fields
        else crews.get(crew or "", ()),
        crew=crew,
    )


def _calls(value: Any, place: SourceLocation) -> tuple[IncomingPlan, ...]:
    return tuple(_incoming(entry, here) for entry, here in yaml_document.entries(value, place))


def _incoming(value: Any, place: SourceLocation) -> IncomingPlan:
    fields = yaml_document.table(value, place, ("on_ring", "steps"))
    on_ring = (
        _on_ring(fields["on_ring"], place.under("on_ring", fields["on_ring"])) if "on_ring" in fields else OnRing(1)
    )
    steps = _steps(fields["steps"], place.under("steps", fields["steps"])) if "steps" in fields else ()
    return IncomingPlan(on_ring, steps)


def _on_ring(value: Any, place: SourceLocation) -> OnRing:
    ways = ("answer_after_rings", "answer_after_seconds", "ignore", "reject", "busy")
    fields = yaml_document.table(value, place, ways)
    if len(fields) != 1:
        raise place.error(f"must be exactly one of {', '.join(ways)}")
    ((name, given),) = fields.items()
    where = place.under(name)
    if name == "answer_after_rings":
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise where.error(f"must be a whole number of at least 1, not {yaml_document.shown(given)}")
        return OnRing(answer_after_rings=given)
    if name == "answer_after_seconds":
        return OnRing(answer_after_seconds=number(given, where))
    if not flag(given, where):
        raise where.error("can only be true; leave it out otherwise")
    return OnRing(ignore=name == "ignore", reject=name == "reject", busy=name == "busy")


def _steps(value: Any, place: SourceLocation) -> tuple[ScriptStep, ...]:
    return tuple(_step(entry, here) for entry, here in yaml_document.entries(value, place))


def _step(value: Any, place: SourceLocation) -> ScriptStep:
    name, given = value, None
    if isinstance(value, LocatedMapping) and len(value) == 1:
        ((name, given),) = value.items()
    if not isinstance(name, str) or name not in FORMS:
        raise place.error(f"must be one of {', '.join(FORMS)}, not {yaml_document.shown(name)}")
    return ScriptStep(name, place, _action(FORMS[name], given, place.under(name, given)))


def _action(form: ActionForm, value: Any, place: SourceLocation) -> Action:
    if value is None and form.is_bare:
        return form.action()
    if not isinstance(value, LocatedMapping) and form.short:
        return form.action(**{form.short: form.fields[form.short](value, place)})
    fields = yaml_document.table(value, place, tuple(form.fields))
    if form.short and not form.is_bare and form.short not in fields:
        raise place.error(f"needs {form.short}")
    action = form.action(**{name: form.fields[name](given, place.under(name)) for name, given in fields.items()})
    if isinstance(action, Expect) and (action.heard is None) == (action.event is None):
        raise place.error("needs either heard or event")
    return action
