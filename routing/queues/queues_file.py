"""Reads the queue file. Whatever is wrong with it is said with file, line and field, all of it at once."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.configuration.settings import Settings
from hotline.configuration.yaml_fields import Field, Source
from hotline.values.language import Language
from hotline.values.phone_numbers import PhoneNumber
from routing.errors import QueuesFault
from routing.queues import hours_file
from routing.queues.priority_patients import Green
from routing.queues.queues import HELPERS, Need, OverflowKind, Queue, Rules, Step, Text, Way

STANDARD = Path(__file__).with_name("queues.yaml")
SHORT = {"zh": Language.MANDARIN, "en": Language.ENGLISH}
KINDS = {kind.value: kind for kind in OverflowKind}
LANGUAGES = {language.value: language for language in Language}
QUEUE = (*SHORT, "wish", "language", "rings", "ladder", "overflow", "priority", "hours", "wrap_up_seconds")
GREEN = ("age", "limited_mobility", "cardiac", "diabetic", "flagged", "discharged", "at_most")
EVERYONE = "everyone"
NURSE = "nurse"
MOST_RINGS, MOST_PHONES, MOST_PRIORITY, MOST_LEVEL = 10, 50, 1000, 5
LONGEST_SECONDS = 3600
WRAP_UP_SECONDS = 30


def of(settings: Settings) -> Rules:
    """The rules in the hospital's own file, the standard ones where it has none; read once. Raises `QueuesFault`."""
    return _read_once(settings.queues_file or STANDARD, settings.timezone)


def wrap_up_seconds(settings: Settings, queue: str) -> int:
    """How long wrap-up lasts at most after a call of this queue; a queue that is no longer there has the usual time."""
    return of(settings).queue(queue).wrap_up_seconds


@cache
def _read_once(file: Path, timezone: str) -> Rules:
    return read_file(file, ZoneInfo(timezone))


def read_file(file: Path, zone: ZoneInfo) -> Rules:
    """The rules in this file. Raises `QueuesFault` that lists everything that is wrong with it."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QueuesFault([f"{file}:1: file: cannot be read: {error}"]) from error
    return parse(text, zone, str(file))


def parse(text: str, zone: ZoneInfo, file: str = "queues.yaml") -> Rules:
    """The rules in this text; `file` is its name in messages. Raises `QueuesFault`."""
    source = Source(file)
    root = source.open(text)
    rules = None if root.is_missing else _rules(root, zone, file)
    if rules is None and not source.faults:
        root.fault("is empty; copy routing/queues/queues.yaml and change it")
    if rules is None or source.faults:
        raise QueuesFault(source.in_order())
    return rules


def _rules(root: Field, zone: ZoneInfo, file: str) -> Rules:
    root.only("skills", "queues", "green_channel")
    skills = {}
    for name, field in root.get("skills").items():
        field.only(*SHORT)
        skills[name_of(name, field)] = label(field)
    names = [name for name, _ in root.get("queues").items()]
    if not names:
        root.get("queues").fault("no queues; callers need at least one line to stand in")
    queues = {
        name: _queue(name_of(name, field), field, (skills, names, zone)) for name, field in root.get("queues").items()
    }
    return Rules(file, zone, skills, queues, _green(root.get("green_channel")))


def name_of(name: str, field: Field) -> str:
    """The name, checked: it is stored and written in other files."""
    if not (name.isascii() and name.replace("_", "a").isalnum() and name[0].isalpha() and name == name.lower()):
        field.fault(f"{name!r} is no name; small letters, digits and _, a letter first")
    elif len(name) > 40:
        field.fault(f"{name!r} is too long for a name; 40 characters at most")
    return name


def label(field: Field) -> Text:
    """The labels in both languages."""
    return {language: field.get(word).text() for word, language in SHORT.items()}


def _queue(name: str, field: Field, known: tuple[Mapping[str, Text], list[str], ZoneInfo]) -> Queue:
    skills, names, zone = known
    field.only(*QUEUE)
    rings = field.get("rings").whole(3, 1, MOST_RINGS)
    return Queue(
        name=name,
        label=label(field),
        hours=hours_file.read(field.get("hours"), zone),
        wish=dict(_wish(field.get("wish"), skills)),
        languages=dict(_languages(field.get("language"))),
        rings=rings,
        ladder=tuple(_steps(field.get("ladder"), rings)),
        overflow=tuple(_overflows(field.get("overflow"), rings, name, names)),
        priority=field.get("priority").whole(0, 0, MOST_PRIORITY),
        wrap_up_seconds=field.get("wrap_up_seconds").whole(WRAP_UP_SECONDS, 0, LONGEST_SECONDS),
    )


def _wish(field: Field, skills: Mapping[str, Text]) -> Iterator[tuple[str, Need]]:
    if field.is_missing:
        field.fault("missing; write whom the queue asks for, like wish: {booking: {least: 3, prefers: 4}}")
    for name, entry in field.items():
        if name not in skills:
            entry.fault(f"no skill {name!r}; the skills are {', '.join(skills)}")
        yield name, _need(entry)


def _languages(field: Field) -> Iterator[tuple[Language, Need]]:
    if field.is_scalar or not field.get("least").is_missing:
        yield from dict.fromkeys(Language, _need(field)).items()
        return
    field.only(*LANGUAGES)
    for word, entry in field.items():
        if word in LANGUAGES:
            yield LANGUAGES[word], _need(entry)


def _need(field: Field) -> Need:
    """`3`, or `{least: 3, prefers: 4}`."""
    if field.is_scalar:
        return Need(field.whole(1, 1, MOST_LEVEL))
    field.only("least", "prefers")
    least, prefers = field.get("least").whole(1, 1, MOST_LEVEL), field.get("prefers")
    if prefers.is_missing:
        return Need(least)
    wanted = prefers.whole(least, 1, MOST_LEVEL)
    if wanted < least:
        prefers.fault(f"level {wanted} is below the least, {least}; prefer that level or a better one")
    return Need(least, wanted)


def _steps(field: Field, rings: int) -> Iterator[Step]:
    """The rings in turn; each is a number of phones, `everyone`, or both with a least level."""
    entries = list(field.list())
    if len(entries) > rings:
        entries[rings].fault(f"there are only {rings} rings; remove this step or give the queue more rings")
    before = 0
    for entry in entries:
        step = _step(entry)
        if step.phones is not None and step.phones < before:
            entry.fault(f"{step.phones} phones are fewer than in the ring before, {before}; phones only join")
        yield step
        before = MOST_PHONES + 1 if step.phones is None else step.phones


def _step(field: Field) -> Step:
    if field.is_scalar:
        return Step(_phones(field))
    field.only("phones", "least")
    least = field.get("least")
    return Step(_phones(field.get("phones")), None if least.is_missing else least.whole(1, 1, MOST_LEVEL))


def _phones(field: Field) -> int | None:
    if field.is_scalar and field.text() == EVERYONE:
        return None
    if field.is_missing:
        field.fault(f"missing; write how many phones ring, or {EVERYONE}")
        return 1
    text = field.text()
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PHONES):
        field.fault(f"must be a number of phones from 1 to {MOST_PHONES}, or {EVERYONE}, not {text!r}")
        return 1
    return int(text)


def _overflows(field: Field, rings: int, own: str, names: list[str]) -> Iterator[Way]:
    """In turn: the first after the queue's rings, each further one as many rings later, where it gives no time."""
    for number, entry in enumerate(field.list(), 1):
        if entry.is_scalar:
            kind = entry.one_of(KINDS, OverflowKind.VOICEMAIL)
            yield Way(kind, _to(kind, entry.absent("to"), own, names), number * rings)
            continue
        entry.only("kind", "to", "after_rings", "after_seconds")
        kind = _kind(entry.get("kind"))
        seconds = entry.get("after_seconds")
        if not seconds.is_missing and not entry.get("after_rings").is_missing:
            seconds.fault("stands beside after_rings; write one of them")
        yield Way(
            kind,
            _to(kind, entry.get("to"), own, names),
            entry.get("after_rings").whole(number * rings, 0, LONGEST_SECONDS),
            None if seconds.is_missing else timedelta(seconds=seconds.whole(60, 0, LONGEST_SECONDS)),
        )


