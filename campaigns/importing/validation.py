"""The one validation: what any reader found, by our names for columns, becomes a record or a list of refusals. Pure.

A refusal names line, field and reason, never what stood there: reports of refused rows travel by mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from campaigns.importing.fields import dates, deaths, diagnoses
from campaigns.importing.record import DischargeFacts, VisitClass, VisitEvent, VisitRecord
from campaigns.importing.tables import preferences
from crm.feeds import cell_values as crm_words
from crm.feeds import dates as feeds_dates
from crm.feeds.checked_row import CheckedRow
from crm.feeds.rejected_field import RejectedField
from crm.patients import person_fields
from hotline.values import phone_numbers
from hotline.values.language import Language

# Between several telephones, diagnoses or dispositions of one person, as the readers of messages put them.
AND = "\n"
# Events that a follow-up call can come of; of the others it only must be clear whose visit it is.
WITH_FACTS = frozenset({VisitEvent.DISCHARGED, VisitEvent.UPDATED})
LONGEST_VISIT = 64
NO_DIAGNOSIS: tuple[tuple[str, ...], str] = ((), "")
Item = VisitRecord | list[RejectedField]


@dataclass(frozen=True)
class SourceDefaults:
    """What holds for a whole source: the hospital's day, zone, language, area code, and the consent it has anyway."""

    today: date
    zone: str = "Asia/Shanghai"
    language: Language = Language.MANDARIN
    area_code: str = ""
    has_consent: bool = False


@dataclass(frozen=True, kw_only=True)
class UncheckedEvent:
    """One event as a reader found it: `cells` by our names for columns, the rest as `VisitRecord` has it.

    `line` is that of the file, or the number of the message or resource.
    """

    line: int
    cells: Mapping[str, str]
    event: VisitEvent = VisitEvent.DISCHARGED
    visit_class: VisitClass = VisitClass.INPATIENT
    happened_on: date | None = None
    recorded_at: datetime | None = None
    is_dead: bool = False


def read(told: UncheckedEvent, given: SourceDefaults) -> Item:
    """Check an event: return its record, or everything that is wrong with it.

    Of the dead, and of visits that nobody is called for, only the patient's number must be right: their death or their
    visit counts all the same.
    """
    whose = CheckedRow(told.line, told.cells)
    number = whose.take("patient_number", person_fields.patient_number, "")
    visit = whose.take("visit", _visit, "")
    merged_from = ""
    if told.event is VisitEvent.MERGED:
        merged_from = whose.take("merged_from", person_fields.patient_number, "")
    rest = CheckedRow(told.line, told.cells)
    codes, words = rest.take("diagnosis", diagnoses.read, NO_DIAGNOSIS)
    is_dead = told.is_dead or _is_dead(told, codes, words)
    happened_on = told.happened_on
    if told.event is VisitEvent.DISCHARGED:
        happened_on = _discharged_on(rest, given)
    has_facts = told.event in WITH_FACTS and told.visit_class is VisitClass.INPATIENT
    facts = _facts(rest, given, happened_on, codes, words) if has_facts else None
    is_called = has_facts and not is_dead
    if whose.rejects or (is_called and rest.rejects):
        return whose.rejects + (rest.rejects if is_called else [])
    died = told.cells.get("died_on", "").strip()
    return VisitRecord(
        event=told.event,
        patient_number=number,
        visit=visit,
        visit_class=told.visit_class,
        happened_on=happened_on,
        recorded_at=told.recorded_at,
        facts=facts if not rest.rejects else None,
        is_dead=is_dead,
        died_on=dates.last_day(died, given.zone) if is_dead and not dates.is_filled_in(died) else None,
        readmitted_on=rest.take("readmitted_on", partial(dates.last_day, zone=given.zone), None),
        merged_from=merged_from,
    )


def _discharged_on(row: CheckedRow, given: SourceDefaults) -> date | None:
    day = row.take("discharged_on", partial(dates.past, today=given.today, zone=given.zone), None)
    if day is None and not row.rejects:
        row.fault("discharged_on", "is empty; the day of discharge is needed")
    return day


def _facts(
    row: CheckedRow, given: SourceDefaults, discharged: date | None, codes: tuple[str, ...], words: str
) -> DischargeFacts:
    born = row.take("birth_date", partial(feeds_dates.birth_date, today=given.today), None)
    if born and discharged and born > discharged:
        row.fault("birth_date", "is after the discharge; are birth_date and discharged_on swapped?")
    named = row.take("condition", str, "")
    return DischargeFacts(
        name=row.take("name", person_fields.name, ""),
        birth_date=born,
        number=row.take("phone", partial(_phone, area_code=given.area_code), ""),
        language=row.take("language", partial(preferences.language, default=given.language), given.language),
        zone=row.take("zone", preferences.zone, "") or given.zone,
        ward=row.take("ward", preferences.ward, ""),
        condition=diagnoses.condition(named, codes, words),
        codes=codes,
        has_consent=given.has_consent or row.take("consent", crm_words.yes, False),
        do_not_call=row.take("do_not_call", crm_words.yes, False),
        refused_days=row.take("refused_days", preferences.weekdays, frozenset[int]()),
        preferred=row.take("preferred", preferences.span, None),
    )


def _is_dead(told: UncheckedEvent, codes: tuple[str, ...], words: str) -> bool:
    """Return whether anything here tells of the patient's death."""
    cells = told.cells
    return (
        deaths.by_date(cells.get("died_on", ""))
        or deaths.by_sign(cells.get("is_dead", ""))
        or deaths.by_disposition(cells.get("disposition", "").split(AND))
        or deaths.by_diagnosis(codes, words)
    )


def _phone(text: str, area_code: str) -> str:
    return phone_numbers.best(text.split(AND), area_code=area_code)


def _visit(text: str) -> str:
    if len(text) > LONGEST_VISIT:
        raise ValueError(f"is longer than {LONGEST_VISIT} characters")
    return text
