"""One row of the hospital's list of patients, under the heads that hospitals give it, checked. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from crm.feeds import cell_values, dates
from crm.feeds.checked_row import LONGER, CheckedRow
from crm.feeds.rejected_field import RejectedField
from crm.feeds.table_row import Columns, TableRow
from crm.patients import person_fields
from hotline.values import phone_numbers
from hotline.values.language import Language

HEADS = {
    "number": ("number", "phone", "telephone", "mobile", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话"),
    "name": ("name", "patient_name", "患者姓名", "姓名"),
    "birth_date": ("birth_date", "birthdate", "dob", "生日", "出生日期"),
    "flags": ("flags", "标记"),
    "do_not_call": ("do_not_call", "勿扰", "拒绝来电"),
    "died_on": ("died_on", "deceased", "死亡", "死亡时间", "死亡日期"),
    "discharged_on": ("discharged_on", "discharge_date", "出院时间", "出院日期"),
    "language": ("language", "语言"),
}
COLUMNS = Columns(HEADS, ("number", "name"))
DECEASED, DO_NOT_CALL = "deceased", "do_not_call"
FLAGS = ("limited_mobility", "cardiac", "diabetic", "flagged", DO_NOT_CALL, DECEASED)
FLAG_WORDS = {flag: flag for flag in FLAGS} | {
    "行动不便": "limited_mobility",
    "心脏病": "cardiac",
    "糖尿病": "diabetic",
    "重点关注": "flagged",
    "勿扰": DO_NOT_CALL,
    "死亡": DECEASED,
    "已故": DECEASED,
}


@dataclass(frozen=True)
class ListedPatient:
    """One patient of the list.

    `flags` is the whole list of them, `None` where the file has no such column; `adds` are those that other columns
    tell.
    """

    number: str
    name: str
    birth_date: date | None = None
    flags: frozenset[str] | None = None
    adds: frozenset[str] = frozenset()
    discharged_on: date | None = None
    language: Language | None = None


def read(row: TableRow, today: date, area_code: str) -> ListedPatient | list[RejectedField]:
    """Return the patient in this row, or everything that is wrong with it."""
    if row.is_longer:
        return [RejectedField(row.line, "row", LONGER)]
    checked = CheckedRow(row.line, row.cells)
    found = ListedPatient(
        number=checked.take("number", partial(phone_numbers.parse, area_code=area_code), ""),
        name=checked.take("name", person_fields.name, ""),
        birth_date=checked.take("birth_date", partial(dates.birth_date, today=today), None),
        flags=checked.take("flags", _flags, frozenset[str]()) if "flags" in row.cells else None,
        adds=_adds(checked, row.cells, today),
        discharged_on=checked.take("discharged_on", partial(dates.past, today=today), None),
        language=checked.take("language", cell_values.language, None),
    )
    return checked.rejects or found


def _adds(checked: CheckedRow, cells: Mapping[str, str], today: date) -> frozenset[str]:
    is_dead = checked.take("died_on", partial(_is_dead, today=today), False) if "died_on" in cells else False
    is_refusing = checked.take(DO_NOT_CALL, cell_values.yes, False)
    return frozenset(flag for flag, holds in ((DECEASED, is_dead), (DO_NOT_CALL, is_refusing)) if holds)


def _is_dead(text: str, today: date) -> bool:
    """Return whether the field says that they died, by a day or by the bare word."""
    try:
        return cell_values.yes(text)
    except ValueError:
        return cell_values.plain(text) in {"死亡", "已故", "dead", "deceased"} or dates.died_on(text, today) is not None


def _flags(text: str) -> frozenset[str]:
    found = [FLAG_WORDS.get(cell_values.plain(word)) for word in re.split(r"[;,，；、|\s]+", text) if word]
    unknown = found.count(None)
    if unknown:
        raise ValueError(f"{unknown} unknown; known are {', '.join(FLAGS)}, separated by ;")
    return frozenset(flag for flag in found if flag is not None)
