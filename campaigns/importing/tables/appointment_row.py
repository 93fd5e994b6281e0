"""One row of a table of appointments that cannot take place, under the heads that hospitals give it, checked. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from campaigns.dialogue import doctor_absence
from campaigns.importing.fields import dates
from campaigns.importing.tables import preferences
from campaigns.importing.tables.discharge_columns import HEADS
from crm.feeds import dates as feeds_dates
from crm.feeds.checked_row import LONGER, CheckedRow
from crm.feeds.rejected_field import RejectedField
from crm.feeds.table_row import Columns
from crm.feeds.table_row import TableRow as TableRow
from crm.patients import person_fields
from hotline.values import phone_numbers
from hotline.values.language import Language

COLUMNS = Columns(
    {name: HEADS[name] for name in ("patient_number", "name", "birth_date", "phone", "language")}
    | {
        "doctor": ("doctor", "physician", "出诊医生", "医师", "医生"),
        "appointment": ("appointment", "appointment_time", "就诊时间", "预约时间"),
        "alternatives": ("alternatives", "备选时间", "可选时间"),
    },
    ("name", "phone", "birth_date", "doctor", "appointment", "alternatives"),
)
BETWEEN = re.compile(r"[;；、|\n]|[,，](?=\s*\d{4})")


@dataclass(frozen=True)
class AffectedAppointment:
    """A patient whose appointment cannot take place; `patient_number` is empty where the table does not tell it."""

    patient_number: str
    name: str
    birth_date: date | None
    number: str
    language: Language
    notice: doctor_absence.Notice


def read(row: TableRow, now: datetime, area_code: str) -> AffectedAppointment | list[RejectedField]:
    """Return the patient in this row, or everything that is wrong with it. `now` is in the hospital's own zone."""
    if row.is_longer:
        return [RejectedField(row.line, "row", LONGER)]
    checked = CheckedRow(row.line, row.cells)
    at = checked.take("appointment", partial(_time, now=now), now)
    others = checked.take("alternatives", partial(_times, now=now), tuple[datetime, ...]())
    doctor = checked.take("doctor", person_fields.name, "")
    number = row.cells.get("patient_number", "")
    language = partial(preferences.language, default=Language.MANDARIN)
    born = checked.take("birth_date", partial(feeds_dates.birth_date, today=now.date()), None)
    if born is None and all(reject.field != "birth_date" for reject in checked.rejects):
        checked.fault("birth_date", "is empty or not a whole day; it is asked for before the appointment is named")
    appointment = AffectedAppointment(
        patient_number=checked.take("patient_number", person_fields.patient_number, "") if number.strip() else "",
        name=checked.take("name", person_fields.name, ""),
        birth_date=born,
        number=checked.take("phone", partial(phone_numbers.parse, area_code=area_code), ""),
        language=checked.take("language", language, Language.MANDARIN),
        notice=doctor_absence.Notice(doctor, at, others),
    )
    return checked.rejects or appointment


def _time(text: str, now: datetime) -> datetime:
    """Return a moment still to come, of the hospital's own clock."""
    try:
        moment = dates.read(text, str(now.tzinfo)).moment
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("is no time; write YYYY-MM-DD HH:MM")
    if moment < now:
        raise ValueError("is over already")
    return moment


def _times(text: str, now: datetime) -> tuple[datetime, ...]:
    times = tuple(_time(part.strip(), now) for part in BETWEEN.split(text) if part.strip())
    if not 1 <= len(times) <= doctor_absence.MOST:
        raise ValueError(
            f"holds {len(times)} times; one to {doctor_absence.MOST} can be chosen from, with ; between them"
        )
    return times