def _kind(field: Field) -> OverflowKind:
    if field.is_missing:
        field.fault(f"missing; one of {', '.join(KINDS)}")
    return field.one_of(KINDS, OverflowKind.VOICEMAIL)


def _to(kind: OverflowKind, field: Field, own: str, names: list[str]) -> str | None:
    if kind in HELPERS:
        name = field.text(NURSE if kind is OverflowKind.NURSE else None)
        if name and name not in names:
            field.fault(f"no queue {name!r}; the queues are {', '.join(names)}")
        elif name == own:
            field.fault("the queue cannot help itself; name another one")
        return name
    if kind is OverflowKind.NUMBER:
        number = PhoneNumber.of_line(text) if (text := field.text()) else None
        if text and number is None:
            field.fault(f"{text!r} is no telephone number; write it like +861012345678")
        return None if number is None else number.e164
    if not field.is_missing:
        field.fault(f"{kind} leads to nobody else; remove it")
    return None


def _green(field: Field) -> Green:
    field.only(*GREEN)
    discharged = field.get("discharged")
    if not discharged.is_missing:
        discharged.only("within_days", "priority")
    return Green(
        ages=tuple(_age(entry) for entry in field.get("age").list()),
        limited_mobility=_lift(field.get("limited_mobility")),
        cardiac=_lift(field.get("cardiac")),
        diabetic=_lift(field.get("diabetic")),
        flagged=_lift(field.get("flagged")),
        discharged=_lift(discharged.get("priority")),
        discharged_days=discharged.get("within_days").whole(30, 1, 365),
        at_most=field.get("at_most").whole(Green.at_most, 0, MOST_PRIORITY),
    )


def _age(field: Field) -> tuple[int, int]:
    field.only("from", "priority")
    if field.get("from").is_missing:
        field.get("from").fault("missing; the least age in years, like from: 65")
    return field.get("from").whole(65, 0, 120), _lift(field.get("priority"))


def _lift(field: Field) -> int:
    return field.whole(0, 0, MOST_PRIORITY)
